/** SQL functions that give the bytes of a record: they lie in compressed blocks, which SQL cannot open. */
import type { Database } from 'better-sqlite3';
import { RecordBytes } from '../store/recordBytes.ts';

/**
 * Registers record_key, record_text and record_value of a record id on `db`.
 * @param source another connection to the same file
 */
export function addByteFunctions(db: Database, source: Database): void {
  const bytes = new RecordBytes(source);
  // SQLite takes a BLOB only as a Buffer.
  const blob = (part: Uint8Array | null) =>
    part === null ? null : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  const add = (name: string, work: (id: number) => Buffer | string | null) =>
    db.function(name, { safeIntegers: false }, (id: number) => work(id));
  add('record_key', (id) => blob(bytes.body(id).key)?.toString('utf8') ?? null);
  add('record_text', (id) => bytes.text(id));
  add('record_value', (id) => blob(bytes.body(id).value));
}
