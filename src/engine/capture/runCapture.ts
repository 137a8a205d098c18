/** One capture inside its thread: asks the cluster, reads, extracts and hands frames to the writer. */
import type { MessagePort } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { HindcastError } from '../../contract/errors.ts';
import { type ClusterClient, connectCluster } from '../kafka/clusterClient.ts';
import { type FetchedChunk, readPartitions } from '../kafka/fetchReader.ts';
import { type KafkaConnection, KafkaFault } from '../kafka/types.ts';
import { NameIds } from '../store/nameIds.ts';
import {
  detectTopicMapping,
  mappingFromText,
  mappingToText,
  type TopicMapping,
} from '../store/topicMapping.ts';
import { extractFrame, type PartitionCursor, RowRecord } from './extract.ts';
import { ProgressMeter } from './progressMeter.ts';
import type { CapturePlan, PartitionBegin } from './sinkMessages.ts';
import { SinkPort } from './sinkPort.ts';
import type { CaptureFrom, CaptureOutcome, CaptureProgress, CaptureRequest } from './types.ts';

const SAMPLES = 50;
/** A dead cluster is given up after this long without any progress. */
const GIVE_UP_MS = 30_000;

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
    { where: error.where, problem: error.message, next: error.nextStep },
    { cause: error, retryable: error.retryable },
  );
}

export async function runCapture(task: CaptureTask): Promise<CaptureOutcome> {
  const { request, signal } = task;
  const sink = new SinkPort(task.port);
  let client: ClusterClient | null = null;
  try {
    client = await connectCluster(request.connection, { signal });
    const partitions = await askPartitions(client, request);
    const topics = await Promise.all(
      request.topics.map(async (name) => ({ name, kafkaId: (await client!.topic(name)).topicId })),
    );
    const plan = await sink.begin({ clusterId: client.clusterId, topics, partitions, at: Date.now() });
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

/** End offsets now: the capture ends there. */
async function askPartitions(client: ClusterClient, request: CaptureRequest): Promise<PartitionBegin[]> {
  const offsets = await client.offsetsFor(request.topics);
  const byTime = new Map<string, number | null>();
  const { from } = request;
  if (typeof from === 'object' && 'time' in from)
    for (const topic of request.topics)
      for (const { partition, offset, error } of await client.offsetsByTime(topic, from.time)) {
        if (error !== undefined) throw error;
        byTime.set(`${partition}/${topic}`, offset === null ? null : Number(offset));
      }
  return offsets.map(({ topic, partition, low, high, error }) => {
    if (error !== undefined) throw error;
    const range = { low: Number(low), high: Number(high) };
    const askedFrom = startOf(from, range.high, byTime.get(`${partition}/${topic}`) ?? null);
    return { topic, partition, askedFrom, ...range };
  });
}

/** Where asking begins; earliest asks for everything, also for what retention has deleted. */
function startOf(from: CaptureFrom, high: number, atTime: number | null): number {
  if (from === 'earliest') return 0;
  return Math.min('offset' in from ? from.offset : (atTime ?? high), high);
}

class Run {
  readonly #task: CaptureTask;
  readonly #sink: SinkPort;
  readonly #client: ClusterClient;
  readonly #names: NameIds;
  readonly #cursors = new Map<string, PartitionCursor>();
  readonly #mappings = new Map<string, TopicMapping>();
  readonly #ends = new Map<string, number>();
  readonly #meter: ProgressMeter;
  readonly #outcome: CaptureOutcome;

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
    this.#names = new NameIds(task.db);
    for (const [topic, text] of Object.entries(plan.mappings))
      this.#mappings.set(topic, mappingFromText(text));
    let total = 0;
    plan.partitions.forEach(({ topic, partition, no, start, mono }, index) => {
      const key = `${partition}/${topic}`;
      const end = asked[index]!.high;
      this.#ends.set(key, end);
      total += Math.max(end - start, 0);
      this.#cursors.set(key, {
        partitionNo: no,
        topic,
        position: start,
        mono: mono ?? Number.NEGATIVE_INFINITY,
        mapping: this.#mappings.get(topic) ?? { mapping: null, hints: {}, reason: 'no record seen yet' },
      });
    });
    this.#meter = new ProgressMeter(total, task.onProgress);
    sink.onCredit = (rows, bytes) => this.#meter.wrote(rows, bytes);
    sink.onIndexing = () => this.#meter.indexing();
    this.#outcome = {
      status: 'complete',
      problem: null,
      nextStep: null,
      topics: task.request.topics.length,
      partitions: plan.partitions.length,
      stored: 0,
      bytes: 0,
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
    const ranges = [...this.#cursors].map(([key, cursor]) => ({
      topic: cursor.topic,
      partition: Number(key.slice(0, key.indexOf('/'))),
      from: cursor.position,
      to: this.#ends.get(key)!,
    }));
    try {
      const partitions = ranges.filter(({ from, to }) => from < to);
      for await (const chunk of readPartitions(this.#client, {
        partitions,
        signal,
        giveUpAfterMs: GIVE_UP_MS,
      })) {
        if (chunk.fault !== null) this.#note(chunk.fault);
        else await this.#take(chunk);
      }
    } catch (error) {
      if (signal.aborted) this.#outcome.status = 'cancelled';
      else if (error instanceof KafkaFault) this.#note(error);
      else throw error;
    }
    const totals = await this.#sink.end();
    for (const [key, cursor] of this.#cursors)
      this.#outcome.notRead += Math.max(this.#ends.get(key)! - cursor.position, 0);
    if (this.#outcome.notRead > 0 && this.#outcome.status === 'complete') {
      this.#outcome.status = 'incomplete';
      this.#outcome.problem ??= `${request.connection.brokers.join(', ')} sent less than was there at the start`;
    }
    const { rows, bytes, readMs, indexMs } = totals;
    return { ...this.#outcome, stored: rows, bytes, readMs, indexMs };
  }

  #note(fault: KafkaFault): void {
    if (this.#outcome.status !== 'cancelled') this.#outcome.status = 'incomplete';
    this.#outcome.problem ??= `${fault.where}: ${fault.message}`;
    this.#outcome.nextStep ??= fault.nextStep;
  }

  async #take(chunk: FetchedChunk): Promise<void> {
    const cursor = this.#cursors.get(`${chunk.partition}/${chunk.topic}`)!;
    if (chunk.nextOffset <= cursor.position && chunk.columns.count === 0) return;
    this.#learnMapping(cursor, chunk);
    const before = cursor.position;
    const frame = extractFrame(chunk, cursor, this.#names);
    for (const { reason, count } of frame.missing) {
      if (reason === 'compaction') this.#outcome.absent += count;
      else if (reason === 'retention') this.#outcome.retention += count;
      else this.#outcome.unreadable += count;
    }
    await this.#sink.frame(frame);
    this.#meter.passed(cursor.position - before);
  }

  /** The first JSON of a topic decides its mapping; it is kept in the workspace. */
  #learnMapping(cursor: PartitionCursor, chunk: FetchedChunk): void {
    let known = this.#mappings.get(cursor.topic);
    if (known === undefined && chunk.columns.count > 0) {
      const record = new RowRecord(cursor.topic, chunk.columns);
      const rows = Math.min(chunk.columns.count, SAMPLES);
      const detected = detectTopicMapping(Array.from({ length: rows }, (_, row) => record.at(row).keep()));
      if (detected.mapping !== null) {
        known = detected;
        this.#mappings.set(cursor.topic, detected);
        this.#sink.mapping(cursor.topic, mappingToText(detected));
      }
    }
    if (known !== undefined) cursor.mapping = known;
  }
}
