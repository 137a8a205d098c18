import { describe, expect, it } from 'vitest';
import type { FieldSample } from '../../../contract/search.ts';
import { parseJson } from '../../../core/json.ts';
import { programPlace } from './programPlace.ts';
import { wordsFor, written } from './programSuggestions.ts';
import type { ProgramVocabulary } from './programWords.ts';

const field = (name: string, kind: FieldSample['kind'], example = ''): FieldSample => ({
  ...{ field: name, kind, example },
  records: 3,
});
const FIELDS: Record<string, FieldSample[]> = {
  Placed: [
    field('data.customer', 'object'),
    field('data.customer.name', 'text', '"Ann"'),
    field('data.items', 'list'),
    field('data.items[*]', 'object'),
    field('data.items[*].price', 'number', '19.90'),
    field('data["odd-key"]', 'text', '"x"'),
    field('value.meta.source', 'text', '"shop"'),
    field('header.tenant', 'text', '"t1"'),
  ],
  Paid: [field('data.amount', 'number', '61.76')],
};
const vocabulary: ProgramVocabulary = {
  eventTypes: async () => [{ name: 'Placed' }, { name: 'Paid' }],
  fields: async (type) => (type === null ? Object.values(FIELDS).flat() : (FIELDS[type] ?? [])),
  state: parseJson('{"total":61.760,"lines":[{"sku":"a"}],"status":"open"}'),
};

/** The suggestions at `|`. */
async function at(text: string) {
  const cursor = text.indexOf('|');
  const place = programPlace(text.replace('|', ''), cursor);
  if (place === null) return null;
  return (await wordsFor(place, vocabulary)).map((word) => written(word, place));
}
const names = async (text: string) => (await at(text))?.map(({ label }) => label) ?? null;
const reduce = (body: string) => `export function reduce(state, event) {\n${body}\n}`;
const EVENT = [
  'type',
  'data',
  'eventId',
  'occurredAt',
  'recordedAt',
  'version',
  'aggregateId',
  'aggregateType',
  'value',
];

describe('suggestions in a program', () => {
  it('members of event, by whatever name it has', async () => {
    expect(await names(reduce('  return event.|'))).toEqual(EVENT);
    expect(await names('export const reduce = (s, { data: d }) => ({ a: d.| })')).toEqual([
      'customer',
      'items',
      'odd-key',
      'amount',
    ]);
    expect(
      await names(
        'export const initial = { n: 0 };\nexport default (was: State<A, B>, e: Event): State => e?.ev|',
      ),
    ).toEqual(EVENT);
    expect(await names(reduce('const { customer } = event.data;\n return customer.|'))).toEqual(['name']);
    expect(await names(reduce('for (const line of event.data.items) state.x(line.|)'))).toEqual(['price']);
    expect(await names(reduce('const l = event.data.items[0];\n l.price.|'))).toContain('plus');
    expect(await names(reduce('return event.value.meta.|'))).toEqual(['source']);
    expect(await names(reduce('return event.nothing.|'))).toEqual([]);
    expect(await names(reduce('return other.|'))).toBeNull();
  });

  it('inside what is taken apart', async () => {
    expect(await names('export function reduce(state, { type, | }) {}')).toEqual(
      EVENT.filter((name) => name !== 'type'),
    );
    expect(await names('export function reduce(state, { data: { cus| } }) {}')).toContain('customer');
    expect(await names(reduce('const { | } = event.data;'))).toEqual([
      'customer',
      'items',
      'odd-key',
      'amount',
    ]);
    expect((await at(reduce('const { | } = event.data;')))![2]).toMatchObject({ insert: '"odd-key": ' });
    expect(await names(reduce('const { | } = state;'))).toEqual(['total', 'lines', 'status']);
  });

  it('only fields of the type of the branch', async () => {
    const body = (inner: string) =>
      reduce(
        `switch (event.type) {\n case 'Placed': return event.data.customer;\n case 'Paid':\n  ${inner}\n}`,
      );
    expect(await names(body('return event.data.|'))).toEqual(['amount']);
    expect(await names(body('default: return event.data.|'))).toHaveLength(4);
    expect(await names(reduce(`if (event.type === 'Paid') return event.data.|`))).toEqual(['amount']);
    expect(
      await names(reduce(`if (event.type !== 'Paid') return state;\n return event.data.|`)),
    ).toHaveLength(4);
    expect(await names(reduce(`if (event.type === 'Unheard') return event.data.|`))).toHaveLength(4);
  });

  it('event types where one is asked for', async () => {
    expect(await names(reduce(`switch (event.type) { case '|': }`))).toEqual(['Placed', 'Paid']);
    expect(await names(reduce(`if (event.type === "Pl|"`))).toEqual(['Placed', 'Paid']);
    expect(await names(`export const handles = ['Placed', '|'];`)).toEqual(['Placed', 'Paid']);
    expect(await names(reduce(`return { note: '|' };`))).toBeNull();
    expect(await names(reduce(`if (event.eventId === '|') return;`))).toBeNull();
  });

  it('state as the last try left it, and exact arithmetic', async () => {
    expect((await at(reduce('return state.|')))!.map(({ label, detail }) => [label, detail])).toEqual([
      ['total', '61.760'],
      ['lines', '[{"sku":"a"}]'],
      ['status', '"open"'],
    ]);
    expect(
      await names(
        `export const initial = { total: 0, paid: 0 };\n${reduce('if (state.|) return { ...state, due: 1, "a b": { x: 1 } };')}`,
      ),
    ).toEqual(['total', 'lines', 'status', 'paid', 'due', 'a b']);
    const [plus] = (await at(reduce('return state.total.|')))!;
    expect(plus).toMatchObject({ label: 'plus', insert: 'plus()', caret: 5 });
    expect(await names(reduce('return state.lines[0].|'))).toEqual(['sku']);
    expect(await names(reduce('return state.lines.|'))).toContain('map');
    expect(await names(reduce('return Decimal("1").plus(f(2)).|'))).toContain('div');
    expect(await names(reduce('return something(2).|'))).toBeNull();
  });

  it('names in reach, and nothing in comments, texts, numbers and patterns of characters', async () => {
    expect(await names(reduce('const sum = 1;\n return s|'))).toEqual([
      'state',
      'event',
      'reduce',
      'sum',
      'Decimal',
    ]);
    for (const body of ['// event.|', '/* event.| */', '`event.|`', 'const x = 12|', 'const r = /event.|/;'])
      expect(await names(reduce(body)), body).toBeNull();
    expect(await names(reduce('const r = /["\']/; return event.|'))).toEqual(EVENT);
  });

  it('writes names that are none in brackets', async () => {
    const odd = (await at(reduce('return event.data.|')))!.find(({ label }) => label === 'odd-key');
    expect(odd).toMatchObject({ insert: '["odd-key"]', before: 1 });
  });
});
