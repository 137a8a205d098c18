/** Findings that were hits of hashes, or need whole events: compared here with the records themselves. */
import type { Finding, NumberOf } from '../../core/check/findings.ts';
import type { SharedId } from '../../core/check/links.ts';
import { sameJson } from '../../core/fold.ts';
import { decimalTextOf, isJsonObject } from '../../core/json.ts';
import { decodeStored, recordById } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';

const decodedOf = (context: ReadContext, id: number) => {
  const record = recordById(context, id);
  return record === undefined ? null : decodeStored(context, record);
};

/** Events of different streams with one id. */
export function verifyShared(context: ReadContext, { id, twin }: SharedId): Finding | null {
  const [a, b] = [decodedOf(context, id), decodedOf(context, twin)];
  const own = a?.envelope?.eventId?.value;
  if (a === null || b === null || own === undefined || own !== b.envelope?.eventId?.value) return null;
  const isSame = sameJson(a.data ?? null, b.data ?? null);
  return {
    rule: isSame ? 'id-duplicate' : 'id-conflict',
    events: [id, twin],
    text: `Duplicate event id ${own}: an event of another aggregate has it too, with ${isSame ? 'the same' : 'different'} content`,
  };
}

/** Numbers of payloads as their records write them. */
export const numbersOf =
  (context: ReadContext): NumberOf =>
  (id, key) => {
    const data = decodedOf(context, id)?.data;
    return isJsonObject(data) ? decimalTextOf(data[key]) : null;
  };

/** Whether the second event really is the cause that the first one names. */
export function isCause(context: ReadContext, { events: [id, cause] }: Finding): boolean {
  const named = decodedOf(context, id!)?.envelope?.causationId?.value;
  return named !== undefined && named === decodedOf(context, cause!)?.envelope?.eventId?.value;
}
