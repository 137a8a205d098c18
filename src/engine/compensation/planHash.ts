import { createHash } from 'node:crypto';

export interface PlannedRecord {
  clusterId: string | null;
  topic: string;
  partition: number;
  key: Uint8Array | null;
  value: Uint8Array;
  headers: readonly { key: string; value: Uint8Array | null }[];
}

const encoded = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'));

/** SHA-256 (hex) over all that would be sent, and where. The record's timestamp is the moment of sending and not part. */
export function planHash(record: PlannedRecord): string {
  const { clusterId, topic, partition, key, value } = record;
  const headers = record.headers.map((header) => [header.key, encoded(header.value)]);
  const text = JSON.stringify([clusterId, topic, partition, encoded(key), encoded(value), headers]);
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 (hex) of bytes; of nothing at all, the empty text. */
export const bytesHash = (bytes: Uint8Array | null): string =>
  bytes === null ? '' : createHash('sha256').update(bytes).digest('hex');
