/** Small made-up events in the flat shape (events.md, shape A), as records for the store. */
import type { ImportRecord } from '../../capture/import.ts';

const encoder = new TextEncoder();

export interface Made {
  topic?: string;
  partition?: number;
  aggregate: string;
  type: string;
  /** JSON text of the payload, with every digit as it should be. */
  data: string;
  /** Recorded time, ms; the occurred time too unless said. */
  at: number;
  occurred?: number;
  id?: string;
  verdict?: ImportRecord['verdict'];
  aggregateType?: string;
  /** Schema version; 1 unless said. */
  schema?: number;
}

let count = 0;

export function recordOf(made: Made): ImportRecord {
  count += 1;
  const { topic = 'shop.orders', partition = 0, aggregate, type, data, at, occurred = at } = made;
  const { id = `event-${count}`, verdict, aggregateType = 'Order', schema = 1 } = made;
  const value = `{"event_id":"${id}","event_type":"${type}","event_version":${schema},"aggregate_type":"${aggregateType}","aggregate_id":"${aggregate}","event_data":${data},"correlation_id":"c-${count}","event_timestamp":"${new Date(occurred).toISOString()}"}`;
  return {
    topic,
    partition,
    key: encoder.encode(aggregate),
    value: encoder.encode(value),
    headers: [],
    timestamp: at,
    verdict: verdict ?? 'committed',
  };
}
