// A workspace with long streams, and definitions of a person's own: one whose program takes its time with every event, by
// turbine and by amount, and one that was saved twice.
import { join } from 'node:path';
import { appendRecords, type ImportRecord } from '../../src/engine/capture/import.ts';
import { Definitions } from '../../src/engine/projection/definitions.ts';
import { openWorkspace } from '../../src/engine/store/workspace.ts';

const START = Date.UTC(2026, 0, 5, 12);
export const TURBINES = 15;
export const EVENTS_EACH = 1000;
/** Turns of a loop for each event: about a millisecond, so that a stream takes seconds. */
const TURNS = 20_000;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function recordAt(at: number): ImportRecord {
  const id = `turbine-${at % TURBINES}`;
  const time = START + at * 1000;
  const data = `{"site":"north","energy":"${(at % 90) + 10}.50"}`;
  return {
    ...{ topic: 'turbines', partition: 0, key: bytes(id), headers: [], timestamp: time },
    value: bytes(
      `{"event_id":"e-${at}","event_type":"EnergyMeasured","aggregate_type":"Turbine","aggregate_id":"${id}","event_timestamp":"${new Date(time).toISOString()}","event_data":${data}}`,
    ),
  };
}

const TITLES: Record<string, string> = { slow: 'Slow turbines', amounts: 'Slow amounts' };

const projection = (name: string, reducer: object, key = 'aggregateId'): string =>
  JSON.stringify({
    ...{ name, title: TITLES[name] ?? 'Counted turbines' },
    ...{ source: { aggregateTypes: ['Turbine'] }, key },
    columns: [{ name: 'total', type: 'decimal' }],
    reducer: { name, ...reducer },
  });

/** The slow program, which adds `more` to each amount. */
export const slowly = (more: string): string => `export const initial = { total: Decimal('0'), turns: 0 };
export function reduce(state, event) {
  let turns = 0;
  for (let turn = 0; turn < ${TURNS}; turn += 1) turns = (turns * 31 + turn) % 1009;
  return { total: state.total.plus(event.data.energy).plus('${more}'), turns };
}
`;
const SLOW = { version: 1, language: 'javascript', source: slowly('0') };
const counted = (version: number, times: number): string =>
  projection('counted', {
    version,
    initial: { total: 0 },
    on: { EnergyMeasured: [{ op: 'add', path: 'total', value: times }] },
  });

/** The workspace, in `dataDir`, with the definitions of its person. */
export async function makeTurbines(dataDir: string): Promise<string> {
  const file = join(dataDir, 'turbines.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(
    workspace,
    Array.from({ length: TURBINES * EVENTS_EACH }, (_, at) => recordAt(at)),
    { clusterId: 'turbines' },
  );
  await workspace.close();
  const definitions = new Definitions(join(dataDir, 'projections'), () => {});
  definitions.save(projection('slow', SLOW));
  definitions.save(projection('amounts', SLOW, 'data.energy'));
  definitions.save(counted(1, 1));
  definitions.save(counted(2, 2));
  return file;
}
