/** What the read and write functions of the registries get to work with. */
import type { Database } from 'better-sqlite3';
import type { SentenceBook } from '../sentences/sentenceBook.ts';
import type { Dictionary } from '../store/dictionary.ts';
import type { WorkspaceKind } from '../store/open.ts';
import type { RecordWriter } from '../store/recordWriter.ts';
import type { GiveWay } from './giveWay.ts';

/** Results kept as long as the captured data stays as it is; the oldest go when they are too big together. */
export interface RevisionCache {
  /** The kept value, or a new one made by `build`. `bytes` is its rough size (default 1 KB). */
  get<T>(key: string, build: () => T, bytes?: (value: T) => number): T;
}

export interface ReadContext {
  /** Read-only connection, inside one read transaction for the whole call: all statements see the same moment. */
  readonly db: Database;
  readonly file: string;
  readonly kind: WorkspaceKind;
  /** Rises with every change of the captured records; read in the same transaction. */
  readonly revision: number;
  /** Emptied whenever the revision changes. */
  readonly cache: RevisionCache;
  /** As `cache`, but never emptied by a new revision: for what brings itself up to date. */
  readonly lasting: Map<string, unknown>;
  readonly dictionary: Dictionary;
  /** Folder for what does not fit the memory of the thread; absent: it is read again instead. */
  readonly scratch?: string;
  /** The words for events that a person chose. Absent: all have the default words. */
  readonly sentences?: Pick<SentenceBook, 'templateFor'>;
  /** Whether a read may throw {@link GiveWay} and is asked again then. Absent: nobody waits, it goes on to its end. */
  readonly mayGiveWay?: boolean;
  /** @throws HindcastError `cancelled` when the caller has given up; call it inside long loops. */
  throwIfAborted(): void;
}

export interface WriteContext {
  /** The one writing connection. No transaction is open; use {@link WriteContext.transaction}. */
  readonly db: Database;
  readonly file: string;
  /** Runs `work` in one IMMEDIATE transaction; rolled back when it throws. */
  transaction<T>(work: () => T): T;
  /** Inside a transaction: marks the captured records as changed (raises the revision). */
  recordsChanged(): void;
  /** The bulk path into the `record` table. @throws HindcastError `capture.running` while a capture holds it */
  records(): RecordWriter;
  /** Reported to `onProgress` of the caller, at most ten times a second. Plain data. */
  progress(state: unknown): void;
  /** True when the caller has given up. */
  aborted(): boolean;
  /** @throws HindcastError `cancelled` */
  throwIfAborted(): void;
}
