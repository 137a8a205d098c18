/** Reads the end of the log again: what the broker has of an aggregate beyond what is captured. */
import type { AggregateRef } from '../../contract/common.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { readPartitions } from '../kafka/fetchReader.ts';
import { rowHeaders, rowKey, rowValue } from '../kafka/recordColumns.ts';
import { VERDICT } from '../kafka/verdicts.ts';
import type { FreshRecord } from './planRead.ts';

/** Offsets [from, to) of a partition; `to` null: its end now. */
export interface Stretch {
  topic: string;
  partition: number;
  from: number;
  to: number | null;
}

export interface Reading {
  /** Records that carry the aggregate's key or name its id, aborted ones left out. */
  records: FreshRecord[];
  /** The stretches with the ends that were read up to. */
  read: (Stretch & { to: number })[];
  /** When the ends were asked, ms. */
  at: number;
  /** Offsets that lie beyond what is captured; above {@link MOST} nothing was read. */
  beyond: number;
}

/** More than this is a capture's work, not a check's. */
export const MOST = 200_000;

/** @throws KafkaFault */
export async function readBeyond(
  client: ClusterClient,
  stretches: readonly Stretch[],
  subject: { ref: AggregateRef; key: Uint8Array | null },
  signal: AbortSignal,
): Promise<Reading> {
  const at = Date.now();
  const read = await withEnds(client, stretches);
  const ranges = read.filter(({ from, to }) => from < to);
  const beyond = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const records: FreshRecord[] = [];
  if (ranges.length === 0 || beyond > MOST) return { records, read, at, beyond };
  const id = Buffer.from(subject.ref.id, 'utf8');
  for await (const chunk of readPartitions(client, { partitions: ranges, signal })) {
    if (chunk.fault !== null) throw chunk.fault;
    const { topic, partition, columns } = chunk;
    for (let row = 0; row < columns.count; row++) {
      const verdict = chunk.verdict[row];
      if (verdict !== VERDICT.committed && verdict !== VERDICT.open) continue;
      const key = rowKey(columns, row);
      const value = rowValue(columns, row);
      if (!isSame(key, subject.key) && !holds(value, id) && !holds(key, id)) continue;
      records.push({
        topic,
        partition,
        offset: columns.offset[row]!,
        timestamp: columns.timestamp[row]!,
        key: copy(key),
        value: copy(value),
        headers: copy(rowHeaders(columns, row))!,
        verdict: verdict === VERDICT.open ? 'open' : 'committed',
      });
    }
  }
  return { records, read, at, beyond };
}

async function withEnds(client: ClusterClient, stretches: readonly Stretch[]): Promise<Reading['read']> {
  const topics = [...new Set(stretches.map(({ topic }) => topic))];
  const offsets = await client.offsetsFor(topics);
  return stretches.map((stretch) => {
    const { topic, partition } = stretch;
    const known = offsets.find((one) => one.topic === topic && one.partition === partition);
    if (known?.error !== undefined) throw known.error;
    const from = Math.max(stretch.from, Number(known?.low ?? 0n));
    return { topic, partition, from, to: stretch.to ?? Number(known?.high ?? 0n) };
  });
}

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const holds = (bytes: Uint8Array | null, part: Buffer) => bytes !== null && view(bytes).includes(part);
/** A view of a chunk would keep the whole chunk alive. */
const copy = (bytes: Uint8Array | null) => (bytes === null ? null : bytes.slice());

export const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : view(a).equals(view(b));
