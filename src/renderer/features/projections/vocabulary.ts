import type { EventFilter } from '../../../contract/events.ts';
import { isJsonObject, parseJson } from '../../../core/json.ts';
import { parsePath } from '../../../core/path.ts';
import type { Suggestions } from '../../components/suggestions.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';
import { cursorPlace, statePathsOf, type Vocabulary, type Word, wordsAt } from './definitionCompletion.ts';

/** The records that a definition reads, as far as its text can be read. */
export function filterOf(text: string): EventFilter {
  let source: unknown;
  try {
    const json = parseJson(text);
    source = isJsonObject(json) ? json.source : null;
  } catch {
    source = sourceInBroken(text);
  }
  const { aggregateTypes, topics } = (source ?? {}) as { aggregateTypes?: unknown; topics?: unknown };
  const types = textsOf(aggregateTypes);
  const filter: EventFilter = {};
  if (textsOf(topics).length > 0) filter.topics = textsOf(topics);
  if (types.length > 0 && !types.includes('*'))
    filter.where = `aggregateType in (${types.map((type) => JSON.stringify(type)).join(', ')})`;
  return filter;
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];

/** While something else is being written the source mostly stands as it was. */
function sourceInBroken(text: string): unknown {
  const source = /"source"\s*:\s*(\{[^{}]*\})/.exec(text)?.[1];
  if (source === undefined) return null;
  try {
    return JSON.parse(source);
  } catch {
    return null;
  }
}

const isPath = (text: string): boolean => {
  try {
    parsePath(text);
    return true;
  } catch {
    return false;
  }
};

export const ask: typeof callEngine = (path, input) =>
  queryClient.fetchQuery({
    queryKey: [...path, input],
    queryFn: ({ signal }) => callEngine(path, input, signal),
  });

/** Paths of the fields that events of a filter have, as reducers and templates read them, with an example of each. */
export async function fieldWords(filter: EventFilter): Promise<Word[]> {
  const { fields, records } = await ask(['search', 'fields'], { filter });
  return fields.flatMap(({ field, example, kind, records: having }): Word[] => {
    // The filter language calls the whole value `value`; a list's items have no single path.
    const name = field.startsWith('value') ? `$${field}` : field;
    if (field.startsWith('header') || field.includes('[*]') || !isPath(name)) return [];
    const share =
      having === records ? '' : ` · in ${formatCount(having)} of ${formatCount(records)} looked at`;
    return [{ name, detail: `${example === '' ? kind : shown(example)}${share}` }];
  });
}

/** The words of the open workspace, asked when they are needed. */
export function vocabularyOf(text: string): Vocabulary {
  const filter = filterOf(text);
  return {
    async aggregateTypes() {
      const types = await ask(['aggregates', 'types'], {});
      return [
        ...types.map(({ type, aggregates }) => ({ name: type, detail: plural(aggregates, 'aggregate') })),
        { name: '*', detail: 'all of them' },
      ];
    },
    async topics() {
      const { topics } = await ask(['events', 'facets'], { filter: {} });
      return topics.map(({ topic, count }) => ({ name: topic, detail: plural(count, 'record') }));
    },
    async eventTypes() {
      const { types } = await ask(['events', 'facets'], { filter });
      return types
        .filter(({ type }) => type !== '')
        .map(({ type, count }) => ({ name: type, detail: plural(count, 'event') }));
    },
    fields: (eventType) => fieldWords(eventType === null ? filter : { ...filter, types: [eventType] }),
  };
}

/** What may come at the cursor of a definition's text. */
export async function suggestDefinition(
  text: string,
  cursor: number,
  asked: boolean,
): Promise<Suggestions | null> {
  const place = cursorPlace(text, cursor);
  if (place === null || (!asked && place.from === place.to)) return null;
  const words = await wordsAt(place, statePathsOf(text), vocabularyOf(text));
  const needsColon = place.at === 'key' && !/^\s*:/.test(text.slice(place.to));
  return {
    from: place.from,
    to: cursor,
    over: place.to - cursor,
    while: /^"?[^"\n]*$/,
    options: words.map(({ name, detail }, nth) => ({
      label: JSON.stringify(name),
      ...(detail === undefined ? {} : { detail }),
      insert: `${JSON.stringify(name)}${needsColon ? ': ' : ''}`,
      look: place.at === 'key' ? ('field' as const) : ('text' as const),
      rank: Math.max(-99, -nth),
    })),
  };
}

/** What may come at the cursor of a reducer's text that stands alone. @param source of the definition it is written for */
export const suggestReducer =
  (source: object) =>
  async (text: string, cursor: number, asked: boolean): Promise<Suggestions | null> => {
    const before = `{"source":${JSON.stringify(source)},"reducer":`;
    const found = await suggestDefinition(`${before}${text}}`, before.length + cursor, asked);
    if (found === null) return null;
    return { ...found, from: found.from - before.length, to: found.to - before.length };
  };
