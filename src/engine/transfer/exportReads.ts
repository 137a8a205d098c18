/** The reader's side of an export: which records, and a file that grows by one step after the other. */
import type { EventFilter } from '../../contract/events.ts';
import type { TransferFormat } from '../../contract/transfer.ts';
import { FLAG } from '../kafka/recordColumns.ts';
import { select } from '../reads/filter.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { rowsOfIds, type StoredRecord, withBytes } from '../store/stream.ts';
import { KINDS, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { ExportFile } from './exportFile.ts';
import type { TransferRow } from './transferRow.ts';

/** How long one call looks for hits where bytes have to be searched. Milliseconds. */
const SEARCH_MS = 500;
const CHECK_EVERY = 500;
/** Ids that are listed at once. */
const PIECE = 1 << 14;

export interface WantedIds {
  /** Record ids in log order; null: the search is not finished, ask again. */
  ids: Float64Array | null;
  /** How far the search is. */
  looked: number;
  of: number;
}

function wantedIds(
  context: ReadContext,
  { filter, textIndex }: { filter: EventFilter; textIndex: string | null },
): WantedIds {
  const { selection, scan } = select(context, filter, { textIndex, millis: SEARCH_MS });
  const { looked, of } = scan ?? { looked: 0, of: 0 };
  if (scan !== null && !scan.done) return { ids: null, looked, of };
  const ids = new Float64Array(selection.count);
  for (let from = 0; from < ids.length; from += PIECE) {
    context.throwIfAborted();
    ids.set(selection.ids(from, Math.min(from + PIECE, ids.length)), from);
  }
  return { ids, looked, of };
}

const NO_HEADERS = new Uint8Array(0);

export function transferRowOf({ dictionary }: ReadContext, record: StoredRecord): TransferRow {
  const { topic, partition } = dictionary.placeOf(record.id);
  const aggregate = dictionary.aggregate(record.agg_id);
  return {
    topic,
    partition,
    offset: record.id % OFFSET_SPAN,
    timestamp: record.ts,
    timestampType: (record.flags & FLAG.logAppendTime) === 0 ? 'create' : 'log-append',
    verdict: VERDICTS[record.verdict]!,
    transactional: (record.flags & FLAG.transactional) !== 0,
    producerId: record.producer_id === null ? null : String(record.producer_id),
    key: record.key,
    value: record.value,
    headers: record.headers ?? NO_HEADERS,
    kind: KINDS[record.kind]!,
    type: dictionary.typeName(record.type_id),
    aggregateType: aggregate?.type ?? null,
    aggregateId: aggregate?.id ?? null,
    version: record.version,
    occurredAt: record.occurred,
  };
}

const FILE = 'export file';

function fileOf({ lasting }: ReadContext): ExportFile {
  const file = lasting.get(FILE) as ExportFile | undefined;
  if (file === undefined) throw new RangeError('no export is under way in this thread');
  return file;
}

/** Opens the file; one thread writes one file at a time. @throws HindcastError `file.write` */
function openExport(
  { lasting }: ReadContext,
  args: { target: string; format: TransferFormat; program: string },
): Record<string, never> {
  lasting.set(FILE, new ExportFile(args.target, args.format, args.program));
  return {};
}

/** Appends records in this order. @returns how many are gone since the list was made, and inexact times */
function appendToExport(context: ReadContext, { ids }: { ids: readonly number[] }) {
  const file = fileOf(context);
  const rows = rowsOfIds(context, ids);
  let inexact = 0;
  for (const [at, row] of rows.entries()) {
    if (at % CHECK_EVERY === 0) context.throwIfAborted();
    if ((row.flags & FLAG.timestampInexact) !== 0) inexact += 1;
    file.add(transferRowOf(context, withBytes(context, row)));
  }
  return { gone: ids.length - rows.length, inexact };
}

function closeExport(context: ReadContext, { keep }: { keep: boolean }) {
  const file = fileOf(context);
  context.lasting.delete(FILE);
  if (keep) return file.finish();
  file.discard();
  return null;
}

export const exportReads = {
  // Named like the lists, so that it runs where the order of the log is in memory.
  'events.ids': wantedIds,
  'transfer.open': openExport,
  'transfer.append': appendToExport,
  'transfer.close': closeExport,
};
