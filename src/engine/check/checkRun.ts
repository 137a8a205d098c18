/**
 * The consistency check of a workspace, in short steps. Rows and postings first, as columns of the whole workspace:
 * what is usual can only be said of all. Then the bytes of the records in scope, in the order in which they lie on the
 * disk; then every stream. Single records are read again only where a hash says that two are alike.
 */

import type { CheckScope } from '../../contract/check.ts';
import { checkChains } from '../../core/check/chain.ts';
import type { Finding } from '../../core/check/findings.ts';
import { LinkChecker } from '../../core/check/links.ts';
import { formatCount, plural } from '../../core/count.ts';
import { VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import {
  type Claims,
  type ClaimsPart,
  type ClaimsTask,
  claimSteps,
  claimsTask,
  joinClaims,
  verifySignatures,
} from './claims.ts';
import { type Columns, type Groups, groupByAggregate, rowFinder } from './columns.ts';
import type { Payloads } from './payloadLook.ts';
import { joinParts, type PayloadPart, type PayloadTask, payloadTask, readPayloads } from './payloads.ts';
import {
  haveMet,
  type PostingsTask,
  type RowsTask,
  readAllRows,
  readPostings,
  readRows,
  rowsTask,
} from './readColumns.ts';
import { forgetUnlike, likelyRetries, lookAtStreams, type StreamResult } from './streams.ts';
import { isCause, verifyShared } from './verify.ts';
import { looseFindings, schemaFindings, topicFindings } from './wholeFindings.ts';

/** Records of the same aggregate type whose bytes are read to learn what is usual, when only a part is checked. */
const MOST_LEARNED_FROM = 50_000;
const STEP_LINKS = 100_000;
const STEP_VERIFIED = 200;

export interface CheckArgs {
  scope: CheckScope;
  /** Definition of the reducer meant for an aggregate type. */
  reducers: Record<string, string>;
}

export interface CheckProgress {
  done: number;
  total: number;
  note: string;
}

export interface RunResult {
  findings: Finding[];
  records: number;
  aggregates: number;
  claims: Payloads['verdicts']['counts'];
  learned: string[];
  notes: string[];
}

/** A read that another thread answers. */
export type SharedTask =
  | { name: 'consistency.rows'; args: RowsTask }
  | { name: 'consistency.postings'; args: PostingsTask }
  | { name: 'consistency.payloads'; args: PayloadTask }
  | { name: 'consistency.claims'; args: ClaimsTask };

export class CheckRun {
  readonly #args: CheckArgs;
  readonly #steps: Generator<void, RunResult>;
  #context: ReadContext;
  #part: object | null = null;
  /** A second thread takes part. */
  #isShared = false;
  progress: CheckProgress = { done: 0, total: 0, note: 'Reading rows.' };
  /** Work for another thread, whose result {@link take} wants, in the order of the tasks. Whoever fetches it sets it to null. */
  task: SharedTask | null = null;
  /** Nothing can be done before {@link CheckRun.take}. */
  isWaiting = false;

  constructor(context: ReadContext, args: CheckArgs) {
    this.#context = context;
    this.#args = args;
    this.#steps = this.#run();
  }

  /** Goes on for about so long, ms. The result when it has come to the end, else null. @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number): RunResult | null {
    this.#context = context;
    const until = performance.now() + millis;
    for (;;) {
      context.throwIfAborted();
      const step = this.#steps.next();
      if (step.done === true) return step.value;
      // The other thread should begin at once.
      if (this.isWaiting || this.task !== null) return null;
      if (performance.now() >= until) return null;
    }
  }

  /** The result of the earliest task that has not been answered yet. */
  take(part: object): void {
    this.#part = part;
    this.isWaiting = false;
  }

  readonly #contextOf = (): ReadContext => this.#context;

  *#run(): Generator<void, RunResult> {
    const stored = this.#context.db
      .prepare('SELECT coalesce(sum(stored), 0) FROM partition')
      .pluck()
      .get() as number;
    const total = stored * 3;
    const tell = (before: number, note: string) => (done: number) => {
      this.progress = { done: before + done, total, note };
    };
    const columns = yield* this.#rows(stored, tell(0, 'Reading rows.'));
    const postings = this.#postings(columns);
    const groups = groupByAggregate(columns);
    const isAsked = this.#askedRows(columns);
    let records = 0;
    for (let row = 0; row < columns.count; row++) records += isAsked[row]!;
    const retries = yield* likelyRetries(columns, groups);
    const { wanted, typeOf, isPart } = this.#wantedBytes(columns, groups, isAsked);
    const payloads = yield* this.#payloads(
      columns,
      { wanted, asked: isAsked, retries },
      tell(stored, 'Reading payloads.'),
      postings,
    );
    const notes: string[] = [];
    const claims = this.#claims(columns, groups, payloads, isAsked, notes);
    // The other thread has its claims already.
    yield;
    forgetUnlike(columns, groups, payloads);
    const rowOf = rowFinder(columns);
    const causes = yield* this.#takeLinks(columns);
    const streams = yield* lookAtStreams({
      ...{ contextOf: this.#contextOf, columns, groups, payloads, typeOf, rowOf },
      ...{ asked: isAsked, shared: causes.sharedIds() },
      onStep: tell(stored * 2, 'Looking at streams.'),
    });
    const found = [...payloads.findings, ...streams.findings];
    found.push(...(yield* this.#links(causes, columns, isAsked, rowOf)));
    const isHere = (id: number) => isAsked[rowOf(id)] !== 0;
    found.push(...this.#chains(streams, payloads, isHere));
    const verified = yield* claims();
    payloads.verdicts.takeIn(verified.verdicts);
    found.push(...verified.findings);
    found.push(
      ...topicFindings(this.#context.dictionary, columns, isAsked),
      ...schemaFindings(payloads),
      ...looseFindings(columns, isAsked),
    );
    if (isPart)
      notes.push(
        `Schema versions, levels and claims are learned from the records in scope and at most ${plural(MOST_LEARNED_FROM, 'other record')} of the same kind.`,
      );
    const asked = found.filter(({ events }) => {
      const row = rowOf(events[0]!);
      return row !== -1 && isAsked[row] !== 0;
    });
    return {
      findings: asked,
      records,
      aggregates: streams.streams,
      claims: payloads.verdicts.counts,
      learned: learnedIn(streams),
      notes,
    };
  }

  *#rows(stored: number, tell: (done: number) => void): Generator<void, Columns> {
    const { task, isLarge } = rowsTask(this.#context, stored);
    this.#isShared = isLarge;
    if (isLarge) {
      this.task = { name: 'consistency.rows', args: task };
      yield;
      yield* readRows(this.#contextOf, task, 'front', tell);
      yield* this.#await();
    }
    if (isLarge && haveMet(task)) task.columns.count = task.columns.id.length;
    else yield* readAllRows(this.#contextOf, task, tell);
    return task.columns;
  }

  /** Begins to read them in a second thread where there is one, and gives what is left to do before they are asked for. */
  #postings(columns: Columns): () => Generator<void, unknown> {
    if (this.#isShared) {
      this.task = { name: 'consistency.postings', args: { columns } };
      return () => this.#await();
    }
    readPostings(this.#context, columns);
    return function* () {};
  }

  /** Looks at payloads while `postings` are read, and waits for both. */
  *#payloads(
    columns: Columns,
    marks: PayloadTask['marks'],
    tell: (done: number) => void,
    postings: () => Generator<void, unknown>,
  ): Generator<void, Payloads> {
    const { task, isLarge } = payloadTask(columns, marks);
    if (isLarge) {
      this.task = { name: 'consistency.payloads', args: task };
      yield;
    }
    const parts = yield* readPayloads(this.#contextOf, task, tell);
    yield* postings();
    if (isLarge) parts.push(...((yield* this.#await()) as PayloadPart[]));
    return joinParts(task.found, parts);
  }

  /** Begins to verify claims, and gives what is left to do at the end: a second thread does most where there is one. */
  #claims(
    columns: Columns,
    groups: Groups,
    payloads: Payloads,
    isAsked: Uint8Array,
    notes: string[],
  ): () => Generator<void, Claims> {
    const task = claimsTask(this.#context, columns, groups, payloads, isAsked, this.#args.reducers);
    const { signed, allSigned } = task;
    if (signed.length < allSigned)
      notes.push(
        `${plural(signed.length, 'signature')} of ${formatCount(allSigned)} were verified, spread over all; check a topic or an aggregate to verify its own.`,
      );
    const isShared = this.#isShared;
    if (isShared) this.task = { name: 'consistency.claims', args: task };
    const [contextOf, others] = [this.#contextOf, () => this.#await() as Generator<void, ClaimsPart>];
    return function* () {
      const own = isShared ? yield* verifySignatures(contextOf, task) : [];
      return joinClaims(task, isShared ? yield* others() : yield* claimSteps(contextOf, task), own);
    };
  }

  /** Waits for what the other thread found. */
  *#await(): Generator<void, unknown> {
    while (this.#part === null) {
      this.isWaiting = true;
      yield;
    }
    const part = this.#part;
    this.#part = null;
    return part;
  }

  /** By row: 1 in scope. */
  #askedRows(columns: Columns): Uint8Array {
    const { scope } = this.#args;
    const { dictionary } = this.#context;
    const asked = new Uint8Array(columns.count);
    if (scope.kind === 'workspace') return asked.fill(1);
    const wanted = scope.kind === 'aggregate' ? dictionary.aggregateId(scope.ref) : null;
    for (let row = 0; row < columns.count; row++)
      if (
        scope.kind === 'topic'
          ? dictionary.placeOf(columns.id[row]!).topic === scope.topic
          : columns.aggregate[row] === wanted
      )
        asked[row] = 1;
    return asked;
  }

  /** By row: whose bytes are read; and the type of each aggregate. */
  #wantedBytes(columns: Columns, { start, rows }: Groups, isAsked: Uint8Array) {
    const typeOf: string[] = [];
    const all = this.#context.db.prepare('SELECT id, type FROM aggregate').raw().all();
    for (const [id, type] of all as [number, string][]) typeOf[id] = type;
    const wanted = isAsked.slice();
    const isPart = this.#args.scope.kind !== 'workspace';
    if (isPart) {
      const types = new Set<string>();
      for (let row = 0; row < columns.count; row++)
        if (isAsked[row] !== 0) types.add(typeOf[columns.aggregate[row]!] ?? '');
      let left = MOST_LEARNED_FROM;
      for (let aggregate = 1; aggregate + 1 < start.length && left > 0; aggregate++) {
        if (!types.has(typeOf[aggregate] ?? '')) continue;
        for (const row of rows.subarray(start[aggregate]!, start[aggregate + 1]!)) {
          if (wanted[row] === 0) left -= 1;
          wanted[row] = 1;
        }
      }
    }
    return { wanted, typeOf, isPart };
  }

  /** Takes all committed events in by their ids. */
  *#takeLinks(columns: Columns): Generator<void, LinkChecker> {
    const { count, verdict } = columns;
    const group = new Float64Array(count);
    const event = columns.linkHash;
    const { dictionary } = this.#context;
    for (let row = 0; row < count; row++) {
      group[row] = dictionary.placeOf(columns.id[row]!).topicId * 2 ** 32 + columns.type[row]!;
      if (verdict[row] !== VERDICT.committed) event[row] = Number.NaN;
    }
    const { correlation, causation, id, ts: recordedAt } = columns;
    const checker = new LinkChecker({ count, id, group, recordedAt, event, correlation, causation });
    for (let from = 0; from < count; from += STEP_LINKS) {
      checker.add(from, Math.min(count, from + STEP_LINKS));
      yield;
    }
    return checker;
  }

  *#links(
    checker: LinkChecker,
    { count, verdict, aggregate }: Columns,
    isAsked: Uint8Array,
    rowOf: (id: number) => number,
  ): Generator<void, Finding[]> {
    for (let row = 0; row < count; row++) {
      if (verdict[row] === VERDICT.committed) checker.look(row);
      if (row % STEP_LINKS === 0) yield;
    }
    const found: Finding[] = [];
    let verified = 0;
    for (const shared of checker.sharedIds()) {
      const [row, twin] = [rowOf(shared.id), rowOf(shared.twin)];
      // Inside one stream the rules of streams have found it.
      if (isAsked[row] === 0 || (aggregate[row] !== 0 && aggregate[row] === aggregate[twin])) continue;
      const finding = verifyShared(this.#context, shared);
      if (finding !== null) found.push(finding);
      if (verified++ % STEP_VERIFIED === 0) yield;
    }
    for (const finding of checker.findings()) {
      if (isAsked[rowOf(finding.events[0]!)] === 0) continue;
      if (finding.events.length > 1 && !isCause(this.#context, finding)) continue;
      found.push(finding);
      if (verified++ % STEP_VERIFIED === 0) yield;
    }
    return found;
  }

  #chains({ links }: StreamResult, { verdicts }: Payloads, isAsked: (id: number) => boolean): Finding[] {
    const chains = checkChains(links);
    for (const { id, verdict } of chains.verdicts) if (isAsked(id)) verdicts.add('chain', verdict);
    return chains.findings;
  }
}

function learnedIn({ lives }: StreamResult): string[] {
  const sentences: string[] = [];
  for (const [type, life] of [...lives].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = type || 'Aggregates without a type';
    const [begin, end] = [[...life.creationTypes()].sort(), [...life.closingTypes()].sort()];
    if (begin.length > 0) sentences.push(`${name} begins with ${begin.join(' or ')}.`);
    if (end.length > 0) sentences.push(`${name} ends with ${end.join(' or ')}.`);
  }
  return sentences;
}
