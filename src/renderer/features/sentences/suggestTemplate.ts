/** Suggestions and colours in a template. */
import type { EventFilter } from '../../../contract/events.ts';
import { type TemplatePlace, templateMarks, templatePlace } from '../../../core/sentence-complete.ts';
import { FORMATS, MONEY, MONEY_ABOUT } from '../../../core/sentence-formats.ts';
import type { Mark } from '../../components/ExpressionField.tsx';
import type { Suggestion, Suggestions } from '../../components/suggestions.ts';
import { fieldWords } from '../projections/vocabulary.ts';

/** What an event has beside its payload. */
const BESIDE: readonly (readonly [name: string, about: string])[] = [
  ['$type', 'its type'],
  ['$version', 'version of the aggregate'],
  ['$aggregateId', 'id of the aggregate'],
  ['$aggregateType', 'type of the aggregate'],
  ['$occurredAt', 'when it occurred'],
  ['$recordedAt', 'when it was recorded'],
  ['$eventId', 'its own id'],
];

const LOOKS = { bracket: 'keyword', field: 'field', format: 'word', text: 'text' } as const;

export const marksOfTemplate = (text: string): Mark[] =>
  templateMarks(text).map(({ from, to, what }) => ({ from, to, look: LOOKS[what] }));

/** @param filter the events that the template speaks of. @returns null outside of braces */
export function suggestTemplate(
  text: string,
  cursor: number,
  filter: EventFilter,
): Promise<Suggestions> | null {
  const place = templatePlace(text, cursor);
  return place === null ? null : suggestionsAt(place, cursor, filter);
}

async function suggestionsAt(
  { from, to, isOpen, expected }: TemplatePlace,
  cursor: number,
  filter: EventFilter,
): Promise<Suggestions> {
  const end = isOpen ? '}' : '';
  const options = expected === 'format' ? formats(end) : await fields(filter, end);
  return {
    from,
    to: cursor,
    over: to - cursor,
    while: expected === 'format' ? /^\w*$/ : /^[^\s|{}]*$/,
    options: options.map((option, nth) => ({ ...option, rank: Math.max(-99, -nth) })),
  };
}

const formats = (end: string): Suggestion[] => [
  { label: MONEY, detail: MONEY_ABOUT, insert: `${MONEY} `, look: 'keyword' },
  ...Object.entries(FORMATS).map(
    ([label, { about }]): Suggestion => ({
      label,
      detail: about,
      insert: `${label}${end}`,
      look: 'keyword',
    }),
  ),
];

async function fields(filter: EventFilter, end: string): Promise<Suggestion[]> {
  const words = await fieldWords(filter);
  return [
    ...words.map(({ name, detail }) => ({ name, detail })),
    ...BESIDE.map(([name, detail]) => ({ name, detail })),
  ].map(({ name, detail }) => ({
    label: name,
    ...(detail === undefined ? {} : { detail }),
    insert: `${name}${end}`,
    look: 'field',
  }));
}
