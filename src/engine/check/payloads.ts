/**
 * One look at the bytes of all records, block by block: what the rules about payloads need of each, in columns. It is the
 * longest part of a check, so a second thread looks at a half of the rows (`PayloadTask`) and its part is taken in.
 */

import { GrowingOutput } from '../kafka/growingOutput.ts';
import { bodyAt } from '../store/blocks.ts';
import { blocksFrom, recordBytesOf } from '../store/recordBytes.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';
import { MOST_LEVELS, PayloadLook, type PayloadRows, type Payloads } from './payloadLook.ts';
import type { VerdictBook } from './verdicts.ts';

/** Records read between two chances to stop. */
const STEP_RECORDS = 5000;
/** One record in so many wanted: each is looked up, else all blocks are read in order. */
const DENSE = 20;
/** Of the second thread: its code is colder when it begins. */
const SHARE = 0.46;
/** Fewer records than this are looked at before a second thread has begun. */
const WORTH_SHARING = 20_000;

/** A run of rows that another thread looks at; plain data. */
export interface PayloadTask {
  /** Place of its first row among all. */
  from: number;
  rows: PayloadRows;
  wanted: Uint8Array;
  asked: Uint8Array;
  retries: Uint8Array;
}

/** By row: whose bytes are read; whose claims are counted and hashed; whose payload is compared with others. */
interface PayloadMarks {
  wanted: Uint8Array;
  asked: Uint8Array;
  retries: Uint8Array;
}

/** The part of the rows that a second thread should look at; null: there are too few for that. */
export function payloadTask(columns: Columns, marks: PayloadMarks): PayloadTask | null {
  const { count } = columns;
  let total = 0;
  for (let row = 0; row < count; row++) total += marks.wanted[row]!;
  if (total < WORTH_SHARING) return null;
  let from = count;
  for (let behind = 0; behind < total * SHARE; behind += marks.wanted[from]!) from -= 1;
  const { id, ts, type, kind, verdict } = columns;
  const half = <T extends Float64Array | Uint32Array | Uint8Array>(all: T) => all.slice(from, count) as T;
  return {
    from,
    rows: {
      count: count - from,
      ...{ id: half(id), ts: half(ts), type: half(type), kind: half(kind), verdict: half(verdict) },
    },
    ...{ wanted: half(marks.wanted), asked: half(marks.asked), retries: half(marks.retries) },
  };
}

/** What a thread found in its rows, as plain data; its rows are counted from 0. */
export type PayloadPart = Omit<Payloads, 'schemas' | 'verdicts'> & {
  schemas: Payloads['schemas']['types'];
  verdicts: VerdictBook['counts'];
};

/** Looks at all rows of a task. @throws HindcastError `cancelled` */
export function lookAtTask(context: ReadContext, { rows, ...marks }: PayloadTask): PayloadPart {
  const steps = readPayloads(
    () => context,
    rows,
    marks,
    () => {},
  );
  for (let step = steps.next(); ; step = steps.next()) {
    context.throwIfAborted();
    if (step.done !== true) continue;
    const { schemas, verdicts, ...columns } = step.value;
    return { ...columns, schemas: schemas.types, verdicts: verdicts.counts };
  }
}

/** Takes what another thread found in the rows from `from` on into what was found in the rows before. */
export function takePart(into: Payloads, part: PayloadPart, from: number): void {
  into.signature.set(part.signature, from);
  into.isSigned.set(part.isSigned, from);
  into.level.set(part.level, from);
  into.own.set(part.own, from);
  into.previous.set(part.previous, from);
  const numbers = part.levels.map((name) => {
    const known = into.levels.indexOf(name);
    if (known !== -1) return known;
    return into.levels.length < MOST_LEVELS ? into.levels.push(name) - 1 : -1;
  });
  for (const [row, no] of part.levelOf.entries()) {
    if (Number.isNaN(part.level[row]!)) continue;
    if (numbers[no] === -1) into.level[from + row] = Number.NaN;
    else into.levelOf[from + row] = numbers[no]!;
  }
  for (const name of ['snapshots', 'signed', 'claiming'] as const)
    for (const row of part[name]) into[name].push(from + row);
  into.schemas.takeIn(part.schemas);
  into.verdicts.takeIn(part.verdicts);
  into.findings.push(...part.findings);
}

/** @param upTo the first row that is not looked at; default: all are */
export function* readPayloads(
  contextOf: () => ReadContext,
  columns: PayloadRows,
  { wanted, asked, retries }: PayloadMarks,
  onStep: (done: number) => void,
  upTo = columns.count,
): Generator<void, Payloads> {
  const look = new PayloadLook(contextOf, columns, { asked, retries });
  let total = 0;
  for (let row = 0; row < upTo; row++) total += wanted[row]!;
  const run = { id: columns.id, count: upTo };
  const steps =
    total * DENSE < upTo
      ? lookAtSome(contextOf, run, wanted, look)
      : lookInOrder(contextOf(), run, wanted, look);
  let told = 0;
  for (const done of steps) {
    if (done - told < STEP_RECORDS) continue;
    told = done;
    onStep(done);
    yield;
  }
  onStep(total);
  return look.result;
}

/** Looks at each record for itself, and gives how many there were. */
function* lookAtSome(
  contextOf: () => ReadContext,
  { id, count }: Pick<Columns, 'id' | 'count'>,
  wanted: Uint8Array,
  look: PayloadLook,
): Generator<number> {
  let done = 0;
  for (let row = 0; row < count; row++) {
    if (wanted[row] === 0) continue;
    look.parse(row, recordBytesOf(contextOf()).body(id[row]!));
    done += 1;
    yield done;
  }
}

/** Looks at the records block by block, and gives how many there were. */
function* lookInOrder(
  { db }: ReadContext,
  { id, count }: Pick<Columns, 'id' | 'count'>,
  wanted: Uint8Array,
  look: PayloadLook,
): Generator<number> {
  if (count === 0) return;
  let row = 0;
  let done = 0;
  for (const block of blocksFrom(db, id[0]!, id[count - 1]! + 1, null, new GrowingOutput(16))) {
    for (let at = 0; at < block.count; at++) {
      while (row < count && id[row]! < block.ids[at]!) row += 1;
      if (row === count) return;
      if (id[row] !== block.ids[at] || wanted[row] === 0) continue;
      if (!look.scan(row, block, at)) look.parse(row, bodyAt(block, at));
      done += 1;
    }
    yield done;
  }
}
