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
import { KeyExchange, type KeyMail, type KeyShare, type KeyTogether } from './keyExchange.ts';
import { KeyedLog } from './keyedLog.ts';
import { byKey } from './keyedRows.ts';
import { type StateAfter, StatesAlong, type WatchedEvents } from './statesAlong.ts';
import type { StreamScope } from './streamRows.ts';
import {
  byAggregate,
  type FoldedStream,
  type Grouping,
  type Reading,
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
  /** What the threads that read the rows of a projection have in common; null: streams are aggregates. */
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
  /** For the other threads; null: they tell each other nothing. */
  mail: KeyMail | null;
}

interface WatchedStream extends WatchedEvents {
  stream: FoldedStream;
  /** By condition. */
  gathered: Runs[];
  /** By condition, where it begins to be broken: what it is about. */
  values: Map<number, string | null>[];
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
    this.#scan = new StreamScan(() => this.#context, { grouping: this.#groupingOf(args, reading), reading });
    this.#steps = this.#run();
  }

  /** Goes on for about so long, ms. @param shares of the other threads @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number, shares: readonly KeyShare[]): InvariantStep {
    this.#context = context;
    this.#exchange?.receive(shares);
    const until = performance.now() + millis;
    let isDone = false;
    while (!isDone) {
      context.throwIfAborted();
      isDone = this.#steps.next().done === true;
      if (performance.now() >= until || this.#exchange?.endsStep === true) break;
    }
    const rows = this.#rows;
    this.#rows = [];
    const { progress } = this.#scan;
    const mail = this.#exchange?.passOn() ?? null;
    return { progress, rows, violations: this.#violations, counts: this.#counts, done: isDone, mail };
  }

  #groupingOf({ scope, cut, keyed, together }: InvariantArgs, reading: Reading): Grouping<Folded> {
    if (keyed === null || together === null) return byAggregate(scope, cut);
    const projection = parseJson(keyed) as unknown as Projection;
    const exchange = this.#exchange!;
    return byKey(
      new KeyedLog(() => this.#context, { ...scope, projection, cut, together, exchange, reading }),
    );
  }

  *#run(): Generator<void, void> {
    const { folder, keys } = this.#watched;
    const states = new StatesAlong<WatchedStream>(folder, keys);
    for (const stream of this.#scan.streams()) {
      if (stream !== null && stream.heads.length > 0)
        for (const after of states.add(this.#watch(stream))) this.#look(after);
      yield;
    }
    for (const after of states.end()) this.#look(after);
  }

  #watch(stream: FoldedStream): WatchedStream {
    const { heads } = stream;
    const { concerns } = this.#watched;
    return {
      stream,
      count: heads.length,
      isTouched: (index) => concerns(heads[index]!),
      event: (index) => stream.event(index),
      streamOf: (index) => stream.streamOf(index),
      gathered: this.#conditions.map((condition) => new Runs(condition)),
      values: this.#conditions.map(() => new Map()),
    };
  }

  #look({ stream: watched, index, state }: StateAfter<WatchedStream>): void {
    const { gathered, values, count } = watched;
    const mayChange = watched.isTouched(index);
    for (let at = 0; at < gathered.length; at += 1) {
      const runs = gathered[at]!;
      if (runs.add(index, state, mayChange) && runs.runs.at(-1)!.holds === false)
        values[at]!.set(index, valueText(this.#conditions[at]!.value(state)));
    }
    if (index === count - 1) this.#count(watched);
  }

  #count({ stream, gathered, values }: WatchedStream): void {
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

const aggregateOf = ({ aggregateType: type, aggregateId: id }: FoldContext): AggregateRef | null =>
  type === undefined || id === undefined ? null : { type, id };

function valueText(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = formatJson(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
