// Who reads: consumer groups of both protocols with their members and committed offsets. Each part that a login may
// not see, or that fails, carries its own fault; the rest stands.
import type { ClusterClient } from './clusterClient.ts';
import { MAY_DESCRIBE_CLUSTER } from './describeRequests.ts';
import { asFault, faultOfCode } from './faults.ts';
import {
  CONSUMER_GROUP_DESCRIBE,
  type CommittedOffset,
  DESCRIBE_GROUPS,
  type DescribedGroup,
  type GroupOffsets,
  OFFSET_FETCH,
  OFFSET_FETCH_ONE,
  type OffsetFetchInput,
  SHARE_GROUP_DESCRIBE,
  type WireMember,
} from './groupRequests.ts';
import { type Api, LIST_GROUPS } from './requests.ts';
import { DESCRIBE_SHARE_GROUP_OFFSETS, type ShareOffset } from './shareRequests.ts';
import { STREAMS_GROUP_DESCRIBE } from './streamsRequests.ts';
import { KafkaFault } from './types.ts';

/** streams: KIP-1071. share: KIP-932, with a start offset and a lag in place of committed offsets. */
export type GroupProtocol = 'classic' | 'consumer' | 'share' | 'streams' | 'other';

export interface GroupHead {
  groupId: string;
  protocol: GroupProtocol;
  /** `consumer` for consumers; `connect` and others use groups for their own ends; empty: only offsets were committed. */
  protocolType: string;
  /** As the broker calls it: Stable, Empty, PreparingRebalance …; null when it is too old to say. */
  state: string | null;
  /** The broker that answers for the group. */
  coordinator: number;
}

export interface GroupList {
  heads: GroupHead[];
  /** Brokers whose groups are not known. */
  faults: KafkaFault[];
  /** false: only groups that this login may describe are listed. null: the cluster is too old to tell. */
  sees: 'all' | 'allowed' | 'unknown';
}

const PROTOCOLS: Record<string, GroupProtocol> = {
  classic: 'classic',
  consumer: 'consumer',
  share: 'share',
  streams: 'streams',
};

/** Every group that this login may see, from every broker. */
export async function listGroupHeads(client: ClusterClient): Promise<GroupList> {
  const heads = new Map<string, GroupHead>();
  const faults: KafkaFault[] = [];
  const [sees] = await Promise.all([
    client.request(null, MAY_DESCRIBE_CLUSTER, undefined).then(
      (may) => (may ? ('all' as const) : ('allowed' as const)),
      () => 'unknown' as const,
    ),
    ...client.brokers.map(async ({ id }) => {
      try {
        const groups = await patiently(async () => {
          const answer = await client.request(id, LIST_GROUPS, undefined);
          if (answer.errorCode !== 0) throw faultOfCode(answer.errorCode, `broker ${id}`);
          return answer.groups;
        });
        for (const { groupId, protocolType, state, type } of groups) {
          // Before Kafka 3.8 no type is told, and there is only one.
          const protocol = type === null ? 'classic' : (PROTOCOLS[type.toLowerCase()] ?? 'other');
          heads.set(groupId, { groupId, protocol, protocolType, state, coordinator: id });
        }
      } catch (error) {
        faults.push(asFault(error, `broker ${id}`));
      }
    }),
  ]);
  const sorted = [...heads.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  return { heads: sorted, faults, sees };
}

const ATTEMPTS = 4;

/** A coordinator that is just being loaded answers a moment later. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS || !asFault(error, '').retryable) throw error;
      await new Promise((done) => setTimeout(done, 100 * 2 ** attempt));
    }
  }
}

const GROUPS_PER_REQUEST = 200;

/** Asks each coordinator for its groups, in parts; the answer of each group, or why there is none. */
async function askCoordinators<T>(
  heads: readonly GroupHead[],
  ask: (broker: number, groups: string[]) => Promise<Map<string, T | KafkaFault>>,
): Promise<Map<string, T | KafkaFault>> {
  const answers = new Map<string, T | KafkaFault>();
  await Promise.all(
    [...Map.groupBy(heads, ({ coordinator }) => coordinator)].map(async ([broker, own]) => {
      for (let at = 0; at < own.length; at += GROUPS_PER_REQUEST) {
        const names = own.slice(at, at + GROUPS_PER_REQUEST).map(({ groupId }) => groupId);
        try {
          const found = await patiently(() => ask(broker, names));
          for (const name of names) answers.set(name, found.get(name) ?? faultOfCode(GROUP_NOT_FOUND, name));
        } catch (error) {
          for (const name of names) answers.set(name, asFault(error, `broker ${broker}`));
        }
      }
    }),
  );
  return answers;
}

const GROUP_NOT_FOUND = 69;

/** Members of groups that have some; a group without any is told by its state and not asked for. */
export async function describeMembers(
  client: ClusterClient,
  heads: readonly GroupHead[],
): Promise<Map<string, WireMember[] | KafkaFault>> {
  const described = (api: Api<string[], DescribedGroup[]>) => async (broker: number, groups: string[]) =>
    new Map(
      (await client.request(broker, api, groups)).map((group): [string, WireMember[] | KafkaFault] => [
        group.groupId,
        group.errorCode === 0 ? group.members : faultOfCode(group.errorCode, group.groupId),
      ]),
    );
  const of = (protocol: GroupProtocol) => heads.filter((head) => head.protocol === protocol);
  const parts = await Promise.all([
    askCoordinators(of('classic'), described(DESCRIBE_GROUPS)),
    askCoordinators(of('consumer'), described(CONSUMER_GROUP_DESCRIBE)),
    askCoordinators(of('share'), described(SHARE_GROUP_DESCRIBE)),
    askCoordinators(of('streams'), described(STREAMS_GROUP_DESCRIBE)),
  ]);
  return new Map(parts.flatMap((part) => [...part]));
}

/** Committed offsets of groups that commit some: all but share groups. Topics null: of all topics. */
export function committedOffsets(
  client: ClusterClient,
  heads: readonly GroupHead[],
  topics: OffsetFetchInput['topics'],
): Promise<Map<string, CommittedOffset[] | KafkaFault>> {
  const answerOf = ({
    groupId,
    errorCode,
    offsets,
  }: GroupOffsets): [string, CommittedOffset[] | KafkaFault] => [
    groupId,
    errorCode === 0 ? offsets : faultOfCode(errorCode, groupId),
  ];
  return askCoordinators(
    heads.filter(({ protocol }) => protocol !== 'share'),
    async (broker, groups) => {
      try {
        return new Map((await client.request(broker, OFFSET_FETCH, { groups, topics })).map(answerOf));
      } catch (error) {
        if (asFault(error, '').code !== 'kafka-too-old') throw error;
      }
      const found = new Map<string, CommittedOffset[] | KafkaFault>();
      for (const group of groups) {
        const answer = await client.request(broker, OFFSET_FETCH_ONE, { group, topics });
        found.set(...answerOf({ groupId: group, ...answer }));
      }
      return found;
    },
  );
}

/** What share groups are not done with. Empty from brokers before Kafka 4.1, which do not tell. Topics null: of all. */
export async function shareOffsets(
  client: ClusterClient,
  heads: readonly GroupHead[],
  topics: OffsetFetchInput['topics'],
): Promise<Map<string, ShareOffset[] | KafkaFault>> {
  const answers = await askCoordinators(
    heads.filter(({ protocol }) => protocol === 'share'),
    async (broker, groups) => {
      const found = await client.request(broker, DESCRIBE_SHARE_GROUP_OFFSETS, { groups, topics });
      return new Map(
        found.map(({ groupId, errorCode, offsets }): [string, ShareOffset[] | KafkaFault] => [
          groupId,
          errorCode === 0 ? offsets : faultOfCode(errorCode, groupId),
        ]),
      );
    },
  );
  for (const [groupId, answer] of answers)
    if (isFault(answer) && answer.code === 'kafka-too-old') answers.set(groupId, []);
  return answers;
}

export interface TopicGroup extends GroupHead {
  /** Members that asked for the topic or have partitions of it; null when they are not known. */
  members: WireMember[] | null;
  /** Committed offsets of the topic, by partition; of a share group the first that it is not done with. */
  committed: Map<number, bigint>;
  /** Of a share group: records that it is not done with, where the broker tells. Null: the protocol has none. */
  shareLags: Map<number, bigint> | null;
  /** What of the two is not known, and why. */
  membersFault: KafkaFault | null;
  offsetsFault: KafkaFault | null;
}

export interface TopicGroups {
  groups: TopicGroup[];
  /** Groups of which it is not known whether they read the topic. */
  unclear: TopicGroup[];
  /** How many groups of the cluster were looked at. */
  looked: number;
  faults: KafkaFault[];
  sees: GroupList['sees'];
}

const WITHOUT_MEMBERS = new Set(['empty', 'dead']);

const isFault = <T>(answer: T | KafkaFault | undefined): answer is KafkaFault => answer instanceof KafkaFault;

/** The groups that read a topic: those with an offset committed in it, or with a member that asked for it. */
export async function groupsOfTopic(
  client: ClusterClient,
  topic: { name: string; partitions: number[] },
): Promise<TopicGroups> {
  const { heads, faults, sees } = await listGroupHeads(client);
  const populated = heads.filter(({ state }) => !WITHOUT_MEMBERS.has(state?.toLowerCase() ?? ''));
  const asked = [{ topic: topic.name, partitions: topic.partitions }];
  const [members, committed, shared] = await Promise.all([
    describeMembers(client, populated),
    committedOffsets(client, heads, asked),
    shareOffsets(client, heads, asked),
  ]);
  const groups: TopicGroup[] = [];
  const unclear: TopicGroup[] = [];
  for (const head of heads) {
    const own = head.protocol === 'share' ? stoodAt(shared.get(head.groupId)) : committed.get(head.groupId);
    const group = {
      ...groupOf(head, topic.name, members.get(head.groupId), own),
      shareLags: shareLagsOf(head, topic.name, shared.get(head.groupId)),
    };
    if (group.committed.size > 0 || (group.members?.length ?? 0) > 0) groups.push(group);
    else if (group.members === null || group.offsetsFault !== null) unclear.push(group);
  }
  return { groups, unclear, looked: heads.length, faults, sees };
}

/** Start offsets of a share group in the form of committed ones. */
const stoodAt = (
  answer: ShareOffset[] | KafkaFault | undefined,
): CommittedOffset[] | KafkaFault | undefined =>
  isFault(answer) ? answer : answer?.map(({ start, ...place }) => ({ ...place, offset: start }));

function shareLagsOf(
  { protocol }: GroupHead,
  topic: string,
  answer: ShareOffset[] | KafkaFault | undefined,
): TopicGroup['shareLags'] {
  if (protocol !== 'share') return null;
  const own = isFault(answer) ? [] : (answer ?? []);
  return new Map(
    own.flatMap(({ topic: name, partition, lag }) => (name === topic && lag >= 0n ? [[partition, lag]] : [])),
  );
}

function groupOf(
  head: GroupHead,
  topic: string,
  members: WireMember[] | KafkaFault | undefined,
  offsets: CommittedOffset[] | KafkaFault | undefined,
): Omit<TopicGroup, 'shareLags'> {
  const own = (member: WireMember) =>
    member.subscribed?.includes(topic) || member.assigned.some((part) => part.topic === topic);
  const committed = new Map<number, bigint>();
  let offsetsFault = isFault(offsets) ? offsets : null;
  if (!isFault(offsets))
    for (const { topic: name, partition, offset, errorCode } of offsets ?? []) {
      if (name !== topic) continue;
      if (errorCode !== 0) offsetsFault ??= faultOfCode(errorCode, `${topic}/${partition}`);
      else if (offset >= 0n) committed.set(partition, offset);
    }
  const isEmpty = WITHOUT_MEMBERS.has(head.state?.toLowerCase() ?? '');
  // Of a protocol that is newer than this program.
  const known = members ?? (isEmpty ? [] : null);
  return {
    ...head,
    members: isFault(known) || known === null ? null : known.filter(own),
    committed,
    membersFault: isFault(known) ? known : null,
    offsetsFault,
  };
}
