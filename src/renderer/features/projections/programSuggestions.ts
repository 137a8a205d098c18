/** Suggestions while a program is written: the words of its place, as the editor takes them. */
import { parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import type { Suggestion, Suggestions } from '../../components/suggestions.ts';
import { type ProgramPlace, programPlace } from './programPlace.ts';
import { arithmetic, DECIMAL, membersOf, type ProgramVocabulary, type ProgramWord } from './programWords.ts';
import { ask, filterOf, vocabularyOf } from './vocabulary.ts';

const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** Words for a place; empty: none is known. */
export async function wordsFor(place: ProgramPlace, vocabulary: ProgramVocabulary): Promise<ProgramWord[]> {
  switch (place.at) {
    case 'member': {
      const words = await membersOf(place.of, place.eventType, place.stateKeys, vocabulary);
      // What a value can do is no member that a pattern takes out.
      return words.filter(
        ({ name, isCall }) => !place.taken.has(name) && !(place.in === 'pattern' && isCall),
      );
    }
    case 'number':
      return arithmetic();
    case 'eventType':
      return vocabulary.eventTypes();
    default:
      return [
        ...[...place.names].map(([name, path]) => ({
          name,
          ...(path === null || path.join('.') === name ? {} : { detail: path.join('.') }),
        })),
        DECIMAL,
      ];
  }
}

/** A word as it is written at a place. A name that is none in JavaScript stands in brackets or quotes. */
export function written(word: ProgramWord, place: ProgramPlace): Suggestion {
  const { name, detail, isCall = false } = word;
  const base = { label: name, ...(detail === undefined ? {} : { detail }) };
  if (place.at === 'eventType') return { ...base, insert: JSON.stringify(name).slice(1, -1), look: 'text' };
  if (isCall) return { ...base, insert: `${name}()`, caret: name.length + 1, look: 'keyword' };
  if (place.at !== 'member' || NAME.test(name)) return { ...base, look: 'field' };
  const key = JSON.stringify(name);
  if (place.in === 'pattern') return { ...base, insert: `${key}: `, look: 'field' };
  return { ...base, insert: `[${key}]`, before: 1, look: 'field' };
}

function vocabulary(definition: string, state: string | null): ProgramVocabulary {
  const words = vocabularyOf(definition);
  const filter = filterOf(definition);
  const read = (): Json | null => {
    try {
      return state === null ? null : parseJson(state);
    } catch {
      return null;
    }
  };
  return {
    eventTypes: () => words.eventTypes(),
    async fields(eventType) {
      const asked = eventType === null ? filter : { ...filter, types: [eventType] };
      return (await ask(['search', 'fields'], { filter: asked })).fields;
    },
    state: read(),
  };
}

/**
 * What may come at a place of the program.
 * @param definition the text around it, which says what it reads
 * @param state JSON text of the state that the last try ended with
 */
export const suggestProgram =
  (definition: string, state: string | null) =>
  async (text: string, cursor: number, asked: boolean): Promise<Suggestions | null> => {
    const place = programPlace(text, cursor);
    if (place === null) return null;
    const isBehindDot = place.at === 'number' || (place.at === 'member' && place.in === 'chain');
    if (!asked && place.from === cursor && !isBehindDot && place.at !== 'eventType') return null;
    const words = await wordsFor(place, vocabulary(definition, state));
    return {
      from: place.from,
      to: cursor,
      over: place.to - cursor,
      while: place.at === 'eventType' ? /^[^"'\n]*$/ : /^[\p{L}\p{N}_$]*$/u,
      options: words.map((word, nth) => ({ ...written(word, place), rank: Math.max(-99, -nth) })),
    };
  };
