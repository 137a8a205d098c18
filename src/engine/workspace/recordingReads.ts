/**
 * Building a recording: a new file with everything of the workspace, its records packed anew into larger blocks. Made in
 * steps by a thread of its own, from one moment of the workspace.
 */
import { renameSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import {
  type BlockRow,
  bodyAt,
  encodeRecord,
  openBlock,
  PLAIN,
  pack,
  sealed,
  unpack,
  ZSTD,
} from '../store/blocks.ts';
import { storeFault } from '../store/faults.ts';
import { MIGRATIONS } from '../store/format.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { APPLICATION_ID, migrate } from '../store/migrations.ts';
import { setMeta } from '../store/open.ts';
import { writeProblem } from '../transfer/writeProblem.ts';
import type { ReadContext } from '../workers/context.ts';
import { sealFile } from './seal.ts';

/**
 * A block of a recording ends with the record that passes this. Bytes before compression. Larger ones pack better and
 * cost more to take apart for a single record.
 */
const BLOCK_BYTES = 256 * 1024;
/** zstd level: a recording is written once and sent around. */
const LEVEL = 15;
/** Blocks of the workspace for one step. */
const BLOCKS_PER_STEP = 100;

interface Build {
  target: string;
  partial: string;
  db: Database.Database;
  tables: string[];
  /** Id of the last block taken; −1: none. */
  last: number;
  records: number;
}

const BUILD = 'recording';

function buildOf({ lasting }: ReadContext): Build {
  const build = lasting.get(BUILD) as Build | undefined;
  if (build === undefined) throw new RangeError('no recording is being built in this thread');
  return build;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** @returns records to pack. @throws HindcastError `workspace.read-only-place`, `disk.full` */
function beginRecording({ file, lasting }: ReadContext, { target }: { target: string }) {
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  try {
    const db = new Database(partial);
    lasting.set(BUILD, { target, partial, db, tables: [], last: -1, records: 0 } satisfies Build);
    // Half a page is lost at the end of every block: small pages make a small file.
    db.pragma('page_size = 4096');
    db.pragma(`application_id = ${APPLICATION_ID}`);
    // A file that is not whole is thrown away: nothing of it has to survive a crash.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    migrate(db, MIGRATIONS);
    db.prepare('ATTACH ? AS source').run(file);
    db.exec('BEGIN');
    const tables = db
      .prepare(
        "SELECT name FROM source.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%'",
      )
      .pluck()
      .all() as string[];
    buildOf({ lasting } as ReadContext).tables = tables.filter((table) => table !== 'block');
    return { records: db.prepare('SELECT count(*) FROM source.record').pluck().get() as number };
  } catch (error) {
    throw storeFault(error, target);
  }
}

/** Copies the next table. @returns its name; null: all are copied */
function copyTable(context: ReadContext, _args: Record<string, never>): { table: string | null } {
  const { db, tables, target } = buildOf(context);
  const table = tables.shift();
  if (table === undefined) return { table: null };
  try {
    const isKnown = db
      .prepare("SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?")
      .pluck()
      .get(table);
    if (isKnown === 0) {
      const sql = db
        .prepare('SELECT sql FROM source.sqlite_schema WHERE name = ?')
        .pluck()
        .get(table) as string;
      db.exec(sql);
    }
    // Columns that are computed cannot be written.
    const columns = (db.pragma(`source.table_xinfo(${quoted(table)})`) as { name: string; hidden: number }[])
      .filter(({ hidden }) => hidden === 0)
      .map(({ name }) => quoted(name))
      .join(', ');
    db.exec(
      `DELETE FROM main.${quoted(table)}; INSERT INTO main.${quoted(table)} (${columns}) SELECT ${columns} FROM source.${quoted(table)}`,
    );
    return { table };
  } catch (error) {
    throw storeFault(error, target);
  }
}

/** Packs the next blocks. @returns records packed until now */
function packBlocks(context: ReadContext, _args: Record<string, never>): { records: number; done: boolean } {
  const build = buildOf(context);
  const { db, target } = build;
  try {
    const rows = db
      .prepare(
        `SELECT id, codec, raw_size, bytes FROM source.block WHERE id > ? ORDER BY id LIMIT ${BLOCKS_PER_STEP}`,
      )
      .all(build.last) as BlockRow[];
    const put = db.prepare('INSERT INTO main.block (id, codec, raw_size, bytes) VALUES (?, ?, ?, ?)');
    let first = -1;
    let waiting: Uint8Array[] = [];
    let size = 0;
    const flush = () => {
      if (size === 0) return;
      const bytes = Buffer.concat(waiting, size);
      const packed = pack(bytes, LEVEL);
      const isSmaller = packed.length < bytes.length;
      put.run(first, isSmaller ? ZSTD : PLAIN, size, sealed(isSmaller ? packed : bytes));
      waiting = [];
      size = 0;
    };
    for (const row of rows) {
      context.throwIfAborted();
      const block = openBlock(row, unpack(row));
      for (let at = 0; at < block.count; at++) {
        const id = block.ids[at]!;
        // Offset deltas are 32-bit numbers, and blocks do not cross partitions.
        const isApart =
          Math.floor(id / OFFSET_SPAN) !== Math.floor(first / OFFSET_SPAN) || id - first > 2 ** 30;
        if (size >= BLOCK_BYTES || (size > 0 && isApart)) flush();
        if (size === 0) first = id;
        const record = encodeRecord(id - first, bodyAt(block, at));
        waiting.push(record);
        size += record.length;
        build.records += 1;
      }
      build.last = row.id;
    }
    flush();
    return { records: build.records, done: rows.length < BLOCKS_PER_STEP };
  } catch (error) {
    throw storeFault(error, target);
  }
}

/** Closes and seals the file and gives it its name. */
async function finishRecording(context: ReadContext, { at }: { at: number }) {
  const { db, partial, target } = buildOf(context);
  try {
    setMeta(db, 'kind', 'recording');
    setMeta(db, 'sealed', 1);
    db.exec('COMMIT');
    db.exec('DETACH source');
    db.exec('ANALYZE');
    // Written at the end of a transaction of its own, so that the header knows how many pages there are.
    db.pragma('journal_mode = DELETE');
    db.close();
    const hash = await sealFile(partial, at);
    renameSync(partial, target);
    context.lasting.delete(BUILD);
    return { bytes: statSync(target).size, hash };
  } catch (error) {
    throw writeProblem(target, storeFault(error, target));
  }
}

function discardRecording({ lasting }: ReadContext, _args: Record<string, never>): Record<string, never> {
  const build = lasting.get(BUILD) as Build | undefined;
  lasting.delete(BUILD);
  if (build === undefined) return {};
  if (build.db.open) build.db.close();
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${build.partial}${end}`, { force: true });
  return {};
}

export const recordingReads = {
  'recording.begin': beginRecording,
  'recording.table': copyTable,
  'recording.pack': packBlocks,
  'recording.finish': finishRecording,
  'recording.discard': discardRecording,
};
