/** Comparing what events carry, by their bytes in the store. */
import type { Contents } from '../../core/check/streamRules.ts';
import { sameJson } from '../../core/fold.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { isNumeric, numberText } from '../../core/numbers.ts';
import { PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';

/** Whether a payload says anything. */
export const hasContent = (data: Json): boolean =>
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

/**
 * The contents of a stream's events in the store.
 * @param signature gives what {@link signatureOf} says of an event, when that is known already
 */
export function storedContents<H extends StreamHead>(
  context: ReadContext,
  signature?: Contents<H>['signature'],
): Contents<H> {
  let opened: PayloadReader | null = null;
  // Most streams hold nothing that looks alike: statements are made when the first is asked about.
  const payloads = () => {
    opened ??= new PayloadReader(context);
    return opened;
  };
  let asked = 0;
  const read = (event: StreamHead): number | null => {
    asked += 1;
    if (asked % 10_000 === 0) context.throwIfAborted();
    const data = payloads().approximateData(event);
    return hasContent(data) ? signatureOf(data) : null;
  };
  return {
    signature: signature ?? read,
    hasSameData: (a, b) => sameJson(payloads().event(a).data, payloads().event(b).data),
    hasSameId: (a, b) => payloads().event(a).eventId === payloads().event(b).eventId,
  };
}
