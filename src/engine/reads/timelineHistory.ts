/** Who set a value, and what it was before: from the changes that are kept, and a replay of the parts that are not. */
import type { z } from 'zod';
import type { aggregates } from '../../contract/aggregates.ts';
import { sameJson } from '../../core/fold.ts';
import { formatJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { formatPath, getPath, type PathStep, parsePath } from '../../core/path.ts';
import type { StoredChanges, StoredFold } from '../keyframes/storedFold.ts';
import type { StreamHead } from '../store/stream.ts';
import { BLOCK_EVENTS, CONTAINER, isBelow, type PathChanges, type Recorded, recordedOf } from './changes.ts';
import type { HeadList } from './headList.ts';
import type { ListFold, ReadEvents } from './timelineFold.ts';

type Answer = z.infer<(typeof aggregates)['history']['output']>;

/** Steps of a path's history that one answer holds. */
const MOST_STEPS = 4000;

export interface HistoryQuestion {
  list: HeadList;
  fold: ListFold<StreamHead>;
  stored: StoredFold | null;
  initial: Json;
  /** Events of the list that count. */
  limit: number;
  path: string;
  read: ReadEvents<StreamHead>;
}

/** The changes of the path in one part: where they are known without being read yet, their number is. */
interface Part {
  steps: number;
  read(): PathChanges;
}

const NONE: Part = { steps: 0, read: () => ({ indexes: [], values: [] }) };

/** Of parts whose changes are neither kept nor can be: how many of the first `limit` events. */
export function unknownEvents(stored: StoredFold | null, limit: number): number {
  const parts = stored?.parts() ?? new Map<number, unknown>();
  let unknown = 0;
  for (let no = 0; no * BLOCK_EVENTS < limit; no += 1)
    if (!parts.has(no)) unknown += Math.min(BLOCK_EVENTS, limit - no * BLOCK_EVENTS);
  return unknown;
}

class PathHistory {
  readonly #question: HistoryQuestion;
  readonly #path: PathStep[];
  readonly #text: string;

  constructor(question: HistoryQuestion) {
    this.#question = question;
    this.#path = parsePath(question.path);
    this.#text = formatPath(this.#path);
  }

  /** The parts in order. Changes below the path count where it holds a list or an object at some time. */
  parts(): Part[] {
    const { stored, limit, initial } = this.#question;
    const known = stored?.parts() ?? new Map<number, { isWhole: boolean }>();
    const last = Math.ceil(limit / BLOCK_EVENTS);
    const own = this.#byPart(stored?.changes(this.#text, false) ?? []);
    const isKept = (no: number) => known.get(no)?.isWhole === true && (no + 1) * BLOCK_EVENTS <= limit;
    const replayed = new Map<number, PathChanges | null>();
    let holdsMore = this.#text === '' || recordedOf(getPath(initial, this.#path)) === CONTAINER;
    for (let no = 0; no < last; no += 1) {
      if (isKept(no)) holdsMore ||= own.get(no)?.[0]?.hasContainers ?? false;
      else {
        const changes = this.#replayed(no);
        replayed.set(no, changes);
        holdsMore ||= changes?.values.includes(CONTAINER) ?? true;
      }
    }
    const all = holdsMore ? this.#byPart(stored?.changes(this.#text, true) ?? []) : own;
    return Array.from({ length: last }, (_, no) => {
      if (isKept(no)) return partOf(all.get(no) ?? [], holdsMore);
      const changes = replayed.get(no) ?? null;
      if (changes === null) return asPart(this.#compared(no));
      return asPart(holdsMore ? this.#replayedBelow(no) : changes);
    });
  }

  #byPart(changes: readonly StoredChanges[]): Map<number, StoredChanges[]> {
    const parts = new Map<number, StoredChanges[]>();
    for (const each of changes) {
      const known = parts.get(each.no);
      if (known === undefined) parts.set(each.no, [each]);
      else known.push(each);
    }
    return parts;
  }

  /** Null: too much changed in the part to keep it. */
  #replayed(no: number): PathChanges | null {
    const { fold, limit, read } = this.#question;
    const { paths } = fold.changes(no, limit, read);
    if (paths === null) return null;
    return within(paths.get(this.#text) ?? { indexes: [], values: [] }, limit);
  }

  #replayedBelow(no: number): PathChanges {
    const { fold, limit, read } = this.#question;
    const own: PathChanges[] = [];
    for (const [path, changes] of fold.changes(no, limit, read).paths!)
      if (path === this.#text || isBelow(path, this.#text)) own.push(changes);
    return within(united(own), limit);
  }

  /** The part event by event. */
  #compared(no: number): PathChanges {
    const { fold, limit, read } = this.#question;
    const indexes: number[] = [];
    const first = no * BLOCK_EVENTS;
    let before = getPath(fold.at(first, read).state, this.#path);
    for (let index = first; index < Math.min(first + BLOCK_EVENTS, limit); index += 1) {
      const after = getPath(fold.at(index + 1, read).state, this.#path);
      const isSame =
        before === after || (before !== undefined && after !== undefined && sameJson(before, after));
      before = after;
      if (!isSame) indexes.push(index);
    }
    return { indexes, values: indexes.map(() => CONTAINER) };
  }

  valueAfter(index: number): string | null {
    const { fold, read } = this.#question;
    const value = getPath(fold.at(index + 1, read).state, this.#path);
    return value === undefined ? null : formatJson(value);
  }
}

const asPart = (changes: PathChanges): Part => ({ steps: changes.indexes.length, read: () => changes });

function partOf(changes: readonly StoredChanges[], below: boolean): Part {
  if (changes.length === 0) return NONE;
  if (!below) return { steps: changes[0]!.steps, read: () => changes[0]!.read() };
  return asPart(united(changes.map((each) => each.read())));
}

/** The events of all of them, once each; the value of the path has to be looked up. */
function united(changes: readonly PathChanges[]): PathChanges {
  const indexes = [...new Set(changes.flatMap((each) => each.indexes))].sort((a, b) => a - b);
  return { indexes, values: indexes.map((): Recorded => CONTAINER) };
}

function within({ indexes, values }: PathChanges, limit: number): PathChanges {
  const end = indexes.findIndex((index) => index >= limit);
  return end === -1 ? { indexes, values } : { indexes: indexes.slice(0, end), values: values.slice(0, end) };
}

/** @throws PathProblem */
export function historyOf(question: HistoryQuestion): Answer {
  const { list, path, initial } = question;
  const history = new PathHistory(question);
  const parts = history.parts();
  const total = parts.reduce((sum, { steps }) => sum + steps, 0);
  const found: { index: number; value: Recorded }[] = [];
  for (let no = parts.length - 1; no >= 0 && found.length < MOST_STEPS; no -= 1) {
    const { indexes, values } = parts[no]!.read();
    for (let at = indexes.length - 1; at >= 0 && found.length < MOST_STEPS; at -= 1)
      found.push({ index: indexes[at]!, value: values[at]! });
  }
  const before = getPath(initial, parsePath(path));
  const { columns, rows } = list;
  return {
    path,
    total,
    omitted: total - found.length,
    initial: before === undefined ? null : formatJson(before),
    steps: found.reverse().map(({ index, value }) => {
      const row = rows[index]!;
      return {
        index,
        id: columns.id[row]!,
        recordedAt: columns.recordedAt[row]!,
        value: value === CONTAINER ? history.valueAfter(index) : value,
      };
    }),
  };
}
