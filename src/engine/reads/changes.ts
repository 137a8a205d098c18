/**
 * What each event of a part of a list changed, path by path: the index behind "who set this, and what was it before".
 * A path that holds a list or an object with content is only noted where it begins or ceases to do so; what it holds
 * then changes with the paths below it.
 */
import { sameJson } from '../../core/fold.ts';
import { formatJson, isJsonObject } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { formatPath, type PathStep } from '../../core/path.ts';

/** Events of a part. */
export const BLOCK_EVENTS = 5000;
/** A part with more changes than this is not indexed, it is replayed when somebody asks: a list that shifts, a state that is replaced whole. */
const MOST_CHANGES = 60_000;

/** The path holds a list or an object with content. */
export const CONTAINER = 0;
/** JSON text of a value; null: nothing is there. */
export type Recorded = string | null | typeof CONTAINER;

/** Changes of one path in the order of the events. */
export interface PathChanges {
  /** Indexes in the list. */
  indexes: number[];
  values: Recorded[];
}

export interface Changes {
  /** The events before this index of the list were looked at. */
  until: number;
  /** By display path; null: there were too many to keep. */
  paths: ReadonlyMap<string, PathChanges> | null;
}

const hasContent = (value: Json): boolean =>
  Array.isArray(value) ? value.length > 0 : isJsonObject(value) && Object.keys(value).length > 0;

/** What a path that holds this value is noted with. */
export const recordedOf = (value: Json | undefined): Recorded =>
  value === undefined ? null : hasContent(value) ? CONTAINER : formatJson(value);

export class ChangeRecorder {
  readonly #paths = new Map<string, PathChanges>();
  #left = MOST_CHANGES;
  #index: number;

  /** @param first index of the first event */
  constructor(first: number) {
    this.#index = first;
  }

  /** Takes in the event at `index`. */
  add(before: Json, after: Json, index: number): void {
    this.#index = index;
    if (this.#left > 0) this.#compare(before, after, []);
  }

  finish(until: number): Changes {
    return { until, paths: this.#left > 0 ? this.#paths : null };
  }

  #note(path: PathStep[], value: Recorded): void {
    this.#left -= 1;
    const text = formatPath(path);
    const known = this.#paths.get(text);
    if (known === undefined) this.#paths.set(text, { indexes: [this.#index], values: [value] });
    else if (known.indexes.at(-1) === this.#index) known.values[known.values.length - 1] = value;
    else {
      known.indexes.push(this.#index);
      known.values.push(value);
    }
  }

  #compare(before: Json, after: Json, path: PathStep[]): void {
    if (before === after || this.#left <= 0) return;
    if (hasContent(before) && hasContent(after)) {
      if (Array.isArray(before) && Array.isArray(after)) {
        const shared = Math.min(before.length, after.length);
        for (let at = 0; at < shared; at += 1) this.#compare(before[at]!, after[at]!, [...path, at]);
        for (let at = shared; at < before.length; at += 1) this.#remove(before[at]!, [...path, at]);
        for (let at = shared; at < after.length; at += 1) this.#set(after[at]!, [...path, at]);
        return;
      }
      if (isJsonObject(before) && isJsonObject(after)) {
        for (const key of Object.keys(before))
          if (!Object.hasOwn(after, key)) this.#remove(before[key]!, [...path, key]);
        for (const key of Object.keys(after))
          if (!Object.hasOwn(before, key)) this.#set(after[key]!, [...path, key]);
          else this.#compare(before[key]!, after[key]!, [...path, key]);
        return;
      }
    }
    if (sameJson(before, after)) return;
    this.#below(before, path, (value, inside) => this.#remove(value, inside));
    this.#set(after, path);
  }

  #set(value: Json, path: PathStep[]): void {
    this.#note(path, recordedOf(value));
    this.#below(value, path, (inner, inside) => this.#set(inner, inside));
  }

  #remove(value: Json, path: PathStep[]): void {
    this.#below(value, path, (inner, inside) => this.#remove(inner, inside));
    this.#note(path, null);
  }

  #below(value: Json, path: PathStep[], visit: (value: Json, path: PathStep[]) => void): void {
    if (this.#left <= 0) return;
    if (Array.isArray(value)) for (const [at, item] of value.entries()) visit(item, [...path, at]);
    else if (isJsonObject(value)) for (const key of Object.keys(value)) visit(value[key]!, [...path, key]);
  }
}

/** Whether one display path lies below another. */
export const isBelow = (path: string, above: string): boolean =>
  above === ''
    ? path !== ''
    : path.length > above.length &&
      path.startsWith(above) &&
      (path[above.length] === '.' || path[above.length] === '[');
