import { partitionForKey } from '../kafka/murmur2.ts';
import type { Plan } from './planRead.ts';

export interface Target {
  partition: number;
  /** How it was chosen, in words. */
  text: string;
}

/**
 * The partition of the new event: where the Java client would put the key, unless the aggregate's events with this key
 * lie elsewhere. Order inside a partition is all that Kafka promises, so the new event must follow the earlier ones.
 */
export function chooseTarget(plan: Pick<Plan, 'key' | 'keyPartitions'>, partitions: number): Target {
  const { key, keyPartitions } = plan;
  const hashed = key === null ? null : partitionForKey(key, partitions);
  const [latest, ...others] = keyPartitions;
  if (latest === undefined || latest.partition >= partitions) {
    if (hashed === null) return { partition: 0, text: 'partition 0: there is no key and no earlier event' };
    return { partition: hashed, text: `partition ${hashed} by key hash` };
  }
  const { partition, events } = latest;
  const spread =
    others.length > 0 ? `; others lie in partition ${others.map((one) => one.partition).join(', ')}` : '';
  const as = events === 1 ? 'as the last event' : `as the last ${events} events`;
  if (partition === hashed) return { partition, text: `partition ${partition} by key hash, ${as}${spread}` };
  const why = hashed === null ? 'there is no key' : `the key hash would say ${hashed}`;
  return { partition, text: `partition ${partition}, ${as} (${why})${spread}` };
}
