/** Who reads a topic and how far behind, as the page sees it. */
import { int64 } from '../../contract/common.ts';
import type { contract, Output } from '../../contract/contract.ts';
import type { TopicGroup, TopicLag } from '../../contract/topics.ts';
import { partProblem } from '../connections/partProblem.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { type Ends, endsOf, lagOf, timesOf, type WaitingTimes, waitingKey } from '../kafka/groupLag.ts';
import type { CommittedOffset } from '../kafka/groupRequests.ts';
import {
  committedOffsets,
  type GroupList,
  groupsOfTopic,
  listGroupHeads,
  type TopicGroup as ReadGroup,
  shareOffsets,
} from '../kafka/groups.ts';
import { KafkaFault } from '../kafka/types.ts';

const groupRight = (groupId: string) => `Describe on the group ${groupId}`;
const textOrNull = (value: bigint | null) => (value === null ? null : int64(value));

/** What holds for the list of groups as a whole. */
const listProblems = ({ faults }: Pick<GroupList, 'faults'>): string[] => [
  ...new Set(faults.map((fault) => `${fault.where}: ${partProblem(fault, 'Describe on the cluster')}`)),
];

/** Groups of one topic with members, lag and the age of what they have not read. @throws KafkaFault topic-… */
export async function topicGroups(
  client: ClusterClient,
  topic: string,
  lateAfterMs: number | null,
): Promise<Output<typeof contract.topics.groups>> {
  const partitions = (await client.partitions(topic)).map(({ id }) => id);
  const places = partitions.map((partition) => ({ topic, partition }));
  const found = await groupsOfTopic(client, { name: topic, partitions });
  const at = Date.now();
  const ends = await endsOf(client, places, lateAfterMs === null ? null : at - lateAfterMs);
  const endOf = new Map(partitions.map((partition, i) => [partition, ends[i]!]));
  const behind = found.groups.flatMap((group) =>
    [...group.committed].flatMap(([partition, offset]) => {
      const high = endOf.get(partition)?.high ?? null;
      const lag = lagIn(group, partition, high) ?? 0n;
      return lag === 0n || !isNextUnread(lag, offset, high!) ? [] : [{ topic, partition, offset, lag }];
    }),
  );
  behind.sort((a, b) => (a.lag < b.lag ? 1 : -1));
  const times = await timesOf(client, behind);
  const problems = listProblems(found);
  if (times.fault !== null)
    problems.push(`How long records wait is not known. ${partProblem(times.fault, `Read on ${topic}`)}`);
  if (times.leftOut > 0)
    problems.push(`The age of ${times.leftOut} further unread places was not asked for; their lag is exact.`);
  return {
    at,
    groups: found.groups.map((group) => groupOut(group, topic, partitions, endOf, times)),
    unclear: found.unclear.map((group) => ({
      groupId: group.groupId,
      problem: problemOf(group) ?? `Members of a ${group.protocol} group are not described here.`,
    })),
    looked: found.looked,
    sees: found.sees,
    problems,
  };
}

/** Null when it is not known. Of a share group as the broker tells, as records are done with out of order there. */
function lagIn({ committed, shareLags }: ReadGroup, partition: number, high: bigint | null): bigint | null {
  const offset = committed.get(partition) ?? null;
  if (offset === null || high === null || offset > high) return null;
  return shareLags === null ? lagOf(offset, high) : (shareLags.get(partition) ?? null);
}

/**
 * Whether the record at the offset is the first unread one. A share group may be done with it already and not have moved
 * its start: only when all that follows the start counts as unread, the record at the start does.
 */
const isNextUnread = (lag: bigint, offset: bigint, high: bigint) => lag === lagOf(offset, high);

function problemOf({ groupId, membersFault, offsetsFault }: ReadGroup): string | null {
  const faults = [membersFault, offsetsFault].filter((fault) => fault !== null);
  if (faults.length === 0) return null;
  return [...new Set(faults.map((fault) => partProblem(fault, groupRight(groupId))))].join(' ');
}

function groupOut(
  group: ReadGroup,
  topic: string,
  partitions: readonly number[],
  endOf: ReadonlyMap<number, Ends>,
  { times }: WaitingTimes,
): TopicGroup {
  const members = group.members?.map(({ memberId, instanceId, clientId, host, assigned }) => ({
    ...{ memberId, instanceId, clientId, host },
    partitions: assigned
      .flatMap((part) => (part.topic === topic ? part.partitions : []))
      .sort((a, b) => a - b),
  }));
  const holder = new Map(
    members?.flatMap(({ memberId, partitions: own }) => own.map((id) => [id, memberId])),
  );
  const rows = partitions.map((partition): TopicGroup['partitions'][number] => {
    const committed = group.committed.get(partition) ?? null;
    const { high, old, fault } = endOf.get(partition)!;
    const isBeyond = committed !== null && high !== null && committed > high;
    const lag = lagIn(group, partition, high);
    const key = committed === null ? null : waitingKey({ topic, partition, offset: committed });
    return {
      partition,
      committed: textOrNull(committed),
      high: textOrNull(high),
      lag: textOrNull(lag),
      waitingSince: lag === null || lag === 0n ? null : (times.get(key!) ?? null),
      late:
        lag === null
          ? null
          : lag === 0n
            ? false
            : old === null || !isNextUnread(lag, committed!, high!)
              ? null
              : committed! < old,
      member: holder.get(partition) ?? null,
      problem: isBeyond
        ? `It stands at ${committed}, beyond the end ${high}: the topic was cut off or made anew.`
        : fault !== null && high === null
          ? partProblem(fault, `Describe on ${topic}`)
          : null,
    };
  });
  const known = rows.flatMap(({ lag }) => (lag === null ? [] : [BigInt(lag)]));
  const waiting = rows.flatMap(({ waitingSince }) => (waitingSince === null ? [] : [waitingSince]));
  const lates = rows.map(({ late }) => late);
  return {
    ...{
      groupId: group.groupId,
      protocol: group.protocol,
      state: group.state,
      coordinator: group.coordinator,
    },
    members: members ?? null,
    partitions: rows,
    lag: known.length === 0 ? null : int64(known.reduce((sum, one) => sum + one, 0n)),
    unknownPartitions: rows.length - known.length,
    waitingSince: waiting.length === 0 ? null : Math.min(...waiting),
    late: lates.includes(true) ? true : lates.some((late) => late === false) ? false : null,
    problem: problemOf(group),
  };
}

/** Lag of the groups of every topic: three requests a broker, however many topics. */
export async function allLags(client: ClusterClient, lateAfterMs: number | null) {
  await client.refreshBrokers();
  const list = await listGroupHeads(client);
  const [offsets, shared] = await Promise.all([
    committedOffsets(client, list.heads, null),
    shareOffsets(client, list.heads, null),
  ]);
  const problems = listProblems(list);
  const refused = [...offsets, ...shared].filter(([, answer]) => answer instanceof KafkaFault);
  if (refused.length > 0) {
    const [groupId, fault] = refused[0] as [string, KafkaFault];
    const others = refused.length === 1 ? '' : ` and ${refused.length - 1} others`;
    problems.push(`Not known of ${groupId}${others}: ${partProblem(fault, 'Describe on the group')}`);
  }
  const committed = [
    ...[...offsets].flatMap(([groupId, answer]) =>
      answer instanceof KafkaFault
        ? []
        : answer.filter(isCommitted).map((one): Stand => ({ groupId, ...one, told: null })),
    ),
    ...[...shared].flatMap(([groupId, answer]) =>
      answer instanceof KafkaFault
        ? []
        : answer
            .map(({ start, lag, ...one }) => ({ ...one, offset: start, told: lag }))
            .filter(isCommitted)
            .map((one): Stand => ({ groupId, ...one })),
    ),
  ];
  const places = [...new Map(committed.map((one) => [`${one.partition} ${one.topic}`, one])).values()];
  const at = Date.now();
  const ends = await endsOf(client, places, lateAfterMs === null ? null : at - lateAfterMs);
  const endOf = new Map(places.map(({ topic, partition }, i) => [`${partition} ${topic}`, ends[i]!]));
  const rows = [...Map.groupBy(committed, ({ topic }) => topic)].map(([name, own]) =>
    lagOfTopic(name, own, (partition) => endOf.get(`${partition} ${name}`)!),
  );
  return { head: { at, looked: list.heads.length, sees: list.sees, problems }, rows };
}

/** How far a group is in a partition. */
interface Stand {
  groupId: string;
  topic: string;
  partition: number;
  offset: bigint;
  /** Lag as the broker tells it; −1: it does not. Null: what lies between the offset and the end. */
  told: bigint | null;
}

const isCommitted = ({ errorCode, offset }: Pick<CommittedOffset, 'errorCode' | 'offset'>) =>
  errorCode === 0 && offset >= 0n;

function lagOfTopic(name: string, committed: readonly Stand[], endOf: (partition: number) => Ends): TopicLag {
  const groups = Map.groupBy(committed, ({ groupId }) => groupId);
  let most: { group: string; lag: bigint } | null = null;
  const lateGroups: string[] = [];
  for (const [group, own] of groups) {
    let lag: bigint | null = null;
    let isLate = false;
    for (const { partition, offset, told } of own) {
      const { high, old } = endOf(partition);
      // An offset beyond the end says nothing: the topic was cut off or made anew.
      if (high === null || offset > high || told === -1n) continue;
      const behind = told ?? lagOf(offset, high);
      lag = (lag ?? 0n) + behind;
      if (behind > 0n && isNextUnread(behind, offset, high) && old !== null && offset < old) isLate = true;
    }
    if (lag !== null && (most === null || lag > most.lag)) most = { group, lag };
    if (isLate) lateGroups.push(group);
  }
  return {
    name,
    groups: groups.size,
    mostLag: most === null ? null : int64(most.lag),
    group: most?.group ?? null,
    lateGroups: lateGroups.sort(),
  };
}
