// The only place that can write to Kafka. Acknowledged by all replicas in sync, idempotent, one write at a time; the
// partition is given, nothing is decided here. A write whose answer was lost is sent again with the same number, so the
// broker keeps it once; when even that brings no answer, the outcome is unknown and said so.
import { type BatchOrigin, encodeBatch, type RecordToWrite } from './batchWriter.ts';
import { type ClusterClient, connectCluster } from './clusterClient.ts';
import { asFault, faultOfCode, isPassingCode } from './faults.ts';
import { type KafkaConnection, KafkaFault, type KafkaLog } from './types.ts';
import { INIT_PRODUCER_ID, PRODUCE } from './writeRequests.ts';

export interface PublishInput extends RecordToWrite {
  topic: string;
  partition: number;
}

export interface Published {
  partition: number;
  offset: bigint;
  /** The timestamp the record has now: the broker's when the topic uses its own time. */
  timestamp: number;
}

export interface GuardedProducer {
  /** Writes one record. @throws KafkaFault; with code outcome-unknown it may or may not have been written */
  publish(input: PublishInput): Promise<Published>;
  close(): void;
}

const ATTEMPTS = 8;
const DUPLICATE_SEQUENCE = 46;
const FENCED_CODES = new Set([45, 47, 59, 90]);

/** Connects and takes a producer number. @throws KafkaFault */
export async function openProducer(
  connection: KafkaConnection,
  options: { log?: KafkaLog } = {},
): Promise<GuardedProducer> {
  const client = await connectCluster(connection, options);
  try {
    return new Producer(client, connection, await takeNumber(client));
  } catch (error) {
    client.close();
    throw error;
  }
}

async function takeNumber(client: ClusterClient): Promise<{ producerId: bigint; producerEpoch: number }> {
  const where = client.brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  for (let attempt = 1; ; attempt++) {
    const answer = await client.request(null, INIT_PRODUCER_ID, undefined);
    if (answer.errorCode === 0) return answer;
    if (!isPassingCode(answer.errorCode) || attempt === ATTEMPTS) throw faultOfCode(answer.errorCode, where);
    await pause(attempt);
  }
}

const pause = (attempt: number) =>
  new Promise((done) => setTimeout(done, Math.min(50 * 2 ** attempt, 2_000)));

class Producer implements GuardedProducer {
  readonly #client: ClusterClient;
  readonly #connection: KafkaConnection;
  readonly #sequences = new Map<string, number>();
  #origin: { producerId: bigint; producerEpoch: number } | null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    client: ClusterClient,
    connection: KafkaConnection,
    origin: { producerId: bigint; producerEpoch: number },
  ) {
    this.#client = client;
    this.#connection = connection;
    this.#origin = origin;
  }

  publish(input: PublishInput): Promise<Published> {
    const mine = this.#last.then(() => this.#publish(input));
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #publish(input: PublishInput): Promise<Published> {
    const where = `${input.topic}/${input.partition}`;
    this.#origin ??= await takeNumber(this.#client);
    const baseSequence = this.#sequences.get(where) ?? 0;
    const origin: BatchOrigin = { ...this.#origin, baseSequence };
    const records = encodeBatch([input], origin);
    const { topic, partition } = input;
    let lostAnswer: KafkaFault | null = null;
    let fault: KafkaFault | null = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(attempt);
      let leader: number;
      try {
        leader = await this.#client.leaderOf({ topic, partition }, attempt > 0);
      } catch (error) {
        fault = asFault(error, where, this.#connection);
        if (!fault.retryable) break;
        continue;
      }
      try {
        const answer = await this.#client.request(leader, PRODUCE, {
          timeoutMs: 30_000,
          topic,
          partition,
          records,
        });
        if (answer.errorCode === 0 || (answer.errorCode === DUPLICATE_SEQUENCE && answer.baseOffset >= 0n)) {
          this.#sequences.set(where, (baseSequence + 1) & 0x7fffffff);
          const appended = Number(answer.logAppendTime);
          return {
            partition,
            offset: answer.baseOffset,
            timestamp: appended < 0 ? input.timestamp : appended,
          };
        }
        fault = faultOfCode(answer.errorCode, where);
        if (FENCED_CODES.has(answer.errorCode)) this.#forgetNumber();
        // NOT_ENOUGH_REPLICAS_AFTER_APPEND: the leader has written it, and is asked again with the same number.
        if (answer.errorCode === 20 || answer.errorCode === 7) lostAnswer = fault;
        if (!isPassingCode(answer.errorCode) && !fault.retryable) break;
      } catch (error) {
        fault = asFault(error, where, this.#connection);
        // A request that never left is no loss; one that was under way may have been written.
        if (!NEVER_SENT.has(fault.code)) lostAnswer = fault;
        if (!fault.retryable) break;
      }
    }
    if (lostAnswer === null) throw fault!;
    this.#forgetNumber();
    throw new KafkaFault(
      'outcome-unknown',
      where,
      `The write to ${where} was sent, but no answer came: it may or may not have been written`,
      'Read the end of the partition before publishing again; the idempotency key tells whether it is there.',
      { cause: lostAnswer },
    );
  }

  /** A number whose next sequence is uncertain must never be used again: the broker could take a new record for an old one. */
  #forgetNumber(): void {
    this.#sequences.clear();
    this.#origin = null;
  }

  close(): void {
    this.#client.close();
  }
}

const NEVER_SENT = new Set([
  'address-invalid',
  'name-not-found',
  'connection-refused',
  'unreachable',
  'tls-untrusted',
  'tls-hostname',
  'tls-expired',
  'sasl-failed',
  'broker-gone',
  'kafka-too-old',
]);
