/**
 * Following topics, inside the capture thread: goes on where the workspace stands and stays at the ends, until it is
 * cancelled. Joins no group. Whatever the cluster does meanwhile is waited out: only a login or a right that is refused,
 * or a store that cannot write, ends it.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { type ClusterClient, connectCluster } from '../kafka/clusterClient.ts';
import { faultOfCode } from '../kafka/faults.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { METADATA } from '../kafka/requests.ts';
import { KafkaFault } from '../kafka/types.ts';
import type { RecordFrame } from '../store/frame.ts';
import type { PartitionCursor } from './extract.ts';
import { FollowMeter } from './followMeter.ts';
import type { FollowOutcome, FollowProgress, FollowRequest } from './followTypes.ts';
import { FrameMaker } from './frameMaker.ts';
import { findLostEnds } from './lostEnds.ts';
import { OpenTail, pause } from './openTail.ts';
import { asHindcastError } from './runCapture.ts';
import type { PartitionBegin } from './sinkMessages.ts';
import { SinkPort } from './sinkPort.ts';

export interface FollowTask {
  request: FollowRequest;
  /** To the writer. */
  port: MessagePort;
  /** Read-only, for names that the workspace knows already. */
  db: Database;
  signal: AbortSignal;
  onProgress: (progress: FollowProgress) => void;
}

/** At the end of the log records are gathered this long before they are fetched. */
const PACE_MS = 40;
/** A broker without news answers this often. */
const MAX_WAIT_MS = 500;
/** How soon new partitions and topics that came back are seen. */
const LOOK_EVERY_MS = 3_000;
const RETRY_MS = 1_000;
/** Of aggregates, twice at most: following for days must not remember them all. */
const NAMES_KEPT = 200_000;

/** @throws HindcastError when it cannot go on: the login or a right was refused, the workspace cannot be written */
export async function runFollow(task: FollowTask): Promise<FollowOutcome> {
  try {
    return await new Follow(task).run();
  } catch (error) {
    throw asHindcastError(error, task.request.connection);
  } finally {
    task.port.close();
  }
}

/** What of the asked topics can be followed now. Partitions by name: `orders/0`. */
interface Look {
  topics: { name: string; kafkaId: string | null }[];
  partitions: Set<string>;
  /** Why the others cannot, by topic or partition. */
  faults: Map<string, KafkaFault>;
}

/** These may mean that a topic was deleted, or created again under its name: that is looked at immediately. */
const SUSPICIOUS = new Set(['topic-unknown', 'offset-out-of-range', 'partition-unknown']);

class Follow {
  readonly #task: FollowTask;
  readonly #sink: SinkPort;
  readonly #maker: FrameMaker;
  readonly #meter: FollowMeter;
  /** Frames are made and sent one after the other, whoever reads them. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(task: FollowTask) {
    this.#task = task;
    this.#sink = new SinkPort(task.port);
    const onMapping = (topic: string, text: string) => this.#sink.mapping(topic, text);
    this.#maker = new FrameMaker(task.db, onMapping, NAMES_KEPT);
    this.#meter = new FollowMeter(task.onProgress);
    this.#sink.onCredit = (rows, bytes) => this.#meter.wrote(rows, bytes);
  }

  async run(): Promise<FollowOutcome> {
    const { signal, request } = this.#task;
    const cluster = request.connection.brokers.join(', ');
    while (!signal.aborted) {
      try {
        await this.#connected((reading, asking) => this.#round(reading, asking));
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof KafkaFault) || !(error.retryable || SUSPICIOUS.has(error.code))) throw error;
        this.#meter.waits(cluster, error);
        await pause(RETRY_MS, signal);
      }
    }
    const { records, bytes } = await this.#sink.end();
    this.#meter.close();
    return { stored: records, bytes, waits: this.#meter.sentence };
  }

  /** Two clients: a broker answers the requests of one connection in turn, and a fetch waits for what comes. */
  async #connected(work: (reading: ClusterClient, asking: ClusterClient) => Promise<void>): Promise<void> {
    const { signal, request } = this.#task;
    const reading = await connectCluster(request.connection, { signal });
    try {
      const asking = await connectCluster(request.connection, { signal });
      try {
        await work(reading, asking);
      } finally {
        asking.close();
      }
    } finally {
      reading.close();
    }
  }

  /** Follows the partitions that there are, until there are others. */
  async #round(reading: ClusterClient, asking: ClusterClient): Promise<void> {
    const { signal } = this.#task;
    const look = await this.#look(asking);
    const cursors = await this.#begin(asking, look);
    const changed = new AbortController();
    const until = AbortSignal.any([signal, changed.signal]);
    const tail = new OpenTail({
      client: asking,
      frame: (chunk, cursor) => this.#maker.frame(chunk, cursor),
      write: (make) => this.#write(make),
    });
    const watch = new Watch(look, () => this.#look(asking), until);
    const stop = () => changed.abort();
    const asides = Promise.all([watch.run().finally(stop), tail.run(until).finally(stop)]);
    // Its failure is thrown below.
    asides.catch(() => {});
    try {
      await this.#read(reading, cursors, until, tail, watch);
      // Every partition is lost; the watch tells when there is one again.
      while (!until.aborted) await pause(LOOK_EVERY_MS, until);
    } catch (error) {
      if (!until.aborted) throw error;
    } finally {
      stop();
    }
    await asides;
  }

  async #look(asking: ClusterClient): Promise<Look> {
    const { request } = this.#task;
    const found = await asking.request(null, METADATA, request.topics);
    const byName = new Map(found.topics.map((topic) => [topic.name, topic]));
    const look: Look = { topics: [], partitions: new Set(), faults: new Map() };
    for (const name of request.topics) {
      const topic = byName.get(name);
      const code = topic?.errorCode ?? UNKNOWN_TOPIC;
      if (topic === undefined || (code !== 0 && code !== NO_LEADER))
        look.faults.set(name, faultOfCode(code, name));
      else {
        look.topics.push({ name, kafkaId: topic.topicId });
        for (const { id, leader } of topic.partitions)
          if (leader >= 0) look.partitions.add(`${name}/${id}`);
          else look.faults.set(`${name}/${id}`, faultOfCode(NO_LEADER, `${name}/${id}`));
      }
    }
    return look;
  }

  /** Where each partition of the look goes on. A partition whose offsets are refused leaves the look. */
  async #begin(asking: ClusterClient, look: Look): Promise<Map<string, PartitionCursor>> {
    const { db, signal } = this.#task;
    const { topics } = look;
    const partitions: PartitionBegin[] = [];
    const offsets = await asking.offsetsFor(topics.map(({ name }) => name));
    for (const { topic, partition, low, high, error } of offsets) {
      const name = `${topic}/${partition}`;
      if (!look.partitions.has(name)) continue;
      if (error === undefined)
        partitions.push({ topic, partition, askedFrom: null, low: Number(low), high: Number(high) });
      else {
        look.partitions.delete(name);
        look.faults.set(name, error);
      }
    }
    await findLostEnds({ client: asking, db, topics, partitions, signal });
    const { clusterId } = asking;
    const plan = await this.#sink.begin({ clusterId, topics, partitions, at: Date.now(), live: true });
    const cursors = new Map<string, PartitionCursor>();
    const made = this.#maker.cursorsOf(plan);
    for (const [index, { topic, partition }] of plan.partitions.entries())
      cursors.set(`${topic}/${partition}`, made[index]!);
    this.#meter.begin([...cursors.keys()]);
    for (const [where, fault] of look.faults) this.#meter.waits(where, fault);
    for (const { topic, partition, high } of partitions) {
      const name = `${topic}/${partition}`;
      this.#meter.behind(name, Math.max(high - cursors.get(name)!.position, 0));
    }
    return cursors;
  }

  async #read(
    client: ClusterClient,
    cursors: ReadonlyMap<string, PartitionCursor>,
    signal: AbortSignal,
    tail: OpenTail,
    watch: Watch,
  ): Promise<void> {
    const partitions = [...cursors].map(([name, { topic, position }]) => ({
      topic,
      partition: Number(name.slice(name.lastIndexOf('/') + 1)),
      from: position,
      to: Number.POSITIVE_INFINITY,
    }));
    const onWait = (where: string, fault: KafkaFault | null) => {
      // Closing the connections fails what is under way.
      if (signal.aborted) return;
      this.#meter.waits(where, fault);
      if (fault !== null && SUSPICIOUS.has(fault.code)) watch.lookNow();
    };
    for await (const chunk of readPartitions(client, {
      partitions,
      signal,
      giveUpAfterMs: Number.POSITIVE_INFINITY,
      follow: { paceMs: PACE_MS, maxWaitMs: MAX_WAIT_MS, onWait },
    })) {
      const name = `${chunk.topic}/${chunk.partition}`;
      if (chunk.fault !== null) {
        this.#meter.waits(name, chunk.fault);
        watch.lost(name);
      } else await this.#take(name, chunk, cursors.get(name)!, tail);
    }
  }

  async #take(name: string, chunk: FetchedChunk, cursor: PartitionCursor, tail: OpenTail): Promise<void> {
    if (chunk.nextOffset > cursor.position || chunk.columns.count > 0)
      await this.#write(() => this.#maker.frame(chunk, cursor));
    const { highWatermark, lastStable } = chunk;
    if (highWatermark < 0) return;
    this.#meter.behind(name, Math.max(Math.min(highWatermark, lastStable) - cursor.position, 0));
    tail.note(chunk, cursor);
  }

  async #write(make: () => RecordFrame | null): Promise<void> {
    const before = this.#turn;
    const mine = (async () => {
      await before;
      const frame = make();
      if (frame !== null) await this.#sink.frame(frame);
    })();
    this.#turn = mine.catch(() => {});
    await mine;
  }
}

/** Looks again and again whether there is more to follow than a round does; done when there is. */
class Watch {
  readonly #partitions: Set<string>;
  readonly #topics: string;
  readonly #ask: () => Promise<Look>;
  readonly #until: AbortSignal;
  #now = new AbortController();

  constructor(look: Look, ask: () => Promise<Look>, until: AbortSignal) {
    this.#partitions = new Set(look.partitions);
    this.#topics = signatureOf(look);
    this.#ask = ask;
    this.#until = until;
  }

  lookNow(): void {
    this.#now.abort();
  }

  /** The round no longer reads a partition; when it is there again, the round is over. */
  lost(partition: string): void {
    this.#partitions.delete(partition);
  }

  async run(): Promise<void> {
    for (;;) {
      await pause(LOOK_EVERY_MS, AbortSignal.any([this.#until, this.#now.signal]));
      this.#now = new AbortController();
      if (this.#until.aborted) return;
      let look: Look;
      try {
        look = await this.#ask();
      } catch (error) {
        // The reading meets the same fault and says so.
        if (!(error instanceof KafkaFault)) throw error;
        continue;
      }
      if (signatureOf(look) !== this.#topics || !look.partitions.isSubsetOf(this.#partitions)) return;
    }
  }
}

const UNKNOWN_TOPIC = 3;
const NO_LEADER = 5;

/** Which topics there are, and why the others are not. Partitions without a leader come and go and do not count. */
const signatureOf = ({ topics, faults }: Look): string =>
  JSON.stringify([
    topics.map(({ name, kafkaId }) => [name, kafkaId]),
    [...faults.values()].filter(({ code }) => code !== 'leader-unavailable').map(({ message }) => message),
  ]);
