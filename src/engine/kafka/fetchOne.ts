// Reads one record by its offset, for looking at it and for reading back what was written.
import type { ClusterClient } from './clusterClient.ts';
import { asFault, faultOfCode } from './faults.ts';
import { type DecodeProblem, decodeRecordSet } from './recordBatch.ts';
import { rowHeaders, rowKey, rowValue } from './recordColumns.ts';
import { FETCH, type FetchedPartition } from './requests.ts';
import { KafkaFault } from './types.ts';

const OUT_OF_RANGE = 1;
const MAX_WAIT_MS = 250;

/** A record as it lies in the topic, for reading back what was written. */
export interface FetchedRecord {
  offset: number;
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Encoded as received; read with decodeHeaders(). */
  headers: Uint8Array;
  flags: number;
}

/** The record at exactly this offset, null when there is none (any more). @throws KafkaFault */
export async function fetchOne(
  client: ClusterClient,
  topic: string,
  partition: number,
  offset: number,
): Promise<FetchedRecord | null> {
  const where = `${topic}/${partition}`;
  let fault = faultOfCode(5, where);
  for (let attempt = 0; attempt < 5; attempt++) {
    if (attempt > 0) await new Promise((done) => setTimeout(done, 100 * 2 ** attempt));
    let part: FetchedPartition | undefined;
    try {
      const leader = await client.leaderOf({ topic, partition }, attempt > 0);
      const topics = [{ topic, partitions: [{ partition, offset, maxBytes: 1 }] }];
      [part] = await client.request(leader, FETCH, {
        isolation: 0,
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: 1,
        topics,
      });
    } catch (error) {
      fault = asFault(error, where);
      if (!fault.retryable) throw fault;
      continue;
    }
    if (part?.errorCode === OUT_OF_RANGE) return null;
    if (part === undefined || part.errorCode !== 0) {
      fault = faultOfCode(part?.errorCode ?? 5, where);
      if (!fault.retryable) throw fault;
      continue;
    }
    const { columns, problems } = decodeRecordSet(part.records, { from: offset, to: offset + 1 });
    if (problems.length > 0) {
      const [{ reason }] = problems as [DecodeProblem];
      const sentence = `The record at offset ${offset} of ${where} cannot be decoded: ${reason}`;
      throw new KafkaFault('protocol', where, sentence, 'Look at its bytes in the inspector.');
    }
    if (columns.count === 0) return null;
    return {
      ...{ offset, timestamp: columns.timestamp[0]!, flags: columns.flags[0]! },
      ...{ key: rowKey(columns, 0), value: rowValue(columns, 0), headers: rowHeaders(columns, 0) },
    };
  }
  throw fault;
}
