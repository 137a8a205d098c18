/** Records as newline-delimited JSON: one object a line, bytes as text where they are UTF-8, else `{"base64": …}`. */
import { formatTime } from '../../core/time.ts';
import {
  BadRow,
  bytesOf,
  bytesText,
  checkFields,
  headersOf,
  headersText,
  type RawFields,
  type TransferRecord,
  type TransferRow,
} from './transferRow.ts';

/** Null: the record has no time (Kafka's −1). */
const timeText = (ms: number): string | null => (ms === -1 ? null : formatTime(ms));

export function formatNdjson(row: TransferRow): string {
  return `${JSON.stringify({
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    time: timeText(row.timestamp),
    timestamp: row.timestamp,
    timestampType: row.timestampType,
    verdict: row.verdict,
    transactional: row.transactional,
    producerId: row.producerId,
    kind: row.kind,
    type: row.type,
    aggregateType: row.aggregateType,
    aggregateId: row.aggregateId,
    version: row.version,
    occurredAt: row.occurredAt === null ? null : timeText(row.occurredAt),
    key: bytesText(row.key),
    headers: headersText(row.headers),
    value: bytesText(row.value),
  })}\n`;
}

/** @throws BadRow with the reason, for the list of bad lines */
export function parseNdjson(line: string): TransferRecord {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (error) {
    throw new BadRow(`no JSON: ${(error as Error).message}`);
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new BadRow('no JSON object');
  const given = fields as RawFields;
  for (const field of ['key', 'value'] as const)
    if (!Object.hasOwn(given, field))
      throw new BadRow(`${field} is missing (null where the record has none)`);
  return {
    ...checkFields(given),
    key: bytesOf(given.key, 'key'),
    value: bytesOf(given.value, 'value'),
    headers: headersOf(given.headers),
  };
}
