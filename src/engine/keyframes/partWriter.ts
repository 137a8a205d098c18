/** Writes what a pass over a stream has made, a part of the stream in one transaction. */
import type { Database, Statement } from 'better-sqlite3';
import type { Changes } from '../reads/changes.ts';
import type { FoldPoint, FoldProblem } from '../reads/timelineFold.ts';
import { storeFault } from '../store/faults.ts';
import { prepared } from '../store/statements.ts';
import type { PrefixDigests } from './digests.ts';
import { packChanges } from './packing.ts';
import { hasContainers } from './storedFold.ts';

export class PartWriter {
  readonly #db: Database;
  readonly #tracks: { fold: number; faults: number };
  readonly #digests: PrefixDigests;
  #waiting: (() => void)[] = [];

  constructor(db: Database, tracks: { fold: number; faults: number }, digests: PrefixDigests) {
    this.#db = db;
    this.#tracks = tracks;
    this.#digests = digests;
  }

  /** How many events of the list were looked at for faults; what was found in another list is forgotten. */
  checked(length: number): number {
    const { faults } = this.#tracks;
    const row = this.#db.prepare('SELECT count, digest FROM fault_run WHERE track = ?').raw().get(faults) as
      | [number, Uint8Array]
      | undefined;
    if (row !== undefined && row[0] <= length && this.#digests.at(row[0]).equals(row[1])) return row[0];
    for (const table of ['fault', 'fault_run'])
      this.#db.prepare(`DELETE FROM ${table} WHERE track = ?`).run(faults);
    return 0;
  }

  #put(sql: string): Statement {
    return prepared(this.#db, sql, 'rows');
  }

  keyframe({ count, problems }: FoldPoint, packed: Buffer): void {
    const put = this.#put(
      'INSERT OR REPLACE INTO keyframe (track, count, digest, problems, state) VALUES (?, ?, ?, ?, ?)',
    );
    const digest = this.#digests.at(count);
    this.#waiting.push(() => void put.run(this.#tracks.fold, count, digest, problems, packed));
  }

  /** @param count events up to which the problems are these, back to the keyframe place before */
  problems(count: number, problems: readonly FoldProblem[]): void {
    const put = this.#put('INSERT OR REPLACE INTO problem VALUES (?, ?, ?, ?)');
    const digest = this.#digests.at(count);
    const text = JSON.stringify(problems);
    this.#waiting.push(() => void put.run(this.#tracks.fold, count, digest, text));
  }

  /** The changes of a part, which ends where these do. */
  part(no: number, { until, paths }: Changes): void {
    const { fold } = this.#tracks;
    const digest = this.#digests.at(until);
    this.#waiting.push(() => {
      const put = this.#put(
        `INSERT OR REPLACE INTO change (track, path, no, digest, steps, has_containers, data)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const [path, changes] of paths ?? []) {
        const containers = hasContainers(changes) ? 1 : 0;
        put.run(fold, path, no, digest, changes.indexes.length, containers, packChanges(changes));
      }
      this.#db
        .prepare('INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?)')
        .run(fold, no, digest, paths === null ? 0 : 1);
    });
  }

  fault(place: number, texts: readonly string[]): void {
    const put = this.#put('INSERT OR REPLACE INTO fault VALUES (?, ?, ?)');
    this.#waiting.push(() => void put.run(this.#tracks.faults, place, JSON.stringify(texts)));
  }

  /**
   * Writes what waits. @param checked events looked at for faults so far; null: none were
   * @throws HindcastError `disk.full`
   */
  flush(checked: number | null): void {
    const { faults } = this.#tracks;
    if (checked !== null) {
      const digest = this.#digests.at(checked);
      this.#waiting.push(
        () =>
          void this.#db
            .prepare('INSERT OR REPLACE INTO fault_run VALUES (?, ?, ?)')
            .run(faults, checked, digest),
      );
    }
    try {
      this.#db
        .transaction(() => {
          for (const write of this.#waiting) write();
        })
        .immediate();
    } catch (error) {
      throw storeFault(error, this.#db.name);
    }
    this.#waiting = [];
  }
}
