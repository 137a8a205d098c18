/** Receipts and unconfirmed attempts in the workspace file. */
import type { Database } from 'better-sqlite3';
import type { Receipt } from '../../contract/compensate.ts';
import type { ReadContext, WriteContext } from '../workers/context.ts';

/** What is known before the broker has answered: the receipt without what only the answer tells. */
export interface Attempt {
  receipt: Omit<Receipt, 'publishedAt' | 'place' | 'readBack' | 'race'>;
  /** When it was sent, ms. */
  at: number;
  topic: string;
  partition: number;
  /** End offset of the partition when the head was checked: a record that was written lies at or after it. */
  checkedEnd: number;
}

export interface StoredCompensation {
  status: 'pending' | 'published';
  attempt: Attempt;
  /** Null while pending. */
  receipt: Receipt | null;
}

interface Row {
  status: 'pending' | 'published';
  attempt: string;
  receipt: string | null;
}

const asStored = ({ status, attempt, receipt }: Row): StoredCompensation => ({
  status,
  attempt: JSON.parse(attempt) as Attempt,
  receipt: receipt === null ? null : (JSON.parse(receipt) as Receipt),
});

/** A recording of an older format has no such table, and is never changed. */
const hasTable = (db: Database) =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'receipt'").get() !== undefined;

function list({ db }: ReadContext, _args: Record<string, never>): StoredCompensation[] {
  if (!hasTable(db)) return [];
  const rows = db.prepare('SELECT status, attempt, receipt FROM receipt ORDER BY at DESC').all() as Row[];
  return rows.map(asStored);
}

function get({ db }: ReadContext, { key }: { key: string }): StoredCompensation | null {
  if (!hasTable(db)) return null;
  const row = db.prepare('SELECT status, attempt, receipt FROM receipt WHERE idempotency_key = ?').get(key) as
    | Row
    | undefined;
  return row === undefined ? null : asStored(row);
}

/** Receipts must outlive a power cut: what they speak of cannot be read from Kafka as a decision. */
function durably(context: WriteContext, work: () => void): void {
  context.db.pragma('synchronous = FULL');
  try {
    context.transaction(work);
  } finally {
    context.db.pragma('synchronous = NORMAL');
  }
}

/** Notes an attempt before it is sent. An earlier pending one with this key is replaced, a published one never. */
function begin(context: WriteContext, { attempt }: { attempt: Attempt }): { begun: boolean } {
  let begun = false;
  durably(context, () => {
    const { changes } = context.db
      .prepare(
        `INSERT INTO receipt (idempotency_key, status, at, attempt) VALUES (?, 'pending', ?, ?)
         ON CONFLICT (idempotency_key) DO UPDATE SET at = excluded.at, attempt = excluded.attempt
         WHERE status = 'pending'`,
      )
      .run(attempt.receipt.idempotencyKey, attempt.at, JSON.stringify(attempt));
    begun = changes === 1;
  });
  return { begun };
}

function finish(context: WriteContext, { receipt }: { receipt: Receipt }): Record<string, never> {
  durably(context, () => {
    context.db
      .prepare("UPDATE receipt SET status = 'published', at = ?, receipt = ? WHERE idempotency_key = ?")
      .run(receipt.publishedAt, JSON.stringify(receipt), receipt.idempotencyKey);
  });
  return {};
}

/** Forgets an attempt that the broker has certainly refused. */
function drop(context: WriteContext, { key }: { key: string }): Record<string, never> {
  durably(context, () => {
    context.db.prepare("DELETE FROM receipt WHERE idempotency_key = ? AND status = 'pending'").run(key);
  });
  return {};
}

export const receiptReads = { 'receipts.list': list, 'receipts.get': get };
export const receiptWrites = { 'receipts.begin': begin, 'receipts.finish': finish, 'receipts.drop': drop };
