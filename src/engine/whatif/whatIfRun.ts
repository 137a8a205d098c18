/**
 * A what-if over many streams, in short steps on a thread of its own. A few streams from all over the scope go first, on
 * their own, so that the first difference is there at once; then every stream.
 */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { loadHeads, PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { compareStream, type Difference, PathBook, type PathCount } from './compareStreams.ts';
import { type SideArgs, type Sides, sidesOf } from './sides.ts';
import type { StreamScope } from './streamRows.ts';
import { type AggregateStream, type ScanProgress, StreamScan } from './streamScan.ts';

export interface WhatIfArgs extends SideArgs {
  scope: StreamScope;
  cut: Cut;
  /** This one has a hypothetical log of its own and is folded by the caller. */
  aside: AggregateRef | null;
  /** Streams of scripts are stepped through only where they end differently. */
  isByEnd: boolean;
}

export interface WhatIfStep {
  progress: ScanProgress;
  /** Differing aggregates found since the last step; one may come again after a first look. */
  rows: Difference[];
  /** All that differ, so far. */
  differing: number;
  healed: number;
  problems: { real: number; hypothetical: number };
  /** The sums of all paths, when all is done. */
  paths: PathCount[] | null;
}

/** Streams that are looked at first. */
const FIRST_LOOK = 64;
/** Rows beyond this many are counted only. */
export const MOST_ROWS = 100_000;

export class WhatIfRun {
  readonly #args: WhatIfArgs;
  readonly #sides: Sides;
  readonly #steps: Generator<void, void>;
  readonly #paths = new PathBook();
  readonly #scan: StreamScan;
  #context: ReadContext;
  #rows: Difference[] = [];
  #differing = 0;
  #healed = 0;
  #problems = { real: 0, hypothetical: 0 };

  /** @throws HindcastError `reducer.invalid`, `filter.invalid` */
  constructor(context: ReadContext, args: WhatIfArgs) {
    this.#context = context;
    this.#args = args;
    this.#sides = sidesOf(args);
    const { real, hypothetical, without, concerns } = this.#sides;
    // A condition on events may ask for anything in them.
    const folders = without === null ? [real, hypothetical] : null;
    const { scope, cut } = args;
    this.#scan = new StreamScan(() => this.#context, { scope, cut, reading: { folders, concerns } });
    this.#steps = this.#run();
  }

  /** Goes on for about so long, ms. @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number): WhatIfStep {
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
    return {
      ...{ progress: this.#scan.progress, rows, differing: this.#differing, healed: this.#healed },
      problems: this.#problems,
      paths: isDone ? this.#paths.list() : null,
    };
  }

  *#run(): Generator<void, void> {
    for (const stream of firstLook(() => this.#context, this.#args)) {
      if (stream !== null && !this.#isAside(stream.ref)) {
        const { difference } = compareStream(this.#sides, stream, this.#args.isByEnd);
        if (difference !== null) this.#rows.push(kept(difference));
      }
      yield;
    }
    for (const stream of this.#scan.streams()) {
      if (stream !== null && !this.#isAside(stream.ref)) this.#compare(stream);
      yield;
    }
  }

  #isAside({ type, id }: AggregateRef): boolean {
    const { aside } = this.#args;
    return aside !== null && aside.type === type && aside.id === id;
  }

  #compare(stream: AggregateStream): void {
    const { difference, problems } = compareStream(this.#sides, stream, this.#args.isByEnd);
    this.#problems.real += problems.real;
    this.#problems.hypothetical += problems.hypothetical;
    if (difference === null) return;
    this.#differing += 1;
    if (difference.row.healed) this.#healed += 1;
    this.#paths.add(difference.paths);
    if (this.#differing <= MOST_ROWS) this.#rows.push(kept(difference));
  }
}

/** States with ids for keys have no end of paths; a row keeps its first ones. */
export const MOST_PATHS_OF_ROW = 64;

export const kept = ({ row, paths }: Difference): Difference => ({
  row,
  paths: paths.slice(0, MOST_PATHS_OF_ROW),
});

/** Streams from all over the scope, each read on its own. */
function* firstLook(
  contextOf: () => ReadContext,
  { scope, cut }: WhatIfArgs,
): Generator<AggregateStream | null> {
  if (scope.part !== 0) return;
  const context = contextOf();
  const { db, dictionary } = context;
  const ids = scope.types.flatMap((type) => {
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
    yield {
      ...{ ref, stream: { aggregateType: ref.type, aggregateId: ref.id } },
      heads: heads.map((head) => ({ ...head, row: -1 })),
      event: (index) => payloads.event(heads[index]!),
    };
  }
}
