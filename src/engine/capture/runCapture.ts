/** One capture inside its thread: asks the cluster, reads, extracts and hands frames to the writer. */
import type { MessagePort } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { HindcastError, placed } from '../../contract/errors.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { partitionForKey } from '../kafka/murmur2.ts';
import { type KafkaConnection, KafkaFault } from '../kafka/types.ts';
import type { RecordFrame } from '../store/frame.ts';
import { metaOf } from '../store/open.ts';
import { askPartitions } from './askOffsets.ts';
import { connectFor } from './connecting.ts';
import { FrameMaker } from './frameMaker.ts';
import { keepKey, keyFrame, unseenIn } from './keyFrames.ts';
import { findLostEnds } from './lostEnds.ts';
import { CONNECTING, ProgressMeter } from './progressMeter.ts';
import type { CapturePlan, PartitionBegin } from './sinkMessages.ts';
import { SinkPort } from './sinkPort.ts';
import { type Step, wavesOf } from './steps.ts';
import type { CaptureOutcome, CaptureProgress, CaptureRequest } from './types.ts';

/** A dead cluster is given up after this long without any progress; a broker that is restarted may take half of it. */
const GIVE_UP_MS = 60_000;

export interface CaptureTask {
  request: CaptureRequest;
  /** To the writer. */
  port: MessagePort;
  /** Read-only, for names that the workspace knows already. */
  db: Database;
  signal: AbortSignal;
  onProgress: (progress: CaptureProgress) => void;
}

/** A fault before or during the capture, as the person sees it. */
export function asHindcastError(error: unknown, connection: KafkaConnection): unknown {
  if (!(error instanceof KafkaFault)) return error;
  if (error.code === 'topic-unknown')
    return new HindcastError('topic.unknown', { topic: error.where, where: connection.brokers.join(', ') });
  if (error.code === 'topic-not-authorized') return new HindcastError('topic.denied', { topic: error.where });
  if (error.code === 'cancelled') return new HindcastError('cancelled', { what: 'The capture' });
  return new HindcastError(
    'connection.failed',
    { where: error.where, problem: placed(error.where, error.message), next: error.nextStep },
    { cause: error, retryable: error.retryable },
  );
}

export async function runCapture(task: CaptureTask): Promise<CaptureOutcome> {
  const { request, signal, db } = task;
  const sink = new SinkPort(task.port);
  let client: ClusterClient | null = null;
  try {
    const onWait = (waits: string) => task.onProgress({ ...CONNECTING, waits });
    const isKnown = metaOf(db, 'cluster_id') !== null;
    const asked = await connectFor(request.connection, { signal, isKnown, onWait }, async (connected) => {
      const partitions = await askPartitions(connected, request);
      const topics = await Promise.all(
        request.topics.map(async (name) => ({ name, kafkaId: (await connected.topic(name)).topicId })),
      );
      await findLostEnds({ client: connected, db, topics, partitions, signal });
      return { partitions, topics };
    });
    client = asked.client;
    const { partitions, topics } = asked.result;
    const key = request.key ?? null;
    const { clusterId } = client;
    const plan = await sink.begin({ clusterId, topics, partitions, key, at: Date.now() });
    return await new Run(task, sink, client, partitions, plan).read();
  } catch (error) {
    throw asHindcastError(
      signal.aborted ? new HindcastError('cancelled', { what: 'The capture' }) : error,
      request.connection,
    );
  } finally {
    client?.close();
    task.port.close();
  }
}

const nameOf = (topic: string, partition: number) => `${partition}/${topic}`;

class Run {
  readonly #task: CaptureTask;
  readonly #sink: SinkPort;
  readonly #client: ClusterClient;
  readonly #maker: FrameMaker;
  readonly #waves: ReturnType<typeof wavesOf>;
  readonly #meter: ProgressMeter;
  readonly #outcome: CaptureOutcome;
  /** Partitions that were given up. */
  readonly #lost = new Set<string>();
  /** Of the asked key, by partition. */
  readonly #found = new Map<string, number>();

  constructor(
    task: CaptureTask,
    sink: SinkPort,
    client: ClusterClient,
    asked: readonly PartitionBegin[],
    plan: CapturePlan,
  ) {
    this.#task = task;
    this.#sink = sink;
    this.#client = client;
    this.#maker = new FrameMaker(task.db, (topic, text) => sink.mapping(topic, text));
    const { key } = task.request;
    const isHome = homeOf(asked, key);
    this.#waves = wavesOf(plan, this.#maker.cursorsOf(plan), isHome);
    const steps = this.#waves.flatMap((wave) => wave.steps);
    this.#meter = new ProgressMeter(
      steps.reduce((sum, { from, to }) => sum + to - from, 0),
      task.onProgress,
    );
    sink.onCredit = (records, bytes) => this.#meter.wrote(records, bytes);
    sink.onIndexing = () => this.#meter.indexing();
    const places = asked.map(({ topic, partition }) => ({ topic, partition, records: 0 }));
    const home = places.filter(({ topic, partition }) => isHome(topic, partition));
    this.#outcome = {
      status: 'complete',
      problem: null,
      nextStep: null,
      topics: task.request.topics.length,
      partitions: plan.partitions.length,
      stored: 0,
      bytes: 0,
      aside: plan.aside,
      key: key === undefined ? null : { home, elsewhere: places, others: places.length - home.length },
      absent: 0,
      retention: plan.retention,
      unreadable: 0,
      notRead: 0,
      readMs: 0,
      indexMs: 0,
    };
  }

  async read(): Promise<CaptureOutcome> {
    const { signal, request } = this.#task;
    const reached = new Map<Step, number>();
    try {
      for (const { steps, isElsewhere } of this.#waves) {
        const mine = steps.filter(({ topic, partition }) => !this.#lost.has(nameOf(topic, partition)));
        if (isElsewhere) this.#meter.elsewhere();
        await this.#readSteps(mine, reached);
      }
    } catch (error) {
      if (signal.aborted) this.#outcome.status = 'cancelled';
      else if (error instanceof KafkaFault) this.#note(error);
      else throw error;
    }
    const totals = await this.#sink.end();
    for (const step of this.#waves.flatMap(({ steps }) => steps))
      this.#outcome.notRead += step.to - (reached.get(step) ?? step.from);
    if (this.#outcome.notRead > 0 && this.#outcome.status === 'complete') {
      this.#outcome.status = 'incomplete';
      this.#outcome.problem ??= `${request.connection.brokers.join(', ')} sent less than was there at the start`;
    }
    const { records, bytes, readMs, indexMs } = totals;
    return { ...this.#outcome, key: this.#keyFinding(), stored: records, bytes, readMs, indexMs };
  }

  #keyFinding(): CaptureOutcome['key'] {
    const { key } = this.#outcome;
    if (key === null) return null;
    const recordsIn = ({ topic, partition }: { topic: string; partition: number }) =>
      this.#found.get(nameOf(topic, partition)) ?? 0;
    const home = key.home.map((place) => ({ ...place, records: recordsIn(place) }));
    const atHome = new Set(home.map(({ topic, partition }) => nameOf(topic, partition)));
    const elsewhere = key.elsewhere
      .filter(({ topic, partition }) => !atHome.has(nameOf(topic, partition)))
      .map((place) => ({ ...place, records: recordsIn(place) }))
      .filter(({ records }) => records > 0);
    return { ...key, home, elsewhere };
  }

  /** At most one step of each partition. */
  async #readSteps(steps: readonly Step[], reached: Map<Step, number>): Promise<void> {
    const byName = new Map(steps.map((step) => [nameOf(step.topic, step.partition), step]));
    for (const { cursor, from, mono } of steps) {
      cursor.position = from;
      cursor.mono = Math.max(cursor.mono, mono ?? Number.NEGATIVE_INFINITY);
    }
    const partitions = steps.map(({ topic, partition, from, to }) => ({ topic, partition, from, to }));
    const { signal } = this.#task;
    for await (const chunk of readPartitions(this.#client, {
      ...{ partitions, signal, giveUpAfterMs: GIVE_UP_MS, lendBytes: true },
    })) {
      const name = nameOf(chunk.topic, chunk.partition);
      const step = byName.get(name)!;
      if (chunk.fault !== null) {
        this.#lost.add(name);
        this.#note(chunk.fault);
      } else await this.#take(chunk, step);
      reached.set(step, step.cursor.position);
    }
  }

  #note(fault: KafkaFault): void {
    if (this.#outcome.status !== 'cancelled') this.#outcome.status = 'incomplete';
    this.#outcome.problem ??= placed(fault.where, fault.message);
    this.#outcome.nextStep ??= fault.nextStep;
  }

  async #take(chunk: FetchedChunk, { cursor, key }: Step): Promise<void> {
    if (chunk.nextOffset <= cursor.position && chunk.columns.count === 0) return;
    const before = cursor.position;
    const frame = key === null ? this.#maker.frame(chunk, cursor) : this.#keyFrame(chunk, cursor, key);
    for (const { reason, count } of frame.missing) {
      if (reason === 'compaction') this.#outcome.absent += count;
      else if (reason === 'retention') this.#outcome.retention += count;
      else this.#outcome.unreadable += count;
    }
    await this.#sink.frame(frame);
    this.#meter.passed(cursor.position - before);
  }

  #keyFrame(chunk: FetchedChunk, cursor: Step['cursor'], key: Uint8Array): RecordFrame {
    const unseen = unseenIn(chunk, cursor.position);
    if (chunk.removed === null) this.#outcome.unreadable += unseen;
    else this.#outcome.retention += unseen;
    const frame = keyFrame(this.#maker.frame(keepKey(chunk, key), cursor), key, unseen);
    const { request } = this.#task;
    const name = nameOf(chunk.topic, chunk.partition);
    if (request.key !== undefined && Buffer.compare(key, request.key) === 0)
      this.#found.set(name, (this.#found.get(name) ?? 0) + frame.counts.stored);
    return frame;
  }
}

/** Whether a partition is the one that the key hashes to; all are without a key. */
function homeOf(
  asked: readonly PartitionBegin[],
  key: Uint8Array | undefined,
): (topic: string, partition: number) => boolean {
  if (key === undefined) return () => true;
  const counts = new Map<string, number>();
  for (const { topic } of asked) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return (topic, partition) => partitionForKey(key, counts.get(topic)!) === partition;
}
