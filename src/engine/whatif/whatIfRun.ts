/**
 * A what-if over many streams, in short steps on a thread of its own. A few streams from all over the scope go first, on
 * their own, so that the first difference is there at once; then every stream.
 */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import type { Folded, ProjectedRow } from '../../contract/whatif.ts';
import { foldContextOf } from '../../core/fold.ts';
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { hashOf } from '../projection/bulk.ts';
import { loadHeads, PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { AlignedFold, type AlignedLogs } from './alignedFold.ts';
import { type ChangedLogText, changeOf } from './changeText.ts';
import { type Compared, StreamComparison } from './compareStreams.ts';
import { type Difference, PathBook, type PathCount } from './difference.ts';
import { chunksOf, LAST_ROUND } from './keyChunks.ts';
import { KeyExchange, type KeyMail, type KeyShare, type KeyTogether, sharedTexts } from './keyExchange.ts';
import { KeyedLog } from './keyedLog.ts';
import { allFound, type FoundRecords, recordsOfKeys } from './keyedRecords.ts';
import { byKey, type FirstRows } from './keyedRows.ts';
import { alignRow, RowOverlay } from './rowLog.ts';
import { type SideArgs, type Sides, sidesOf } from './sides.ts';
import type { StreamScope } from './streamRows.ts';
import {
  byAggregate,
  type FoldedStream,
  type Grouping,
  type Reading,
  type ScanProgress,
  StreamScan,
} from './streamScan.ts';

export interface WhatIfArgs extends SideArgs {
  scope: StreamScope;
  cut: Cut;
  /** This one has a hypothetical log of its own and is folded by the caller. */
  aside: AggregateRef | null;
  /** The streams are rows of this projection; null: aggregates. */
  keyed: KeyedWhatIf | null;
}

export interface KeyedWhatIf {
  /** The projection as JSON text. */
  definition: string;
  /** A changed log of one aggregate. */
  changed: ChangedLogText | null;
  /** Nothing but that log is changed. */
  isOnly: boolean;
  /** What the threads of the run have in common. */
  together: KeyTogether;
}

export interface WhatIfStep {
  progress: ScanProgress;
  /** Differing aggregates found since the last step; one may come again after a first look. */
  rows: Difference[];
  /** All that differ, so far. */
  differing: number;
  healed: number;
  problems: { real: number; hypothetical: number };
  /** Changes of a log that could not be made. */
  notMade: AlignedLogs['notMade'];
  /** The sums of all paths, when all is done. */
  paths: PathCount[] | null;
  /** For the other threads; null: they tell each other nothing. */
  mail: KeyMail | null;
}

/** Streams that are looked at first. */
const FIRST_LOOK = 64;
/** Rows beyond this many are counted only. */
export const MOST_ROWS = 100_000;

/** After a round of chunks, at one of so many rows. */
type FirstLook = Pick<FirstRows, 'round' | 'every'>;

/** A first look at rows of a projection; when nothing differs there, the next. */
const FIRST_LOOKS: FirstLook[] = [
  { round: 0, every: 1 },
  { round: 2, every: 1 },
];
/** Where it is known by types after which events both part, there is nothing to fold before one has come. */
const LOOKS_BY_TYPE: FirstLook[] = Array.from({ length: LAST_ROUND + 1 }, (_, round) => ({
  round,
  every: 1,
}));
/** Programs are slow. */
const PROGRAM_LOOKS: FirstLook[] = [
  { round: 0, every: 1 },
  { round: 2, every: 8 },
];
/** Events of a first look that programs fold, then it ends. */
const FIRST_EVENTS = 12_000;
/** Rows that differ, and a first look ends. */
const FIRST_ROWS = 128;

export class WhatIfRun {
  readonly #args: WhatIfArgs;
  readonly #sides: Sides;
  readonly #steps: Generator<void, void>;
  readonly #paths = new PathBook();
  readonly #exchange: KeyExchange | null;
  #progress: ScanProgress = noProgress('Reading rows.');
  #context: ReadContext;
  #rows: Difference[] = [];
  #hasTold = false;
  #differing = 0;
  #healed = 0;
  #problems = { real: 0, hypothetical: 0 };
  #notMade: AlignedLogs['notMade'] = [];

  /** @throws HindcastError `reducer.invalid`, `filter.invalid` */
  constructor(context: ReadContext, args: WhatIfArgs) {
    this.#context = context;
    this.#args = args;
    this.#sides = sidesOf(args);
    this.#exchange = args.keyed === null ? null : new KeyExchange(args.keyed.together);
    this.#steps = args.keyed === null ? this.#run() : this.#runKeyed(args.keyed);
  }

  /** Goes on for about so long, ms. @param shares of the other threads @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number, shares: readonly KeyShare[]): WhatIfStep {
    this.#context = context;
    this.#exchange?.receive(shares);
    const until = performance.now() + millis;
    let isDone = false;
    while (!isDone) {
      context.throwIfAborted();
      isDone = this.#steps.next().done === true;
      if (performance.now() >= until || this.#exchange?.endsStep === true) break;
      // What is found first is told at once.
      if (!this.#hasTold && this.#rows.length > 0) break;
    }
    this.#hasTold ||= this.#rows.length > 0;
    const rows = this.#rows;
    this.#rows = [];
    return {
      ...{ progress: this.#progress, rows, differing: this.#differing, healed: this.#healed },
      ...{ problems: this.#problems, notMade: this.#notMade },
      paths: isDone ? this.#paths.list() : null,
      mail: this.#exchange?.passOn() ?? null,
    };
  }

  *#run(): Generator<void, void> {
    const { scope, cut } = this.#args;
    const isOwn = ({ ref }: FoldedStream<AggregateRef>) => !this.#isAside(ref);
    for (const compared of this.#compared(
      firstLook(() => this.#context, this.#args),
      isOwn,
    )) {
      const difference = compared?.difference ?? null;
      if (difference !== null) this.#rows.push(kept(difference));
      yield;
    }
    for (const compared of this.#compared(this.#streams(byAggregate(scope, cut)), isOwn)) {
      if (compared !== null) this.#count(compared);
      yield;
    }
  }

  /** Those of the streams that are to be compared; null between them is a chance to stop. */
  *#compared<R extends Folded>(
    streams: Iterable<FoldedStream<R> | null>,
    isOwn: (stream: FoldedStream<R>) => boolean,
  ): Generator<Compared<R> | null, void> {
    const comparison = new StreamComparison<R>(this.#sides);
    for (const stream of streams) {
      if (stream !== null && isOwn(stream)) yield* comparison.add(stream);
      yield null;
    }
    yield* comparison.end();
  }

  *#streams<R extends Folded>(grouping: Grouping<R>): Generator<FoldedStream<R> | null, void> {
    const scan = new StreamScan(() => this.#context, { grouping, reading: this.#reading() });
    this.#progress = scan.progress;
    yield* scan.streams();
  }

  #reading(): Reading {
    const { readers, concerns } = this.#sides;
    return { folders: readers, concerns };
  }

  *#runKeyed({ definition, changed, isOnly, together }: KeyedWhatIf): Generator<void, void> {
    const projection = parseJson(definition) as unknown as Projection;
    const { cut, scope } = this.#args;
    const log =
      changed === null
        ? null
        : new RowOverlay(this.#context, projection, cut, {
            ...changed,
            changes: changed.changes.map(changeOf),
          });
    this.#notMade = log?.notMade ?? [];
    yield;
    if (log !== null && isOnly) {
      yield* this.#runChanged(projection, log, together);
      return;
    }
    const reading = this.#reading();
    const exchange = this.#exchange!;
    const records = new KeyedLog(() => this.#context, {
      ...{ part: scope.part, parts: scope.parts, projection, cut, together, exchange, reading },
    });
    yield* this.#firstRows(records, log);
    const left = new Set([...(log?.keys ?? [])].filter((key) => hashOf(key) % scope.parts === scope.part));
    // Its name may have to be read: most rows are not asked for it.
    const isOwn = (stream: FoldedStream<ProjectedRow>) => {
      if (left.size === 0 || !left.delete(stream.ref.key)) return true;
      this.#countRow(projection, stream.ref.key, stream.records(), log);
      return false;
    };
    for (const compared of this.#compared(this.#streams(byKey(records)), isOwn)) {
      if (compared !== null) {
        if (compared.difference !== null) compared.difference.records = compared.stream.records();
        this.#count(compared);
      }
      yield;
    }
    // Rows that only the hypothetical log has.
    for (const key of left) this.#countRow(projection, key, [], log);
  }

  /** Only the rows that a changed log touches. */
  *#runChanged(projection: Projection, log: RowOverlay, together: KeyTogether): Generator<void, void> {
    this.#progress = noProgress('Looking for the events of the rows.');
    const { part, parts } = this.#args.scope;
    const exchange = this.#exchange!;
    const search = { spans: chunksOf(together.bounds), take: () => exchange.take() };
    const own = yield* recordsOfKeys(() => this.#context, projection, log.keys, search);
    const all: FoundRecords[] = [own];
    if (parts > 1) exchange.give({ part, keys: sharedTexts([]), chunks: [], found: own }, true);
    for (;;) {
      for (const { found } of exchange.received()) if (found !== undefined) all.push(found);
      if (all.length === parts) break;
      exchange.isWaiting = true;
      yield;
    }
    const rows = [...allFound(all)].filter(([key]) => hashOf(key) % parts === part);
    const { aggregates, events } = this.#progress;
    aggregates.total = rows.length;
    for (const [, records] of rows) events.total += records.length;
    for (const [key, records] of rows) {
      this.#countRow(projection, key, records, log);
      aggregates.done += 1;
      events.done += records.length;
      yield;
    }
  }

  /** What the first events of the log say, as of the moment of the last of them. */
  *#firstRows(records: KeyedLog, log: RowOverlay | null): Generator<void, void> {
    const { cut, scope } = this.#args;
    // By the other clock the events of a moment are no first part of the log.
    if (scope.part !== 0 || cut.trueOn !== null) return;
    const { mayDiffer, hasScript } = this.#sides;
    const mostEvents = hasScript ? FIRST_EVENTS : Number.POSITIVE_INFINITY;
    const looks = hasScript ? PROGRAM_LOOKS : mayDiffer === null ? FIRST_LOOKS : LOOKS_BY_TYPE;
    for (const { round, every } of looks) {
      if (round > records.lastRound) return;
      const grouping = byKey(records, { round, every, mayDiffer });
      let found = 0;
      let events = 0;
      const isOwn = (stream: FoldedStream<ProjectedRow>) => log === null || !log.keys.has(stream.ref.key);
      for (const compared of this.#compared(this.#streams(grouping), isOwn)) {
        if (compared !== null) events += compared.stream.heads.length;
        if (compared !== null && compared.difference !== null) {
          found += 1;
          this.#rows.push(preliminary(compared.difference));
        }
        yield;
        if (found >= FIRST_ROWS || events >= mostEvents) break;
      }
      if (found > 0) return;
    }
  }

  #countRow(projection: Projection, key: string, records: ArrayLike<number>, log: RowOverlay | null): void {
    const { cut } = this.#args;
    const logs = alignRow(this.#context, { projection, key, cut, records }, log);
    const { difference, problemCounts } = new AlignedFold(this.#context, this.#sides, logs);
    if (difference !== null) difference.records = Float64Array.from(records);
    this.#count({ difference, problems: problemCounts });
  }

  #isAside({ type, id }: AggregateRef): boolean {
    const { aside } = this.#args;
    return aside !== null && aside.type === type && aside.id === id;
  }

  #count({ difference, problems }: Pick<Compared, 'difference' | 'problems'>): void {
    this.#problems.real += problems.real;
    this.#problems.hypothetical += problems.hypothetical;
    if (difference === null) return;
    this.#differing += 1;
    if (difference.row.healed) this.#healed += 1;
    this.#paths.add(difference.paths);
    if (this.#differing <= MOST_ROWS) this.#rows.push(kept(difference));
  }
}

const noProgress = (note: string): ScanProgress => ({
  aggregates: { done: 0, total: 0 },
  events: { done: 0, total: 0 },
  note,
});

/** States with ids for keys have no end of paths; a row keeps its first ones. */
export const MOST_PATHS_OF_ROW = 64;

export const kept = ({ paths, ...difference }: Difference): Difference => ({
  ...difference,
  paths: paths.slice(0, MOST_PATHS_OF_ROW),
});

const preliminary = (difference: Difference): Difference => ({
  ...kept(difference),
  row: { ...difference.row, isPreliminary: true },
});

/** Streams from all over the scope, each read on its own. */
function* firstLook(
  contextOf: () => ReadContext,
  { scope, cut }: WhatIfArgs,
): Generator<FoldedStream<AggregateRef> | null> {
  if (scope.part !== 0) return;
  const context = contextOf();
  const { db, dictionary } = context;
  const ids = (scope.types ?? []).flatMap((type) => {
    const all = db.prepare('SELECT id FROM aggregate WHERE type = ?').pluck().all(type) as number[];
    const every = Math.max(1, Math.floor(all.length / FIRST_LOOK));
    return all.filter((_, at) => at % every === 0);
  });
  for (const id of ids.slice(0, FIRST_LOOK * 2)) {
    const ref = dictionary.aggregate(id)!;
    const own = loadHeads(contextOf(), ref).filter(({ topic }) => scope.topics?.includes(topic) ?? true);
    const heads = cutStream(
      orderStream(own, { toleranceMs: dictionary.toleranceOf(own.map(({ id }) => id)) }),
      cut,
    ).events;
    const payloads = new PayloadReader(contextOf());
    const stream = foldContextOf(ref);
    yield {
      ...{ ref, streamOf: () => stream, records: () => Float64Array.from(own, (head) => head.id) },
      heads: heads.map((head) => ({ ...head, row: -1 })),
      event: (index) => payloads.event(heads[index]!),
    };
  }
}
