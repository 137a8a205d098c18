/** Records for tests of the store, the same for the same place. */
import type { ImportRecord } from '../../capture/import.ts';

const encoder = new TextEncoder();
export const TOPICS = ['bank.accounts', 'bank.audit'];
export const PARTITIONS = 2;

/** The record at a place; its content says where it belongs. */
export function recordAt(topic: string, partition: number, offset: number): ImportRecord {
  const id = `acc-${(offset * 7 + partition) % 50}`;
  const value = {
    event_id: `${topic}/${partition}/${offset}`,
    event_type: offset % 3 === 0 ? 'DepositMade' : 'FeeCharged',
    event_version: 1,
    aggregate_type: 'SavingsAccount',
    aggregate_id: id,
    event_data: { amount: `${offset}.50`, note: 'x'.repeat(200) },
    correlation_id: `corr-${offset >> 2}`,
    event_timestamp: new Date(1_700_000_000_000 + offset * 1000).toISOString(),
  };
  return {
    topic,
    partition,
    offset,
    key: encoder.encode(id),
    value: encoder.encode(JSON.stringify(value)),
    headers: [['tenant', encoder.encode('t1')]],
    timestamp: 1_700_000_000_000 + offset * 1000,
  };
}
