/** What is kept of the fold of one list by one reducer, as a reading connection finds it. */
import type { Database, Statement } from 'better-sqlite3';
import { BLOCK_EVENTS, CONTAINER, type PathChanges } from '../reads/changes.ts';
import type { HeadList } from '../reads/headList.ts';
import { type FoldPoint, type FoldProblem, KEYFRAME_EVERY, type Keyframes } from '../reads/timelineFold.ts';
import { digestsOf, type PrefixDigests } from './digests.ts';
import { findTrack, type TrackName } from './keyframeFile.ts';
import { unpackChanges, unpackPoint } from './packing.ts';

/** Keyframes, also of other lists of the stream, that are looked at one by one before the common beginning is sought. */
const LOOK_BACK = 20;

export interface StoredPart {
  no: number;
  /** False: too much changed in it, it has to be replayed. */
  isWhole: boolean;
}

/** The changes of one path in one part. */
export interface StoredChanges {
  path: string;
  no: number;
  steps: number;
  hasContainers: boolean;
  read: () => PathChanges;
}

type ChangeRow = [
  id: number,
  path: string,
  no: number,
  digest: Uint8Array,
  steps: number,
  containers: number,
];

export class StoredFold implements Keyframes {
  readonly #db: Database;
  readonly #name: TrackName;
  readonly #list: HeadList;
  readonly #digests: PrefixDigests;
  readonly #near: Statement;
  readonly #read: Statement;
  readonly #exact: Statement;

  constructor(db: Database, name: TrackName, list: HeadList) {
    this.#db = db;
    this.#name = name;
    this.#list = list;
    this.#digests = digestsOf(list);
    this.#near = db
      .prepare(
        `SELECT id, count, digest FROM keyframe WHERE track = ? AND count <= ? AND count > ?
         ORDER BY count DESC LIMIT ${LOOK_BACK}`,
      )
      .raw();
    this.#exact = db.prepare('SELECT id FROM keyframe WHERE track = ? AND count = ? AND digest = ?').pluck();
    this.#read = db.prepare('SELECT state, problems FROM keyframe WHERE id = ?').raw();
  }

  /** Looked up each time: a job may make it meanwhile. */
  get #track(): number {
    return findTrack(this.#db, this.#name) ?? -1;
  }

  #fits(count: number, digest: Uint8Array): boolean {
    return count <= this.#list.length && this.#digests.at(count).equals(digest);
  }

  #find(count: number, above: number): { id: number; count: number } | null {
    const track = this.#track;
    const rows = this.#near.all(track, count, above) as [number, number, Uint8Array][];
    for (const [id, at, digest] of rows) if (this.#fits(at, digest)) return { id, count: at };
    return rows.length < LOOK_BACK ? null : this.#common(track, rows.at(-1)![1], above);
  }

  /** The last keyframe before which this list and another are the same: what fits somewhere fits everywhere before. */
  #common(track: number, count: number, above: number): { id: number; count: number } | null {
    const idAt = (number: number) => {
      const at = number * KEYFRAME_EVERY;
      return (this.#exact.get(track, at, this.#digests.at(at)) as number | undefined) ?? null;
    };
    let low = Math.floor(above / KEYFRAME_EVERY);
    let high = Math.floor(count / KEYFRAME_EVERY);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (idAt(middle) !== null) low = middle;
      else high = middle - 1;
    }
    const id = low * KEYFRAME_EVERY > above ? idAt(low) : null;
    return id === null ? null : { id, count: low * KEYFRAME_EVERY };
  }

  nearest(count: number, above: number): FoldPoint | null {
    const found = this.#find(Math.min(count, this.#list.length), above);
    if (found === null) return null;
    const row = this.#read.get(found.id) as [Uint8Array, number] | undefined;
    if (row === undefined) return null;
    try {
      return { count: found.count, ...unpackPoint(row[0]), problems: row[1] };
    } catch {
      // Damaged or nested too deep to be read: the fold goes the long way.
      return null;
    }
  }

  /** States of so many events from the start are near a keyframe. */
  ready(): number {
    const found = this.#find(this.#list.length, 0);
    return found === null ? 0 : Math.min(this.#list.length, found.count + KEYFRAME_EVERY);
  }

  problems(count: number, limit: number): FoldProblem[] {
    const rows = this.#db
      .prepare(
        'SELECT count, digest, problems FROM problem WHERE track = ? AND count <= ? ORDER BY count DESC',
      )
      .raw()
      .iterate(this.#track, count) as IterableIterator<[number, Uint8Array, string]>;
    let found: FoldProblem[] = [];
    for (const [at, digest, text] of rows) {
      if (!this.#fits(at, digest)) continue;
      found = [...(JSON.parse(text) as FoldProblem[]), ...found];
      if (found.length >= limit) break;
    }
    return found.slice(-limit);
  }

  /** The parts whose changes are known, by number. */
  parts(): Map<number, StoredPart> {
    const rows = this.#db
      .prepare('SELECT no, digest, is_whole FROM part WHERE track = ? ORDER BY no')
      .raw()
      .all(this.#track) as [number, Uint8Array, number][];
    const parts = new Map<number, StoredPart>();
    for (const [no, digest, isWhole] of rows)
      if (this.#fits((no + 1) * BLOCK_EVENTS, digest)) parts.set(no, { no, isWhole: isWhole === 1 });
    return parts;
  }

  /** Changes of a path by part, and with `below` those of every path below it. */
  changes(path: string, below: boolean): StoredChanges[] {
    const columns = 'SELECT id, path, no, digest, steps, has_containers FROM change WHERE track = ?';
    const track = this.#track;
    const all = (where: string, ...values: string[]) =>
      this.#db
        .prepare(`${columns} AND ${where}`)
        .raw()
        .all(track, ...values) as ChangeRow[];
    const rows = all('path = ?', path);
    if (below && path === '') rows.push(...all("path <> ''"));
    else if (below)
      // “/” follows “.”, and “\” follows “[”, in the order of code units.
      rows.push(
        ...all('path >= ? AND path < ?', `${path}.`, `${path}/`),
        ...all('path >= ? AND path < ?', `${path}[`, `${path}\\`),
      );
    const read = this.#db.prepare('SELECT data FROM change WHERE id = ?').pluck();
    return rows
      .filter(([, , no, digest]) => this.#fits((no + 1) * BLOCK_EVENTS, digest))
      .map(([id, at, no, , steps, containers]) => ({
        path: at,
        no,
        steps,
        hasContainers: containers === 1,
        read: () => unpackChanges(read.get(id) as Uint8Array),
      }))
      .sort((a, b) => a.no - b.no);
  }
}

export const hasContainers = ({ values }: PathChanges): boolean => values.includes(CONTAINER);
