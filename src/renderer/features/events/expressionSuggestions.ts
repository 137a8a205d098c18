/** What may come next in an expression: field names, of the payloads too, operators, and values that there are. */
import type { EventFilter } from '../../../contract/events.ts';
import type { FieldSample } from '../../../contract/search.ts';
import { completionAt, FIELDS, type FieldName, factsOf, operatorsOf } from '../../../core/filter/filter.ts';
import type { Suggestion, Suggestions } from '../../components/suggestions.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';

const MOST_VALUES = 100;
/** Fields by how often they are asked for; the rest comes after them. */
const FIRST: readonly FieldName[] = ['type', 'data', 'key', 'aggregate', 'recorded', 'header', 'text'];

const OWN_PATH = /^(data|value|header)/;
const IN_PATH = /^(data|value|header)[^\s=<>!~()]*$/;
const NOT_IN_PATH = /^(?!data|value|header)\w*$/;
/** Spaces and signs after an operator are not yet the value: what is offered there begins after them. */
const WHILE = {
  join: /^\w*$/,
  operator: /^(?:\w*|[=!<>~]*)$/,
  value: /^(?:"[^"]*|'[^']*|[^\s"'=!<>~()]*)$/,
  condition: NOT_IN_PATH,
} as const;

/** @param quick the filter beside the expression: values are offered that fit it */
export async function suggestExpression(
  text: string,
  cursor: number,
  quick: EventFilter,
): Promise<Suggestions | null> {
  const { expected, from, to, typed } = completionAt(text, cursor);
  const place = { from, to, while: WHILE[expected.what] };
  switch (expected.what) {
    case 'join':
      return {
        ...place,
        options: ['and', 'or'].map((label) => ({ label, insert: `${label} `, look: 'keyword' as const })),
      };
    case 'operator':
      return {
        ...place,
        options: operatorsOf(expected.field).map((label, nth) => ({
          label,
          insert: label === 'in' || label === 'not in' ? `${label} (` : `${label} `,
          look: 'keyword' as const,
          rank: -nth,
        })),
      };
    case 'value':
      return { ...place, options: await values(expected.field, expected.path, quick) };
    case 'condition':
      return {
        ...place,
        while: OWN_PATH.test(typed) ? IN_PATH : NOT_IN_PATH,
        options: await conditions(typed, quick),
      };
  }
}

async function conditions(typed: string, quick: EventFilter): Promise<Suggestion[]> {
  const own = Object.entries(FIELDS).map(([label, { kind, about }]): Suggestion => {
    const place = FIRST.indexOf(label as FieldName);
    return {
      label: kind === 'path' ? `${label}.` : label,
      detail: about,
      insert: kind === 'path' ? `${label}.` : `${label} `,
      look: 'field',
      rank: place === -1 ? 0 : 20 - place,
    };
  });
  const more: Suggestion[] = [
    { label: 'not', detail: 'the opposite', insert: 'not ', look: 'keyword', rank: -20 },
    { label: 'match', detail: 'words in the value', insert: 'match "', look: 'keyword', rank: -20 },
  ];
  // The payload's fields come once its name is begun: there are many.
  const name = OWN_PATH.exec(typed)?.[1];
  if (name === undefined) return [...own, ...more];
  const samples = (await fields(quick)).filter(
    ({ field }) => field.startsWith(`${name}.`) || field.startsWith(`${name}[`),
  );
  return [...own.filter(({ label }) => label !== typed), ...samples.map(asSuggestion)];
}

const asSuggestion = ({ field, kind, example }: FieldSample): Suggestion => ({
  label: shown(field),
  detail: example === '' ? kind : shown(example),
  insert: `${field} `,
  look: 'field',
  rank: 10,
});

const fields = async (filter: EventFilter): Promise<FieldSample[]> =>
  (
    await queryClient.fetchQuery({
      queryKey: ['events', 'fields', filter],
      queryFn: ({ signal }) => callEngine(['search', 'fields'], { filter }, signal),
    })
  ).fields;

async function values(field: FieldName, path: string, quick: EventFilter): Promise<Suggestion[]> {
  const { words, kind } = factsOf(field);
  if (words !== undefined)
    return words.map((word) => ({
      label: JSON.stringify(word),
      insert: `${JSON.stringify(word)} `,
      look: 'text',
    }));
  if (field === 'type' || field === 'topic') {
    const facets = await queryClient.fetchQuery({
      queryKey: ['events', 'facets', { filter: quick }],
      queryFn: ({ signal }) => callEngine(['events', 'facets'], { filter: quick }, signal),
    });
    const counted =
      field === 'type'
        ? facets.types.map(({ type, count }) => ({ value: type, count }))
        : facets.topics.map(({ topic, count }) => ({ value: topic, count }));
    return counted
      .filter(({ value }) => value !== '')
      .slice(0, MOST_VALUES)
      .map(({ value, count }, nth) => ({
        label: JSON.stringify(value),
        detail: formatCount(count),
        insert: `${JSON.stringify(value)} `,
        look: 'text',
        rank: -nth,
      }));
  }
  if (kind === 'time') {
    const label = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
    return [{ label, detail: 'a time with its zone', insert: `${label} `, look: 'number' }];
  }
  const sample = kind === 'path' ? (await fields(quick)).find((each) => each.field === path) : undefined;
  // A shortened example would not be a value that there is.
  if (sample === undefined || sample.example === '' || sample.example.includes('…')) return [];
  const look = sample.kind === 'number' ? 'number' : sample.kind === 'text' ? 'text' : 'keyword';
  return [{ label: sample.example, detail: 'one that there is', insert: `${sample.example} `, look }];
}
