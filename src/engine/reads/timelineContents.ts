/** Comparing what events carry, by their bytes in the store. */
import { sameJson } from '../../core/fold.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { isNumeric, numberText } from '../../core/numbers.ts';
import { PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Contents } from './timelineFaults.ts';

const hasContent = (data: Json): boolean =>
  isJsonObject(data) ? Object.keys(data).length > 0 : data !== null;

function mixText(text: string): number {
  let hash = text.length;
  const step = text.length > 64 ? text.length >> 5 : 1;
  for (let at = 0; at < text.length; at += step) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

const mixNumber = (number: number): number =>
  Number.isSafeInteger(number)
    ? (number ^ Math.imul(Math.floor(number / 2 ** 32), 40_503)) | 0
    : Math.floor((number % 1e6) * 1000) | 0;

/** A 32-bit number that is the same for payloads that are equal; the order of keys does not count. */
export function signatureOf(data: Json): number {
  if (typeof data === 'string') return mixText(data);
  if (isNumeric(data)) return mixNumber(Number(typeof data === 'number' ? data : numberText(data)));
  if (data === null || typeof data === 'boolean') return data === null ? 7 : data ? 11 : 13;
  let sum = 17;
  if (Array.isArray(data)) {
    for (const item of data) sum = (Math.imul(sum, 31) + signatureOf(item)) | 0;
    return sum;
  }
  for (const key of Object.keys(data)) {
    const member = Math.imul(mixText(key), 73) ^ signatureOf((data as { [key: string]: Json })[key]!);
    sum = (sum + Math.imul(member, 2_654_435_761)) | 0;
  }
  return sum;
}

/** The contents of a stream's events in the store. */
export function storedContents(context: ReadContext): Contents {
  const payloads = new PayloadReader(context);
  let asked = 0;
  return {
    signature(event) {
      asked += 1;
      if (asked % 10_000 === 0) context.throwIfAborted();
      const data = payloads.approximateData(event);
      return hasContent(data) ? signatureOf(data) : null;
    },
    hasSameData: (a, b) => sameJson(payloads.event(a).data, payloads.event(b).data),
    hasSameId: (a, b) => payloads.event(a).eventId === payloads.event(b).eventId,
  };
}
