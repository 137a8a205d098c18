/**
 * One look at the bytes of all records, block by block: what the rules about payloads need of each, in columns. It is the
 * longest part of a check, so a second thread takes part (`PayloadTask`): each takes the next run of rows until there is none
 * left, and what is not found by row is put together in the order of the rows.
 */

import { GrowingOutput } from '../kafka/growingOutput.ts';
import { bodyAt } from '../store/blocks.ts';
import { blocksFrom, recordBytesOf } from '../store/recordBytes.ts';
import type { ReadContext } from '../workers/context.ts';
import { shared, takeNext } from '../workers/shared.ts';
import type { Columns } from './columns.ts';
import {
  MOST_LEVELS,
  type PayloadColumns,
  type PayloadFinds,
  PayloadLook,
  type PayloadRows,
  type Payloads,
  payloadColumns,
  payloadFinds,
} from './payloadLook.ts';
import type { VerdictBook } from './verdicts.ts';

/** Records read between two chances to stop. */
const STEP_RECORDS = 5000;
/** One record in so many wanted: each is looked up, else all blocks are read in order. */
const DENSE = 20;
/** Fewer records than this are looked at before a second thread has begun. */
const WORTH_SHARING = 20_000;
/** Rows that a thread takes at once: their first block was opened for the run before, too. */
const RUN_ROWS = 32_768;

/** By row: whose bytes are read; whose claims are counted and hashed; whose payload is compared with others. */
interface PayloadMarks {
  wanted: Uint8Array;
  asked: Uint8Array;
  retries: Uint8Array;
}

/** What threads look at together; plain data, and memory that they share. */
export interface PayloadTask {
  rows: PayloadRows;
  marks: PayloadMarks;
  found: PayloadColumns;
  /** Rows from here on are not looked at by anybody yet. */
  next: Int32Array;
}

/** Everything there is to look at, and whether it is worth a second thread. */
export function payloadTask(
  { count, id, ts, type, kind, verdict }: Columns,
  { wanted, asked, retries }: PayloadMarks,
): { task: PayloadTask; isLarge: boolean } {
  let total = 0;
  for (let row = 0; row < count; row++) total += wanted[row]!;
  return {
    task: {
      rows: { count, ...{ id, ts, type, kind, verdict } },
      marks: { wanted: shared(wanted), asked: shared(asked), retries: shared(retries) },
      found: payloadColumns(count),
      next: new Int32Array(new SharedArrayBuffer(4)),
    },
    isLarge: total >= WORTH_SHARING,
  };
}

/** What a thread found in a run of rows beside the columns, as plain data. */
export interface PayloadPart extends Omit<PayloadFinds, 'schemas' | 'verdicts'> {
  /** Its first row, and the one behind its last. */
  from: number;
  to: number;
  schemas: PayloadFinds['schemas']['types'];
  verdicts: VerdictBook['counts'];
}

/** Takes part in a task until nothing is left of it. @throws HindcastError `cancelled` */
export function lookAtTask(context: ReadContext, task: PayloadTask): PayloadPart[] {
  const steps = readPayloads(
    () => context,
    task,
    () => {},
  );
  for (let step = steps.next(); ; step = steps.next()) {
    context.throwIfAborted();
    if (step.done === true) return step.value;
  }
}

/** Puts together what threads found. */
export function joinParts(found: PayloadColumns, parts: readonly PayloadPart[]): Payloads {
  const joined = { ...found, ...payloadFinds() };
  for (const part of parts.toSorted((a, b) => a.from - b.from)) takePart(joined, part);
  return joined;
}

/** Takes in what was found in the rows behind all others so far. */
function takePart(into: Payloads, { from, to, ...part }: PayloadPart): void {
  const numbers = part.levels.map((name) => {
    const known = into.levels.indexOf(name);
    if (known !== -1) return known;
    return into.levels.length < MOST_LEVELS ? into.levels.push(name) - 1 : -1;
  });
  // Nearly always the levels of a run are those of the runs before it.
  if (numbers.some((no, own) => no !== own))
    for (let row = from; row < to; row++) {
      if (Number.isNaN(into.level[row]!)) continue;
      const no = numbers[into.levelOf[row]!]!;
      if (no === -1) into.level[row] = Number.NaN;
      else into.levelOf[row] = no;
    }
  for (const name of ['snapshots', 'signed', 'claiming'] as const)
    for (const row of part[name]) into[name].push(row);
  into.schemas.takeIn(part.schemas);
  into.verdicts.takeIn(part.verdicts);
  into.findings.push(...part.findings);
}

/** @param onStep gets how many rows were taken, by any thread */
export function* readPayloads(
  contextOf: () => ReadContext,
  { rows, marks, found, next }: PayloadTask,
  onStep: (done: number) => void,
): Generator<void, PayloadPart[]> {
  const { count, id } = rows;
  const { wanted } = marks;
  const look = new PayloadLook(contextOf, rows, marks, found);
  const memory = new GrowingOutput(16);
  const parts: PayloadPart[] = [];
  for (;;) {
    const from = takeNext(next, RUN_ROWS);
    if (from >= count) return parts;
    const to = Math.min(count, from + RUN_ROWS);
    look.begin();
    let total = 0;
    for (let row = from; row < to; row++) total += wanted[row]!;
    const run = { id, from, to };
    const steps =
      total * DENSE < to - from
        ? lookAtSome(contextOf, run, wanted, look)
        : lookInOrder(contextOf(), run, wanted, look, memory);
    let told = 0;
    for (const done of steps) {
      if (done - told < STEP_RECORDS) continue;
      told = done;
      yield;
    }
    const { schemas, verdicts, ...finds } = look.result;
    parts.push({ from, to, ...finds, schemas: schemas.types, verdicts: verdicts.counts });
    onStep(to);
  }
}

interface Run {
  id: Float64Array;
  from: number;
  to: number;
}

/** Looks at each record for itself, and gives how many there were. */
function* lookAtSome(
  contextOf: () => ReadContext,
  { id, from, to }: Run,
  wanted: Uint8Array,
  look: PayloadLook,
): Generator<number> {
  let done = 0;
  for (let row = from; row < to; row++) {
    if (wanted[row] === 0) continue;
    look.parse(row, recordBytesOf(contextOf()).body(id[row]!));
    done += 1;
    yield done;
  }
}

/** Looks at the records block by block, and gives how many there were. */
function* lookInOrder(
  { db }: ReadContext,
  { id, from, to }: Run,
  wanted: Uint8Array,
  look: PayloadLook,
  memory: GrowingOutput,
): Generator<number> {
  let row = from;
  let done = 0;
  for (const block of blocksFrom(db, id[from]!, id[to - 1]! + 1, null, memory)) {
    for (let at = 0; at < block.count; at++) {
      while (row < to && id[row]! < block.ids[at]!) row += 1;
      if (row === to) return;
      if (id[row] !== block.ids[at] || wanted[row] === 0) continue;
      if (!look.scan(row, block, at)) look.parse(row, bodyAt(block, at));
      done += 1;
    }
    yield done;
  }
}
