/** What a program may name at a place: members of event and state, event types, and arithmetic that keeps every digit. */
import type { FieldSample } from '../../../contract/search.ts';
import { formatJson, isJsonObject, isNumeric } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { parsePath } from '../../../core/path.ts';
import type { Word } from './definitionCompletion.ts';
import type { MemberPath } from './programPlace.ts';

/** The words of a workspace, and of the row that the definition was tried on. */
export interface ProgramVocabulary {
  eventTypes(): Promise<Word[]>;
  /** Fields of events of a type (null: of all that the definition reads). */
  fields(eventType: string | null): Promise<readonly FieldSample[]>;
  /** The state that the last try ended with; null: there is none. */
  state: Json | null;
}

export interface ProgramWord extends Word {
  /** A function: brackets are written behind it. */
  isCall?: boolean;
}

const EVENT: readonly Word[] = [
  { name: 'type', detail: 'event type; $tombstone for a record without a value' },
  { name: 'data', detail: 'the payload' },
  { name: 'eventId', detail: 'text, or null' },
  { name: 'occurredAt', detail: 'when it happened, as 2025-12-31T23:59:59.000Z, or null' },
  { name: 'recordedAt', detail: 'when it was recorded' },
  { name: 'version', detail: 'of the aggregate, as the event declares it, or null' },
  { name: 'aggregateId', detail: 'text' },
  { name: 'aggregateType', detail: 'text' },
  { name: 'value', detail: 'the whole record value, the payload in it' },
];

/** Methods of numbers, BigInts and Decimals in the sandbox. */
const ARITHMETIC: readonly ProgramWord[] = [
  ['plus', '(other): exact sum'],
  ['minus', '(other): exact difference'],
  ['times', '(other): exact product'],
  ['div', '(other, places): rounded half away from zero'],
  ['round', '(places = 0): half away from zero'],
  ['cmp', '(other): −1, 0 or 1'],
  ['eq', '(other): the same value'],
  ['lt', '(other): less'],
  ['lte', '(other): less or the same'],
  ['gt', '(other): greater'],
  ['gte', '(other): greater or the same'],
  ['isZero', '()'],
  ['neg', '(): the other sign'],
  ['abs', '(): without sign'],
].map(([name, detail]) => ({ name: name!, detail: detail!, isCall: true }));
const LIST: readonly ProgramWord[] = [
  { name: 'length', detail: 'how many items' },
  { name: 'map', detail: '(item => …): a list of the results', isCall: true },
  { name: 'filter', detail: '(item => …): those that fit', isCall: true },
  { name: 'find', detail: '(item => …): the first that fits', isCall: true },
  { name: 'some', detail: '(item => …): whether one fits', isCall: true },
  { name: 'includes', detail: '(item): whether it is there', isCall: true },
  { name: 'reduce', detail: '((sum, item) => …, start)', isCall: true },
];
export const DECIMAL: ProgramWord = {
  name: 'Decimal',
  detail: '(text): exact number, such as Decimal("61.76")',
  isCall: true,
};

const LONGEST = 40;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const startsWith = (path: MemberPath, start: MemberPath): boolean =>
  path.length >= start.length && start.every((step, at) => path[at] === step);

/** `data.items[*].sku` as steps. Null: headers, and what cannot be read. */
function stepsOf(field: string): string[] | null {
  if (field.startsWith('header')) return null;
  try {
    return parsePath(field.replaceAll('[*]', '[0]')).map((step) => (typeof step === 'number' ? '[]' : step));
  } catch {
    return null;
  }
}

function fieldWords(fields: readonly FieldSample[], of: MemberPath): ProgramWord[] {
  const words = new Map<string, ProgramWord>();
  for (const { field, kind, example } of fields) {
    const steps = stepsOf(field);
    if (steps === null || !startsWith(steps, of)) continue;
    if (steps.length === of.length) {
      const own = kind === 'number' ? ARITHMETIC : kind === 'list' ? LIST : [];
      for (const word of own) words.set(word.name, word);
      continue;
    }
    const [name, next] = steps.slice(of.length);
    if (name === undefined || name === '[]' || words.has(name)) continue;
    const detail = next === undefined ? example || kind : next === '[]' ? 'list' : 'object';
    words.set(name, { name, detail: cut(detail) });
  }
  return [...words.values()];
}

function stateWords(state: Json | null, of: MemberPath): ProgramWord[] {
  let value: Json | undefined = state ?? undefined;
  for (const step of of) {
    if (step === '[]') value = Array.isArray(value) ? value[0] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  if (value === undefined || value === null) return [];
  if (isNumeric(value)) return [...ARITHMETIC];
  if (Array.isArray(value)) return [...LIST];
  if (!isJsonObject(value)) return [];
  const object = value;
  return Object.keys(object).map((name) => ({ name, detail: cut(formatJson(object[name]!)) }));
}

/**
 * Members of a path; empty: none is known.
 * @param stateKeys keys that the program gives the state; the last try need not have come to all of them
 */
export async function membersOf(
  [root, ...path]: MemberPath,
  eventType: string | null,
  stateKeys: ReadonlySet<string>,
  vocabulary: ProgramVocabulary,
): Promise<ProgramWord[]> {
  if (root === 'state') {
    const words = stateWords(vocabulary.state, path);
    const isKnown = (key: string) => words.some(({ name }) => name === key);
    const others = path.length > 0 ? [] : [...stateKeys].filter((key) => !isKnown(key));
    return [...words, ...others.map((name) => ({ name, detail: 'set in this program' }))];
  }
  if (path.length === 0) return [...EVENT];
  if (path[0] !== 'data' && path[0] !== 'value') return [];
  const found = fieldWords(await vocabulary.fields(eventType), path);
  // A type that is being renamed, or that no event has yet, has no fields of its own.
  return found.length > 0 || eventType === null ? found : fieldWords(await vocabulary.fields(null), path);
}

export const arithmetic = (): ProgramWord[] => [...ARITHMETIC];
