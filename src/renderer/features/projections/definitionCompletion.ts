/** What may come at a place of a definition's text: keys, operations, event types, paths of the sampled events. */
import { type PathStep, parsePath } from '../../../core/path.ts';

/** Where the cursor is in a JSON text that need not be whole. */
export interface CursorPlace {
  /** Steps from the top to the object or list around the cursor, or to the value that is being written. */
  path: PathStep[];
  /** key: a name of a member; value: what it is. */
  at: 'key' | 'value';
  /** What is written already, without quotes. */
  typed: string;
  /** The stretch that a suggestion replaces, with its quotes. */
  from: number;
  to: number;
  /** Keys that the object around has before the cursor, and the texts at them. */
  siblings: ReadonlyMap<string, string | null>;
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/gy;
const SPACE = /\s*/y;

interface Level {
  list: boolean;
  step: PathStep | null;
  awaits: 'key' | 'colon' | 'value' | 'comma';
  members: Map<string, string | null>;
}

const bare = (token: string): string => {
  if (!token.startsWith('"')) return token;
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.slice(1).replace(/"$/, '');
  }
};

/** Reads a text up to the cursor; null where nothing can be suggested, such as after a value. */
export function cursorPlace(text: string, cursor: number): CursorPlace | null {
  const levels: Level[] = [];
  let at = 0;
  const place = (from: number, to: number, typed: string): CursorPlace | null => {
    const top = levels.at(-1);
    if (top === undefined) return null;
    const steps = levels.flatMap(({ step }) => (step === null ? [] : [step]));
    const siblings = top.members;
    if (top.awaits === 'key') return { path: steps, at: 'key', typed, from, to, siblings };
    if (top.awaits === 'value') return { path: steps, at: 'value', typed, from, to, siblings };
    return null;
  };
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    const start = SPACE.lastIndex;
    TOKEN.lastIndex = start;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined || cursor <= start) return place(cursor, cursor, '');
    const end = start + token.length;
    const isWord = !/^[{}[\],:]$/.test(token);
    const isOpen = token.startsWith('"') && !(token.length > 1 && token.endsWith('"'));
    if (isWord && (cursor < end || (cursor === end && (isOpen || !token.startsWith('"')))))
      return place(start, end, bare(text.slice(start, cursor)));
    take(levels, token);
    at = end;
  }
}

function take(levels: Level[], token: string): void {
  const top = levels.at(-1);
  if (token === '{' || token === '[') {
    const list = token === '[';
    levels.push({ list, step: list ? 0 : null, awaits: list ? 'value' : 'key', members: new Map() });
  } else if (token === '}' || token === ']') {
    levels.pop();
    const outer = levels.at(-1);
    if (outer !== undefined) outer.awaits = 'comma';
  } else if (top === undefined) return;
  else if (token === ',') {
    if (top.list) top.step = (top.step as number) + 1;
    else top.step = null;
    top.awaits = top.list ? 'value' : 'key';
  } else if (token === ':') top.awaits = 'value';
  else if (top.awaits === 'key') {
    top.step = bare(token);
    top.members.set(top.step, null);
    top.awaits = 'colon';
  } else {
    if (!top.list && typeof top.step === 'string') top.members.set(top.step, bare(token));
    top.awaits = 'comma';
  }
}

/** The words of a workspace that a definition may speak of. */
export interface Vocabulary {
  aggregateTypes(): Promise<Word[]>;
  topics(): Promise<Word[]>;
  /** Event types that the definition reads. */
  eventTypes(): Promise<Word[]>;
  /** Paths in the events of a type (null: of all that it reads), as a definition writes them: `data.amount`. */
  fields(eventType: string | null): Promise<Word[]>;
}

export interface Word {
  name: string;
  detail?: string;
}

const KEYS: Record<string, readonly Word[]> = {
  '': [
    { name: 'name', detail: 'name of the table' },
    { name: 'title', detail: 'in a person’s words' },
    { name: 'description' },
    { name: 'source', detail: 'which events it reads' },
    { name: 'key', detail: 'what makes a row' },
    { name: 'columns', detail: 'of the table' },
    { name: 'reducer', detail: 'what each event does' },
  ],
  source: [
    { name: 'aggregateTypes', detail: 'types, or "*" for all' },
    { name: 'topics', detail: 'exact names' },
  ],
  column: [
    { name: 'name', detail: 'in SQL' },
    { name: 'type' },
    { name: 'path', detail: 'in the state; the name when absent' },
  ],
  reducer: [
    { name: 'name' },
    { name: 'version', detail: 'raise it with every change' },
    { name: 'aggregateType', detail: 'it is meant for' },
    { name: 'initial', detail: 'state before the first event' },
    { name: 'on', detail: 'event type → operations' },
  ],
  operation: [
    { name: 'op', detail: 'set, merge, add, subtract, append, remove' },
    { name: 'path', detail: 'in the state' },
    { name: 'from', detail: 'what the event carries' },
    { name: 'value', detail: 'a constant' },
  ],
};
const OPERATIONS: readonly Word[] = [
  { name: 'set', detail: 'the value takes the place of what is there' },
  { name: 'merge', detail: 'an object, key by key' },
  { name: 'add', detail: 'a number, exactly' },
  { name: 'subtract', detail: 'a number, exactly' },
  { name: 'append', detail: 'to a list' },
  { name: 'remove', detail: 'the path' },
];
const COLUMN_TYPES: readonly Word[] = ['text', 'integer', 'decimal', 'boolean', 'time', 'json'].map(
  (name) => ({ name }),
);
const ENVELOPE: readonly Word[] = [
  { name: '$type', detail: 'event type' },
  { name: '$eventId', detail: 'event id' },
  { name: '$occurredAt', detail: 'occurred time' },
  { name: '$recordedAt', detail: 'recorded time' },
  { name: '$version', detail: 'version it declares' },
  { name: '$aggregateId', detail: 'aggregate id' },
  { name: '$aggregateType', detail: 'aggregate type' },
];
const SPECIAL_TYPES: readonly Word[] = [
  { name: '*', detail: 'types without an entry of their own' },
  { name: '$tombstone', detail: 'a record with a null value' },
];
const ROW_KEYS: readonly Word[] = [
  { name: 'aggregateId', detail: 'one row for each aggregate' },
  { name: '$eventId', detail: 'one row for each event' },
];

/** What the place is, in a definition's shape. */
function shapeOf(path: readonly PathStep[]): string {
  const [first, second, third] = path;
  if (path.length === 0) return '';
  if (first === 'columns' && path.length === 2) return 'column';
  if (first === 'reducer' && second === 'on' && path.length === 4 && third !== undefined) return 'operation';
  return path.join('.');
}

/** The words that fit, before what is typed narrows them; empty: none is known. */
export async function wordsAt(
  place: CursorPlace,
  statePaths: readonly string[],
  words: Vocabulary,
): Promise<Word[]> {
  const { path, at, siblings } = place;
  if (at === 'key') {
    if (path[0] === 'reducer' && path[1] === 'on' && path.length === 2)
      return [...(await words.eventTypes()), ...SPECIAL_TYPES].filter(({ name }) => !siblings.has(name));
    return (KEYS[shapeOf(path)] ?? []).filter(({ name }) => !siblings.has(name));
  }
  const key = path.at(-1);
  const outer = shapeOf(path.slice(0, -1));
  const paths = statePaths.map((name) => ({ name }));
  if (outer === 'operation') {
    if (key === 'op') return [...OPERATIONS];
    const type = String(path[2]);
    if (key === 'from') return [...(await words.fields(type.startsWith('*') ? null : type)), ...ENVELOPE];
    return key === 'path' ? paths : [];
  }
  if (outer === 'column') return key === 'type' ? [...COLUMN_TYPES] : key === 'path' ? paths : [];
  if (path[0] === 'source' && path[1] === 'aggregateTypes') return words.aggregateTypes();
  if (path[0] === 'source' && path[1] === 'topics') return words.topics();
  if (path.length === 1 && key === 'key')
    return [...ROW_KEYS, ...(await words.fields(null)).filter(({ name }) => name.startsWith('data'))];
  if (path.length === 2 && path[0] === 'reducer') {
    if (key === 'aggregateType') return words.aggregateTypes();
    if (key === 'language') return [{ name: 'javascript' }, { name: 'typescript' }];
  }
  return [];
}

/** Paths of the state that the text names somewhere: set by operations, or there from the beginning. */
export function statePathsOf(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(/"path"\s*:\s*"((?:[^"\\\n]|\\.)+)"/g)) {
    try {
      const path = JSON.parse(`"${match[1]}"`) as string;
      parsePath(path);
      found.add(path);
    } catch {
      // A path that is still being written is no suggestion.
    }
  }
  const initial = /"initial"\s*:\s*\{([^{}]*)\}/.exec(text)?.[1] ?? '';
  for (const match of initial.matchAll(/"((?:[^"\\\n]|\\.)+)"\s*:/g)) found.add(match[1]!);
  return [...found].sort();
}
