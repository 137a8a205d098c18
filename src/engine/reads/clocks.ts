/** The two clocks of one stream: how its events lie on the plane of both, and which arrived after the fact. */
import type { z } from 'zod';
import type { clocking } from '../../contract/clocks.ts';
import type { AggregateRef } from '../../contract/common.ts';
import { LATE_MS } from '../../core/check/streamRules.ts';
import type { ReadContext } from '../workers/context.ts';
import { rowsOf } from './rows.ts';
import { refKey, type StreamView, streamView } from './timelineView.ts';

type Answer<K extends keyof typeof clocking> = z.infer<(typeof clocking)[K]['output']>;

interface Arrivals {
  /** Rows of the stream that say when they occurred, in log order. */
  dated: Uint32Array;
  /** Those of them that are late or backdated. */
  after: Uint32Array;
  late: number;
}

const isLate = ({ ordered }: StreamView, row: number): boolean =>
  ordered.columns.recordedAt[row]! - ordered.columns.occurredAt[row]! > LATE_MS;

function arrivalsOf(context: ReadContext, ref: AggregateRef): { view: StreamView; arrivals: Arrivals } {
  const view = streamView(context, ref);
  const arrivals = context.cache.get(
    `arrivals ${refKey(ref)}`,
    () => {
      const { rows, columns } = view.ordered;
      const dated = rows.filter((row) => !Number.isNaN(columns.occurredAt[row]!));
      const after = dated.filter((row) => isLate(view, row) || view.backdated.hasRow(row));
      return { dated, after, late: after.reduce((sum, row) => sum + (isLate(view, row) ? 1 : 0), 0) };
    },
    ({ dated }) => dated.length * 5,
  );
  return { view, arrivals };
}

function spanOf(times: Float64Array, rows: Uint32Array): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    from = Math.min(from, times[row]!);
    to = Math.max(to, times[row]!);
  }
  return { from, to };
}

function plane(
  context: ReadContext,
  { ref, columns, rows }: { ref: AggregateRef; columns: number; rows: number },
): Answer<'plane'> {
  const { view, arrivals } = arrivalsOf(context, ref);
  const { ordered, backdated } = view;
  const { dated, late } = arrivals;
  const facts = {
    ...{ events: ordered.rows.length, dated: dated.length, late },
    ...{ backdated: backdated.size, toleranceMs: ordered.toleranceMs },
  };
  if (dated.length === 0) return { ...facts, recorded: null, occurred: null, cells: [] };
  const { recordedAt, occurredAt } = ordered.columns;
  const recorded = spanOf(recordedAt, dated);
  const occurred = spanOf(occurredAt, dated);
  const size = columns * rows;
  const counts = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)] as const;
  const place = (time: number, span: typeof recorded, parts: number) =>
    Math.min(parts - 1, Math.floor(((time - span.from) / (span.to - span.from + 1)) * parts));
  for (const row of dated) {
    const cell =
      place(recordedAt[row]!, recorded, columns) + place(occurredAt[row]!, occurred, rows) * columns;
    counts[0][cell]! += 1;
    if (isLate(view, row)) counts[1][cell]! += 1;
    if (backdated.hasRow(row)) counts[2][cell]! += 1;
  }
  const cells: number[] = [];
  for (let cell = 0; cell < size; cell++)
    if (counts[0][cell] !== 0)
      cells.push(cell % columns, Math.floor(cell / columns), ...counts.map((count) => count[cell]!));
  return { ...facts, recorded, occurred, cells };
}

function arrivals(
  context: ReadContext,
  { ref, from, count }: { ref: AggregateRef; from: number; count: number },
): Answer<'arrivals'> {
  const found = arrivalsOf(context, ref);
  const { columns } = found.view.ordered;
  const { after } = found.arrivals;
  const page = after.subarray(from, from + count);
  const rows = rowsOf(
    context,
    Array.from(page, (row) => columns.id[row]!),
  );
  return {
    total: after.length,
    rows: rows.map((row, at) => ({
      ...row,
      delayMs: columns.recordedAt[page[at]!]! - columns.occurredAt[page[at]!]!,
      late: isLate(found.view, page[at]!),
      backdated: found.view.backdated.hasRow(page[at]!),
    })),
  };
}

export const clockReads = { 'aggregates.plane': plane, 'aggregates.arrivals': arrivals };
