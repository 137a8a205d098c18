/**
 * Reads the bytes of the records that columns and indexes leave over, piece by piece: every call goes on where the last
 * one stopped, so that first hits are there at once, other reads get their turn, and a scan that nobody asks about any
 * more simply stops. In log order, so that hits are only ever added at the end. What was looked at stays looked at when
 * new records come: only the part of the log that they changed is read again.
 */
import type { ScanState } from '../../contract/events.ts';
import { UNSURE } from '../../core/filter/filter.ts';
import { logOrderOf } from '../reads/logOrder.ts';
import type { LogRows } from '../reads/logRows.ts';
import { ListedRecords, type Selection } from '../reads/selection.ts';
import type { ReadContext } from '../workers/context.ts';
import { type Body, visitBodies } from './recordRun.ts';
import { RecordSubject } from './recordSubject.ts';
import { narrowByWords } from './textSearch.ts';
import type { Where } from './where.ts';

/** Records read between two looks at the clock: as many as take about so long, within bounds. Milliseconds. */
const STEP_MS = 30;
const LEAST_STEP = 1 << 10;
const MOST_STEP = 1 << 16;
/** Scans that are kept: the newest ones. */
const KEPT_SCANS = 8;
const KEY = 'scans';

interface Scan {
  generation: number;
  /** What is to be looked at. */
  candidates: Selection;
  spared: number;
  /** Records that are read between two looks at the clock. */
  step: number;
  /** How many of the candidates were looked at. */
  looked: number;
  /** Moment before which everything is decided. */
  reached: number;
  /** The memory that the ids of the hits are the beginning of. */
  room: Float64Array;
  matched: number;
}

export interface ScanQuestion {
  /** Unique for the filter. */
  key: string;
  /** What columns and indexes leave over. */
  base: Selection;
  where: NonNullable<Where['scan']>;
  textIndex: string | null;
}

/** The hits so far. @param millis how long to go on looking for more; 0: not at all */
export function scan(
  context: ReadContext,
  question: ScanQuestion,
  millis: number,
): { selection: Selection; state: ScanState } {
  const all = (context.lasting.get(KEY) as Map<string, Scan> | undefined) ?? new Map<string, Scan>();
  context.lasting.set(KEY, all);
  const known = all.get(question.key);
  const current =
    known?.generation === logOrderOf(context).generation ? known : refreshed(context, question, known);
  all.delete(question.key);
  all.set(question.key, current);
  for (const oldest of all.keys()) if (all.size > KEPT_SCANS) all.delete(oldest);
  if (millis > 0) goOn(context, question, current, performance.now() + millis);
  const { candidates, looked, spared } = current;
  return {
    selection: hitsOf(context, current),
    state: {
      looked,
      of: candidates.count,
      matched: current.matched,
      done: looked === candidates.count,
      spared,
    },
  };
}

const hitsOf = ({ db }: ReadContext, { room, matched }: Scan): Selection =>
  new ListedRecords(db, room.subarray(0, matched));

/** Fits a scan to the log as it is now. */
function refreshed(context: ReadContext, question: ScanQuestion, known: Scan | undefined): Scan {
  const { base, where, textIndex } = question;
  const narrowed = textIndex === null ? null : narrowByWords(context, base, where.words, textIndex);
  const candidates = narrowed ?? base;
  const order = logOrderOf(context);
  const reached =
    known === undefined
      ? Number.NEGATIVE_INFINITY
      : Math.min(known.reached, order.unchangedBefore(known.generation));
  return {
    generation: order.generation,
    candidates,
    spared: base.count - candidates.count,
    step: known?.step ?? LEAST_STEP,
    looked: candidates.countBefore(reached),
    reached,
    room: known?.room ?? new Float64Array(0),
    matched: known === undefined ? 0 : hitsOf(context, known).countBefore(reached),
  };
}

function goOn(context: ReadContext, { where }: ScanQuestion, current: Scan, until: number): void {
  const { candidates } = current;
  const subject = new RecordSubject(context);
  while (current.looked < candidates.count) {
    context.throwIfAborted();
    const started = performance.now();
    const end = Math.min(current.looked + current.step, candidates.count);
    const rows = candidates.rows(current.looked, end);
    const found: number[] = [];
    visitBodies(context, rows, rows.id.keys(), where.mayFit, (at, body) => {
      if (isHit(where, subject, rows, at, body)) found.push(at);
    });
    if (current.matched + found.length > current.room.length)
      current.room = larger(current.room, current.matched + found.length);
    // Partitions are read one after the other; hits stand in the order of the log.
    for (const at of found.sort((a, b) => a - b)) current.room[current.matched++] = rows.id[at]!;
    current.looked = end;
    current.reached = rows.mono[rows.count - 1]!;
    const now = performance.now();
    const fitting = (current.step * STEP_MS) / Math.max(now - started, 1);
    current.step = Math.round(Math.min(Math.max(fitting, LEAST_STEP), MOST_STEP));
    if (now >= until) return;
  }
  current.reached = Number.POSITIVE_INFINITY;
}

function isHit(
  where: ScanQuestion['where'],
  subject: RecordSubject,
  rows: LogRows,
  at: number,
  body: Body,
): boolean {
  try {
    return where.fitsRoughly(subject.load(rows, at, body, true));
  } catch (thrown) {
    if (thrown !== UNSURE) throw thrown;
    return where.fits(subject.load(rows, at, body));
  }
}

function larger(room: Float64Array, needed: number): Float64Array {
  const next = new Float64Array(Math.max(1024, Math.ceil(needed * 1.5)));
  next.set(room);
  return next;
}
