// A workspace whose aggregates have states that no screen can hold: 10 MB, 100,000 keys in one object, deep nesting.
import { join } from 'node:path';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';

const START = Date.UTC(2026, 0, 5, 12);
export const KEYS = 100_000;
export const EVENTS = 10;
/** Levels of objects in one another. */
export const DEPTH = 120;
const FILLER = 'x'.repeat(80);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function eventOf(id: string, at: number, data: string): ImportRecord {
  const time = START + at * 60_000;
  const envelope = `{"event_id":"${id}-${at}","event_type":"PartsAdded","aggregate_type":"Assembly","aggregate_id":"${id}","event_timestamp":"${new Date(time).toISOString()}","event_data":${data}}`;
  return {
    topic: 'assemblies',
    partition: 0,
    key: bytes(id),
    value: bytes(envelope),
    headers: [],
    timestamp: time,
  };
}

/** Each of {@link EVENTS} events puts its share of {@link KEYS} keys into the state of `wide`; `deep` has one event. */
export async function makeLargeStates(folder: string): Promise<string> {
  const file = join(folder, 'large.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  const share = KEYS / EVENTS;
  const records = Array.from({ length: EVENTS }, (_, at) => {
    const parts = Array.from(
      { length: share },
      (_each, part) => `"part_${String(at * share + part).padStart(6, '0')}":"${FILLER} ${at}"`,
    );
    return eventOf('wide', at, `{${parts.join(',')}}`);
  });
  records.push(eventOf('deep', EVENTS, `${'{"in":'.repeat(DEPTH)}9007199254740993.10${'}'.repeat(DEPTH)}`));
  await appendRecords(workspace, records, { clusterId: 'large' });
  await workspace.close();
  return file;
}
