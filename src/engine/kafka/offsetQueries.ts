// Asks the leaders for offsets of any number of partitions: one large request a leader, never one a topic.
import { asFault, faultOfCode } from './faults.ts';
import type { ListedOffset, ListOffsetsInput } from './requests.ts';
import type { KafkaFault } from './types.ts';

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** What is needed of a cluster. */
export interface OffsetSource {
  /** The leader as last known; −1: none. */
  leaderOf(place: TopicPartition): number;
  refresh(topics: string[]): Promise<unknown>;
  ask(leader: number, input: ListOffsetsInput): Promise<ListedOffset[]>;
}

export interface OffsetQuery {
  places: readonly TopicPartition[];
  /** Milliseconds, or EARLIEST or LATEST. */
  timestamp: bigint;
  /** 1: latest means the last stable offset. */
  isolation: 0 | 1;
  /** How often leaders are looked for. Each further time waits 0.2 s, then 0.4 s and so on. */
  attempts: number;
}

export interface OffsetAnswer {
  /** null when refused; −1 when no record has such a time. */
  offset: bigint | null;
  timestamp: bigint;
  fault?: KafkaFault;
}

const PARTITIONS_PER_REQUEST = 20_000;

/** Answers in the order of the places. Leaders that moved are asked for again; nothing is thrown for one partition. */
export async function listOffsets(source: OffsetSource, query: OffsetQuery): Promise<OffsetAnswer[]> {
  const { places } = query;
  const answers: OffsetAnswer[] = new Array(places.length);
  let open = places.map((_, i) => i);
  for (let attempt = 0; attempt < query.attempts && open.length > 0; attempt++) {
    if (attempt > 0) {
      await new Promise((done) => setTimeout(done, 100 * 2 ** attempt));
      await source.refresh([...new Set(open.map((i) => places[i]!.topic))]);
    }
    const byLeader = new Map<number, number[]>();
    for (const i of open) {
      const place = places[i]!;
      const leader = source.leaderOf(place);
      if (leader < 0) answers[i] = refused(faultOfCode(5, `${place.topic}/${place.partition}`));
      else if (byLeader.has(leader)) byLeader.get(leader)!.push(i);
      else byLeader.set(leader, [i]);
    }
    await Promise.all(
      [...byLeader].map(async ([leader, indexes]) => {
        for (let at = 0; at < indexes.length; at += PARTITIONS_PER_REQUEST)
          await askLeader(source, query, leader, indexes.slice(at, at + PARTITIONS_PER_REQUEST), answers);
      }),
    );
    open = open.filter((i) => answers[i]!.fault?.retryable);
  }
  return answers;
}

const refused = (fault: KafkaFault): OffsetAnswer => ({ offset: null, timestamp: -1n, fault });

async function askLeader(
  source: OffsetSource,
  { places, timestamp, isolation }: OffsetQuery,
  leader: number,
  indexes: number[],
  answers: OffsetAnswer[],
): Promise<void> {
  const topics = new Map<string, { partition: number; timestamp: bigint }[]>();
  const indexOf = new Map<string, number>();
  for (const i of indexes) {
    const { topic, partition } = places[i]!;
    if (!topics.has(topic)) topics.set(topic, []);
    topics.get(topic)!.push({ partition, timestamp });
    indexOf.set(`${partition} ${topic}`, i);
    answers[i] = refused(faultOfCode(3, topic));
  }
  try {
    const named = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    for (const found of await source.ask(leader, { isolation, topics: named })) {
      const { topic, partition, errorCode, offset } = found;
      const i = indexOf.get(`${partition} ${topic}`);
      if (i === undefined) continue;
      answers[i] =
        errorCode === 0
          ? { offset, timestamp: found.timestamp }
          : refused(leaderFault(errorCode, `${topic}/${partition}`));
    }
  } catch (error) {
    for (const i of indexes) answers[i] = refused(asFault(error, `broker ${leader}`));
  }
}

/** A partition that its old leader does not know has moved or the topic is gone: metadata decides which. */
function leaderFault(code: number, where: string): KafkaFault {
  const NOT_HERE = 3;
  const NOT_LEADER = 6;
  return faultOfCode(code === NOT_HERE ? NOT_LEADER : code, where);
}
