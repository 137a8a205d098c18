/** Conditions over every state of every stream of a projection, in short steps on a thread of its own. */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { Violation } from '../../contract/invariants.ts';
import { formatJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { type CompiledCondition, type Condition, Runs } from '../../core/runs.ts';
import type { ReadContext } from '../workers/context.ts';
import { compileConditions, type Watched, watchedBy } from './conditions.ts';
import type { StreamScope } from './streamRows.ts';
import { byAggregate, type FoldedStream, type ScanProgress, StreamScan } from './streamScan.ts';

export interface InvariantArgs {
  reducer: string;
  conditions: readonly Condition[];
  scope: StreamScope;
  cut: Cut;
}

export interface InvariantStep {
  progress: ScanProgress;
  /** Found since the last step. */
  rows: Violation[];
  violations: number;
  /** By condition: aggregates in which it is broken, was broken and healed, can never be said. */
  counts: { broken: number; healed: number; unknown: number }[];
  done: boolean;
}

export const MOST_VIOLATIONS = 100_000;
const LONGEST_VALUE = 120;

export class InvariantRun {
  readonly #steps: Generator<unknown, void>;
  readonly #scan: StreamScan<AggregateRef>;
  readonly #watched: Watched;
  readonly #conditions: readonly CompiledCondition[];
  readonly #counts: InvariantStep['counts'];
  #context: ReadContext;
  #rows: Violation[] = [];
  #violations = 0;

  /** @throws HindcastError `reducer.invalid`, `filter.invalid` */
  constructor(context: ReadContext, { reducer, conditions, scope, cut }: InvariantArgs) {
    this.#context = context;
    this.#conditions = compileConditions(conditions);
    this.#watched = watchedBy(reducer, this.#conditions);
    this.#counts = conditions.map(() => ({ broken: 0, healed: 0, unknown: 0 }));
    const { folder, concerns } = this.#watched;
    const reading = { folders: [folder], concerns };
    this.#scan = new StreamScan(() => this.#context, { grouping: byAggregate(scope, cut), reading });
    this.#steps = this.#run();
  }

  /** Goes on for about so long, ms. @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number): InvariantStep {
    this.#context = context;
    const until = performance.now() + millis;
    let isDone = false;
    while (!isDone) {
      context.throwIfAborted();
      isDone = this.#steps.next().done === true;
      if (performance.now() >= until) break;
    }
    const rows = this.#rows;
    this.#rows = [];
    const { progress } = this.#scan;
    return { progress, rows, violations: this.#violations, counts: this.#counts, done: isDone };
  }

  *#run(): Generator<void, void> {
    for (const stream of this.#scan.streams()) {
      if (stream !== null && stream.heads.length > 0) this.#look(stream);
      yield;
    }
  }

  #look(stream: FoldedStream<AggregateRef>): void {
    const { heads } = stream;
    const gathered = this.#conditions.map((condition) => new Runs(condition));
    const values = this.#conditions.map(() => new Map<number, string | null>());
    const { folder, concerns } = this.#watched;
    let state = folder.initial;
    let step = folder.step;
    for (let index = 0; index < heads.length; index += 1) {
      const isTouched = concerns(heads[index]!);
      if (isTouched) {
        const after = step(state, stream.event(index), stream.streamOf(index)).state;
        // Nobody keeps a state that a step has made.
        if (after !== state) step = folder.stepOwn ?? step;
        state = after;
      }
      for (let at = 0; at < gathered.length; at += 1) {
        const runs = gathered[at]!;
        if (runs.add(index, state, isTouched) && runs.runs.at(-1)!.holds === false)
          values[at]!.set(index, valueText(this.#conditions[at]!.value(state)));
      }
    }
    for (const [at, { runs }] of gathered.entries()) {
      const counts = this.#counts[at]!;
      if (runs.every(({ holds }) => holds === null)) counts.unknown += 1;
      else if (runs.at(-1)!.holds === false) counts.broken += 1;
      else if (runs.some(({ holds }) => holds === false)) counts.healed += 1;
      for (const { from, to, holds } of runs)
        if (holds === false) this.#found(stream, at, from, to, values[at]!.get(from) ?? null);
    }
  }

  #found(
    { ref, heads }: FoldedStream<AggregateRef>,
    at: number,
    from: number,
    to: number,
    value: string | null,
  ): void {
    this.#violations += 1;
    if (this.#violations > MOST_VIOLATIONS) return;
    const { id, type, recordedAt } = heads[from]!;
    const mended = heads[to + 1];
    this.#rows.push({
      ...{ ref, invariant: this.#conditions[at]!.name, id, type, at: recordedAt, value },
      healedId: mended?.id ?? null,
      healedAt: mended?.recordedAt ?? null,
      events: to - from + 1,
    });
  }
}

function valueText(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = formatJson(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
