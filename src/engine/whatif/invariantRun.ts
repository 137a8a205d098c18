/** Conditions over every state of every stream of a projection, in short steps on a thread of its own. */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { Violation } from '../../contract/invariants.ts';
import type { Folded } from '../../contract/whatif.ts';
import type { FoldContext } from '../../core/fold.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, Projection } from '../../core/model.ts';
import { type CompiledCondition, type Condition, Runs } from '../../core/runs.ts';
import type { ReadContext } from '../workers/context.ts';
import { compileConditions, type Watched, watchedBy } from './conditions.ts';
import { KeyExchange, type KeyShare, type KeyTogether } from './keyExchange.ts';
import { byKey } from './keyedRows.ts';
import { statesAlong } from './statesAlong.ts';
import type { StreamScope } from './streamRows.ts';
import {
  byAggregate,
  type FoldedStream,
  type Grouping,
  type ScanProgress,
  StreamScan,
} from './streamScan.ts';

export interface InvariantArgs {
  reducer: string;
  conditions: readonly Condition[];
  scope: StreamScope;
  cut: Cut;
  /** The streams are rows of this projection, as JSON text; null: aggregates. */
  keyed: string | null;
  /** The threads of the run read the keys of rows together; null: there is one thread. */
  together: KeyTogether | null;
}

export interface InvariantStep {
  progress: ScanProgress;
  /** Found since the last step. */
  rows: Violation[];
  violations: number;
  /** By condition: streams in which it is broken, was broken and healed, can never be said. */
  counts: { broken: number; healed: number; unknown: number }[];
  done: boolean;
  /** For the other threads, once. */
  share: KeyShare | null;
}

export const MOST_VIOLATIONS = 100_000;
const LONGEST_VALUE = 120;

export class InvariantRun {
  readonly #steps: Generator<unknown, void>;
  readonly #scan: StreamScan<Folded>;
  readonly #watched: Watched;
  readonly #conditions: readonly CompiledCondition[];
  readonly #counts: InvariantStep['counts'];
  readonly #exchange: KeyExchange | null;
  #context: ReadContext;
  #rows: Violation[] = [];
  #violations = 0;

  /** @throws HindcastError `reducer.invalid`, `filter.invalid` */
  constructor(context: ReadContext, args: InvariantArgs) {
    const { reducer, conditions, together } = args;
    this.#exchange = together === null ? null : new KeyExchange(together);
    this.#context = context;
    this.#conditions = compileConditions(conditions);
    this.#watched = watchedBy(reducer, this.#conditions);
    this.#counts = conditions.map(() => ({ broken: 0, healed: 0, unknown: 0 }));
    const { folder, concerns } = this.#watched;
    const reading = { folders: [folder], concerns };
    this.#scan = new StreamScan(() => this.#context, { grouping: groupingOf(args, this.#exchange), reading });
    this.#steps = this.#run();
  }

  /** Goes on for about so long, ms. @param shares of the other threads, when all have told @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number, shares: readonly KeyShare[] | null): InvariantStep {
    this.#context = context;
    if (shares !== null) this.#exchange?.receive(shares);
    const until = performance.now() + millis;
    let isDone = false;
    while (!isDone) {
      context.throwIfAborted();
      isDone = this.#steps.next().done === true;
      if (performance.now() >= until || this.#exchange?.isWaiting === true) break;
    }
    const rows = this.#rows;
    this.#rows = [];
    const { progress } = this.#scan;
    const share = this.#exchange?.passOn() ?? null;
    return { progress, rows, violations: this.#violations, counts: this.#counts, done: isDone, share };
  }

  *#run(): Generator<void, void> {
    for (const stream of this.#scan.streams()) {
      if (stream !== null && stream.heads.length > 0) this.#look(stream);
      yield;
    }
  }

  #look(stream: FoldedStream): void {
    const { heads } = stream;
    const gathered = this.#conditions.map((condition) => new Runs(condition));
    const values = this.#conditions.map(() => new Map<number, string | null>());
    const { folder, concerns } = this.#watched;
    const isTouched = (index: number) => concerns(heads[index]!);
    const event = (index: number) => stream.event(index);
    const streamOf = (index: number) => stream.streamOf(index);
    let index = 0;
    for (const state of statesAlong(folder, { count: heads.length, isTouched, event, streamOf })) {
      const mayChange = isTouched(index);
      for (let at = 0; at < gathered.length; at += 1) {
        const runs = gathered[at]!;
        if (runs.add(index, state, mayChange) && runs.runs.at(-1)!.holds === false)
          values[at]!.set(index, valueText(this.#conditions[at]!.value(state)));
      }
      index += 1;
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

  #found(stream: FoldedStream, at: number, from: number, to: number, value: string | null): void {
    this.#violations += 1;
    if (this.#violations > MOST_VIOLATIONS) return;
    const { ref, heads } = stream;
    const { id, type, recordedAt } = heads[from]!;
    const mended = heads[to + 1];
    this.#rows.push({
      ...{
        ref,
        aggregate: aggregateOf(stream.streamOf(from)),
        invariant: this.#conditions[at]!.name,
        id,
        type,
        at: recordedAt,
        value,
      },
      healedId: mended?.id ?? null,
      healedAt: mended?.recordedAt ?? null,
      events: to - from + 1,
    });
  }
}

function groupingOf({ scope, cut, keyed }: InvariantArgs, exchange: KeyExchange | null): Grouping<Folded> {
  if (keyed === null) return byAggregate(scope, cut);
  const projection = parseJson(keyed) as unknown as Projection;
  return byKey({ ...scope, cut, projection, first: null, exchange });
}

const aggregateOf = ({ aggregateType: type, aggregateId: id }: FoldContext): AggregateRef | null =>
  type === undefined || id === undefined ? null : { type, id };

function valueText(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = formatJson(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
