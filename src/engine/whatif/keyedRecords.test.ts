// Records of rows, looked for by their bytes: by one thread or several, what reading every record finds.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject, Projection } from '../../core/model.ts';
import { keyTextOf } from '../projection/groups.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, openKit } from '../projection/testing/kit.ts';
import { loadStream } from '../store/stream.ts';
import { boundsOf, chunksOf } from './keyChunks.ts';
import { allFound, recordsOfKeys, type SharedSearch } from './keyedRecords.ts';
import { contextOf } from './testing/context.ts';

const START = 1_700_000_000_000;
const EVENTS = 12_000;
const AGGREGATES = 60;
/** Some as JSON writes them, one with escapes, one that is a number, and some that stand in each other. */
const KEYS = [
  '"ann"',
  '"joann"',
  '"b\\u00f6b"',
  '7',
  '"7"',
  '7.50',
  '"an\\"n"',
  'null',
  '"other"',
  '{"ann":1}',
];
const projectionBy = (key: string): Projection => ({
  ...{ name: 'rows', title: 'Rows', source: { aggregateTypes: ['Order'] }, key },
  ...{ columns: [], reducer: { name: 'rows', version: 1, on: {} } },
});

let kit: Kit;
/** By key, ids of records. */
const byCustomer = new Map<string, number[]>();
const byEventId = new Map<string, number[]>();
beforeAll(async () => {
  kit = await openKit('keyed-records');
  await kit.append(
    Array.from({ length: EVENTS }, (_, n) =>
      recordOf({
        ...{ aggregate: `o-${n % AGGREGATES}`, type: 'Paid', at: START + n * 1000, partition: n % 3 },
        ...{ verdict: n % 11 === 0 ? ('aborted' as const) : ('committed' as const) },
        // Mostly somebody else; and the name of one stands in records of others.
        data: `{"customer":${KEYS[n % 13 === 0 ? n % KEYS.length : 8]},"note":"${n % 17 === 0 ? 'ann' : 'x'}","n":${n}}`,
      }),
    ),
  );
  const context = contextOf(kit);
  for (let no = 0; no < AGGREGATES; no += 1)
    for (const { id, verdict, data, eventId } of loadStream(context, { type: 'Order', id: `o-${no}` })) {
      if (verdict !== 'committed') continue;
      const key = keyTextOf((data as JsonObject).customer);
      if (key !== null) byCustomer.set(key, [...(byCustomer.get(key) ?? []), id]);
      if (eventId !== null) byEventId.set(eventId, [id]);
    }
  for (const ids of byCustomer.values()) ids.sort((a, b) => a - b);
  context.close();
});
afterAll(() => kit.close());

/** Several threads take chunks in turns. */
function search(projection: Projection, keys: readonly string[], threads: number) {
  const context = contextOf(kit);
  let taken = 0;
  const shared: SharedSearch = {
    spans: chunksOf(boundsOf(context, { topics: null })),
    take: () => taken++,
  };
  expect(shared.spans.length).toBeGreaterThan(threads);
  const running = Array.from({ length: threads }, () =>
    recordsOfKeys(() => context, projection, new Set(keys), shared),
  );
  const found = running.map(() => new Map<string, number[]>());
  for (const open = new Set(running.keys()); open.size > 0; )
    for (const at of open) {
      const step = running[at]!.next();
      if (step.done !== true) continue;
      found[at] = step.value;
      open.delete(at);
    }
  context.close();
  return Object.fromEntries(allFound(found));
}

const wanted = (of: ReadonlyMap<string, number[]>, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, of.get(key) ?? []]));

it.each([1, 2, 3])('by a field of the payload, by %i at a time', (threads) => {
  const many = Array.from({ length: 20 }, (_, n) => `nobody-${n}`);
  for (const keys of [
    ['ann'],
    ['ann', 'böb', 'nobody'],
    ['7', '7.50'],
    ['an"n'],
    ['other'],
    [...many, 'joann'],
  ])
    expect(search(projectionBy('data.customer'), keys, threads)).toEqual(wanted(byCustomer, keys));
  expect(byCustomer.get('7')!.length).toBeGreaterThan(byCustomer.get('7.50')!.length);
});

it.each([1, 2])('by event id, by %i at a time', (threads) => {
  const keys = [...[...byEventId.keys()].slice(0, 5), 'nobody'];
  expect(search(projectionBy('$eventId'), keys, threads)).toEqual(wanted(byEventId, keys));
});
