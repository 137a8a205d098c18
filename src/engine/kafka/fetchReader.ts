// Reads partitions from an offset to an end that was captured before, without a consumer group: nothing is joined and
// nothing is committed. Ends only where the broker itself says that there is nothing more before the end.
import { ChunkQueue } from './chunkQueue.ts';
import type { ClusterClient } from './clusterClient.ts';
import { asFault, faultOfCode, offsetTooLarge } from './faults.ts';
import { emptyChunk, type FetchedChunk, type ReadOptions } from './fetchedChunk.ts';
import { GrowingOutput } from './growingOutput.ts';
import { isFinal } from './patience.ts';
import {
  newState,
  type Plan,
  type PlanEntry,
  pauseAfter,
  planOf,
  type ReadState,
  requestOf,
} from './readPlan.ts';
import { type DecodedSet, decodeRecordSet, OFFSET_LIMIT, peekNextOffset } from './recordBatch.ts';
import { EARLIEST, FETCH, type FetchedPartition, LIST_OFFSETS } from './requests.ts';
import { KafkaFault } from './types.ts';
import { Judge } from './verdicts.ts';

export type { FetchedChunk, ReadOptions, ReadRange } from './fetchedChunk.ts';
export { type FetchedRecord, fetchOne } from './fetchOne.ts';

/** Decoding and taking share a thread: more in between would only leave the processor's cache. */
const QUEUED_CHUNKS = 2;
const MAX_WAIT_MS = 250;
const OUT_OF_RANGE = 1;
/** How often what came damaged is asked for again when no answer comes. */
const AGAIN_TRIES = 4;

/**
 * Reads the ranges, brokers in parallel. Chunks of one partition come in order.
 * @throws KafkaFault cancelled when the signal fires; faults of single partitions come as chunks
 */
export async function* readPartitions(
  client: ClusterClient,
  options: ReadOptions,
): AsyncGenerator<FetchedChunk> {
  const reader = new Reader(client, options);
  const cancel = () => reader.cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  try {
    reader.start();
    for await (const { chunk, memory } of reader.queue.drain()) {
      yield chunk;
      if (memory !== null) reader.memory.push(memory);
    }
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    reader.queue.end();
  }
}

interface Queued {
  chunk: FetchedChunk;
  /** What its bytes lie in, to be used again. */
  memory: GrowingOutput | null;
}

class Reader {
  readonly queue = new ChunkQueue<Queued>(QUEUED_CHUNKS);
  /** For bytes that are lent. */
  readonly memory: GrowingOutput[] = [];
  readonly #client: ClusterClient;
  readonly #options: ReadOptions;
  readonly #byLeader = new Map<number, ReadState[]>();
  #open = 0;

  constructor(client: ClusterClient, options: ReadOptions) {
    this.#client = client;
    this.#options = options;
  }

  cancel(): void {
    const where = [...new Set(this.#options.partitions.map(({ topic }) => topic))].join(', ');
    this.queue.end(
      new KafkaFault(
        'cancelled',
        where,
        `Reading of ${where} was cancelled`,
        'Start it again: it goes on where it stopped.',
      ),
    );
  }

  start(): void {
    const states = this.#options.partitions.map(newState);
    this.#open = states.length;
    if (states.length === 0) this.queue.end();
    const isReadable = ({ to }: ReadState) => to <= OFFSET_LIMIT || to === Number.POSITIVE_INFINITY;
    for (const state of states.filter((each) => !isReadable(each)))
      void this.#fail(state, offsetTooLarge(state.name));
    const readable = states.filter(isReadable);
    for (const state of readable.filter(({ next, to }) => next >= to)) void this.#emit(state, null, {});
    void this.#assign(readable.filter(({ next, to }) => next < to));
  }

  /** Gives each state to the loop of its leader; asks the cluster again when `fresh`. */
  async #assign(states: ReadState[], fresh = false): Promise<void> {
    for (const topic of new Set(states.map((state) => state.topic))) {
      const mine = states.filter((state) => state.topic === topic);
      try {
        if (fresh) await this.#client.partitions(topic);
        for (const state of mine) state.leader = await this.#client.leaderOf(state);
      } catch (error) {
        this.#retry(mine, asFault(error, topic));
        continue;
      }
      for (const state of mine) {
        const loop = this.#byLeader.get(state.leader);
        if (loop !== undefined) loop.push(state);
        else {
          this.#byLeader.set(state.leader, [state]);
          void this.#runLeader(state.leader);
        }
      }
    }
  }

  /** Takes the states away from their loop and tries again later, or gives them up. */
  #retry(states: ReadState[], fault: KafkaFault): void {
    const giveUp = this.#options.giveUpAfterMs ?? 120_000;
    const again: ReadState[] = [];
    for (const state of states) {
      this.#release(state);
      this.#options.follow?.onWait(state.name, fault);
      if (isFinal(state, fault, giveUp, performance.now())) void this.#fail(state, fault);
      else again.push(state);
    }
    if (again.length === 0) return;
    const attempts = Math.max(...again.map((state) => ++state.attempts));
    const delay = Math.min(100 * 2 ** Math.min(attempts, 5), 2_000);
    setTimeout(() => {
      if (!this.queue.ended) void this.#assign(again, true);
    }, delay);
  }

  #release(state: ReadState): void {
    const loop = this.#byLeader.get(state.leader);
    const at = loop?.indexOf(state) ?? -1;
    if (at >= 0) loop!.splice(at, 1);
  }

  /** One fetch in flight; the next one is sent before the last one is decoded. */
  async #runLeader(leader: number): Promise<void> {
    let plan = this.#plan(leader);
    let sentAt = performance.now();
    let answer = plan === null ? null : this.#fetch(leader, plan);
    while (plan !== null && !this.queue.ended) {
      let parts: FetchedPartition[];
      try {
        parts = await answer!;
      } catch (error) {
        this.#retry(
          plan.entries.map(({ state }) => state).filter((state) => state.leader === leader),
          asFault(error, `broker ${leader}`),
        );
        plan = this.#plan(leader);
        answer = plan === null ? null : this.#fetch(leader, plan);
        continue;
      }
      const current: Plan = plan;
      const jobs = this.#triage(current, parts);
      plan = this.#plan(leader);
      const pauseMs = pauseAfter(parts, sentAt, this.#options.follow);
      sentAt = performance.now() + pauseMs;
      answer = plan === null ? null : this.#fetchAfter(pauseMs, leader, plan);
      // Its failure is met at the next turn.
      answer?.catch(() => {});
      try {
        for (const { entry, part } of jobs) await this.#decode(current, entry, part);
      } catch (error) {
        // Not a fault of Kafka but of this program: it must not look like an end.
        this.queue.end(error);
        return;
      }
      // Decoding may have found that a partition goes on elsewhere than its headers said, when nothing was planned.
      if (plan === null) {
        plan = this.#plan(leader);
        answer = plan === null ? null : this.#fetch(leader, plan);
      }
    }
    this.#byLeader.delete(leader);
  }

  #plan(leader: number): Plan | null {
    return planOf(this.#byLeader.get(leader) ?? []);
  }

  async #fetchAfter(pauseMs: number, leader: number, plan: Plan): Promise<FetchedPartition[]> {
    if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
    return this.queue.ended ? [] : this.#fetch(leader, plan);
  }

  #fetch(leader: number, plan: Plan): Promise<FetchedPartition[]> {
    const waitMs = this.#options.follow?.maxWaitMs ?? MAX_WAIT_MS;
    const answer = this.#client.request(leader, FETCH, requestOf(plan, this.#options, waitMs));
    answer.catch(() => {});
    return answer;
  }

  /** Decides from the headers alone what each partition is asked for next, and returns what is to be decoded. */
  #triage(plan: Plan, parts: FetchedPartition[]): { entry: PlanEntry; part: FetchedPartition }[] {
    const jobs: { entry: PlanEntry; part: FetchedPartition }[] = [];
    const byName = new Map(parts.map((part) => [`${part.topic}/${part.partition}`, part]));
    const isAllEmpty = parts.every(({ records }) => records.length === 0);
    const trouble = new Map<number, ReadState[]>();
    plan.entries.forEach((entry, index) => {
      const { state } = entry;
      const part = byName.get(state.name);
      // A stale answer: decoding the one before it set another place to go on.
      if (part === undefined || entry.offset !== state.next) return;
      if (part.errorCode === OUT_OF_RANGE) {
        this.#release(state);
        void this.#findStart(state);
      } else if (part.errorCode !== 0) {
        trouble.set(part.errorCode, [...(trouble.get(part.errorCode) ?? []), state]);
      } else {
        // Read uncommitted, the broker does not tell it.
        if (plan.isolation === 1) state.lastStable = part.lastStable;
        const next = peekNextOffset(part.records);
        if (next !== null && next > state.next) {
          this.#advance(state, next);
          jobs.push({ entry, part });
        } else if (part.records.length > 0) {
          if (state.mustBeFirst && index === 0) jobs.push({ entry, part });
          else state.mustBeFirst = true;
        } else if (this.#isHole(state, plan, part, isAllEmpty || index === 0)) {
          jobs.push({ entry, part });
        }
      }
    });
    for (const [code, states] of trouble)
      for (const state of states) this.#retry([state], faultOfCode(code, state.name));
    return jobs;
  }

  #advance(state: ReadState, next: number): void {
    state.next = Math.min(next, state.to);
    this.#goesOn(state);
    state.empties = 0;
    state.mustBeFirst = false;
  }

  #goesOn(state: ReadState): void {
    if (state.faultCode !== '') this.#options.follow?.onWait(state.name, null);
    state.failingAt = null;
    state.attempts = 0;
    state.faultCode = '';
  }

  /**
   * An empty answer. True when the broker has confirmed that no record is left up to its own end: compaction removed
   * what was there. One empty answer proves nothing.
   */
  #isHole(state: ReadState, plan: Plan, part: FetchedPartition, hadRoom: boolean): boolean {
    const end = plan.isolation === 1 ? part.lastStable : part.highWatermark;
    if (this.#options.follow !== undefined && state.next >= end) {
      this.#goesOn(state);
      const isNews = part.highWatermark > state.next && part.highWatermark !== state.toldHigh;
      state.toldHigh = part.highWatermark;
      return isNews;
    }
    if (plan.isolation === 1 && state.next >= part.lastStable && part.highWatermark > state.next) {
      state.isolation = 0;
      return false;
    }
    if (state.next < end) {
      if (!hadRoom) state.mustBeFirst = true;
      else if (++state.empties >= 2) {
        this.#advance(state, end);
        return true;
      }
      return false;
    }
    const ends = `${state.name} ends at offset ${part.highWatermark} now, before ${state.to} where it ended at the start`;
    const next =
      'The cluster lost records (unclean leader election) or the topic was created anew: capture it again.';
    // A new leader may learn its high watermark a moment later: this is retried until the patience ends.
    this.#retry([state], new KafkaFault('offset-out-of-range', state.name, ends, next));
    return false;
  }

  async #decode(plan: Plan, entry: PlanEntry, part: FetchedPartition): Promise<void> {
    const { state, offset } = entry;
    const judgeOf = ({ aborted }: FetchedPartition) => new Judge(plan.isolation === 1 ? aborted : null);
    let used = part;
    let judge = judgeOf(part);
    for (let start = 0, from = offset; !this.queue.ended; ) {
      const memory = this.#options.lendBytes ? (this.memory.pop() ?? new GrowingOutput(2 ** 20)) : undefined;
      const range = { from, to: state.to, ...(memory === undefined ? {} : { memory }) };
      let decoded = decodeRecordSet(used.records, range, start);
      if (decoded.problems.length > 0) {
        const again = await this.#readAgain(plan, state, from, decoded);
        if (again !== null) {
          decoded = again.decoded;
          used = again.part;
          judge = judgeOf(again.part);
        }
      }
      if (decoded.problems.some(({ code }) => code === 'offset-limit'))
        return this.#fail(state, offsetTooLarge(state.name));
      const isWhole = decoded.consumed >= used.records.length;
      let next = decoded.nextOffset;
      if (isWhole && next === offset && used.records.length > 0) {
        // First in its request and still without a whole batch: the length of this batch is wrong on the broker.
        const reason = 'the batch is longer than what the broker sends';
        const lost = { baseOffset: next, lastOffset: next, reason, bytes: Uint8Array.from(used.records) };
        decoded.problems.push({ code: 'length', ...lost });
        next++;
      }
      // An empty answer that confirmed a hole has moved state.next already.
      if (used.records.length === 0) next = state.next;
      if (isWhole && next !== state.next) this.#advance(state, next);
      await this.#emit(state, used, {
        columns: decoded.columns,
        verdict: judge.judge(decoded.columns.count, decoded.batches),
        batches: decoded.batches,
        problems: decoded.problems,
        nextOffset: Math.min(next, state.to),
        memory: memory ?? null,
      });
      if (isWhole) return;
      start = decoded.consumed;
      from = next;
    }
  }

  /** Damage on the way is gone the second time; damage on the broker's disk stays and is reported. */
  async #readAgain(
    plan: Plan,
    state: ReadState,
    from: number,
    first: DecodedSet,
  ): Promise<{ decoded: DecodedSet; part: FetchedPartition } | null> {
    const single = { isolation: plan.isolation, entries: [{ state, offset: from }] };
    for (let tries = 1; ; tries++) {
      try {
        const leader = tries === 1 ? state.leader : await this.#client.leaderOf(state, true);
        const [part] = await this.#fetch(leader, single);
        if (part === undefined) return null;
        if (part.errorCode !== 0) throw faultOfCode(part.errorCode, state.name);
        const decoded = decodeRecordSet(part.records, { from, to: state.to });
        return decoded.nextOffset > from && decoded.problems.length < first.problems.length
          ? { decoded, part }
          : null;
      } catch (error) {
        const { retryable } = asFault(error, state.name);
        if (!retryable || tries === AGAIN_TRIES || this.queue.ended) return null;
        await new Promise((done) => setTimeout(done, 100 * 2 ** tries));
      }
    }
  }

  /** The asked offset is gone: says how far, and goes on at the first one that is kept. */
  async #findStart(state: ReadState): Promise<void> {
    const place = { partition: state.partition, timestamp: EARLIEST };
    try {
      const topics = [{ topic: state.topic, partitions: [place] }];
      const [found] = await this.#client.request(state.leader, LIST_OFFSETS, { isolation: 0, topics });
      if (found === undefined || found.errorCode !== 0)
        throw faultOfCode(found?.errorCode === 3 ? 6 : (found?.errorCode ?? 5), state.name);
      const start = Number(found.offset);
      if (start <= state.next) {
        const what = `${state.name} holds no offset ${state.next} now; it was there at the start`;
        const next = 'The cluster lost records or the topic was created anew: capture it again.';
        throw new KafkaFault('offset-out-of-range', state.name, what, next);
      }
      const removed = { from: state.next, to: Math.min(start, state.to) };
      this.#advance(state, start);
      await this.#emit(state, null, { removed, nextOffset: removed.to, logStart: start });
      if (state.next < state.to) await this.#assign([state]);
    } catch (error) {
      this.#retry([state], asFault(error, state.name));
    }
  }

  async #emit(
    state: ReadState,
    part: FetchedPartition | null,
    { memory = null, ...extra }: Partial<FetchedChunk> & Partial<Pick<Queued, 'memory'>>,
  ): Promise<void> {
    const nextOffset = extra.nextOffset ?? state.next;
    const done = nextOffset >= state.to;
    if (done) this.#release(state);
    const known = part === null ? {} : { logStart: part.logStart, highWatermark: part.highWatermark };
    const chunk = {
      ...emptyChunk(state),
      ...{ ...known, lastStable: state.lastStable, nextOffset, done },
      ...extra,
    };
    const pushed = this.queue.push({ chunk, memory });
    if (done) this.#finish();
    await pushed;
  }

  async #fail(state: ReadState, fault: KafkaFault): Promise<void> {
    this.#release(state);
    const nextOffset = state.next;
    state.next = state.to;
    const chunk = { ...emptyChunk(state), ...{ nextOffset, lastStable: state.lastStable, fault } };
    const pushed = this.queue.push({ chunk, memory: null });
    this.#finish();
    await pushed;
  }

  #finish(): void {
    if (--this.#open === 0) this.queue.end();
  }
}
