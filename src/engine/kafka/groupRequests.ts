// Requests about consumer groups of both protocols, share groups, and their committed offsets
// (https://kafka.apache.org/protocol#protocol_messages). They look only: none joins, commits or resets.
import type { Api } from './requests.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface WireMember {
  memberId: string;
  /** Of a static member (KIP-345). */
  instanceId: string | null;
  clientId: string;
  host: string;
  /** Topics it asked for by name; null when that is not told. */
  subscribed: string[] | null;
  /** Topics it asked for by pattern (KIP-848). */
  pattern: string | null;
  assigned: { topic: string; partitions: number[] }[];
}

export interface DescribedGroup {
  groupId: string;
  errorCode: number;
  state: string;
  protocolType: string;
  members: WireMember[];
}

/** The consumer protocol's own bytes in a classic group (KIP-429 and before): topics, and per topic its partitions. */
function subscriptionOf(bytes: Buffer | null): string[] | null {
  if (bytes === null || bytes.length === 0) return null;
  const from = new WireReader(bytes);
  from.int16();
  return from.array(() => from.string() ?? '');
}

function assignmentOf(bytes: Buffer | null): WireMember['assigned'] {
  if (bytes === null || bytes.length === 0) return [];
  const from = new WireReader(bytes);
  from.int16();
  return from.array(() => ({ topic: from.string() ?? '', partitions: from.array(() => from.int32()) }));
}

/** What a program put there that is no consumer (Kafka Connect, a registry) has another form. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return otherwise;
    throw error;
  }
}

/** Classic groups. A group of the new protocol comes back as Dead without an error: ask CONSUMER_GROUP_DESCRIBE. */
export const DESCRIBE_GROUPS: Api<string[], DescribedGroup[]> = {
  key: 15,
  name: 'DescribeGroups',
  versions: [4, 3, 2, 1, 0],
  encode: (groups, version) => {
    const out = new WireWriter();
    out.array(groups, (group) => out.string(group));
    if (version >= 3) out.boolean(false);
    return out.bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    if (version >= 1) from.int32();
    return from.array(() => {
      const errorCode = from.int16();
      const groupId = from.string() ?? '';
      const state = from.string() ?? '';
      const protocolType = from.string() ?? '';
      from.string();
      const members = from.array((): WireMember => {
        const memberId = from.string() ?? '';
        const instanceId = version >= 4 ? from.string() : null;
        const clientId = from.string() ?? '';
        const host = from.string() ?? '';
        const metadata = from.bytes32();
        const assignment = from.bytes32();
        const isConsumer = protocolType === 'consumer';
        const subscribed = isConsumer ? orElse(() => subscriptionOf(metadata), null) : null;
        const assigned = isConsumer ? orElse(() => assignmentOf(assignment), []) : [];
        return { memberId, instanceId, clientId, host, subscribed, pattern: null, assigned };
      });
      if (version >= 3) from.int32();
      return { groupId, errorCode, state, protocolType, members };
    });
  },
};

export const encodeGroupIds = (groups: string[]): Buffer => {
  const out = new WireWriter().noTags();
  out.compactArray(groups, (group) => out.compactString(group));
  return out.boolean(false).noTags().bytes;
};

function readAssignment(from: WireReader): WireMember['assigned'] {
  const assigned = from.compactArray(() => {
    from.raw(16);
    const topic = from.compactString() ?? '';
    const partitions = from.compactArray(() => from.int32());
    from.tags();
    return { topic, partitions };
  });
  from.tags();
  return assigned;
}

/** What ConsumerGroupDescribe and ShareGroupDescribe have in common. */
function readGroups(response: Buffer, protocolType: string, member: (from: WireReader) => WireMember) {
  const from = new WireReader(response);
  from.tags();
  from.int32();
  return from.compactArray((): DescribedGroup => {
    const errorCode = from.int16();
    from.compactString();
    const groupId = from.compactString() ?? '';
    const state = from.compactString() ?? '';
    from.int32();
    from.int32();
    from.compactString();
    const members = from.compactArray(() => member(from));
    from.int32();
    from.tags();
    return { groupId, errorCode, state, protocolType, members };
  });
}

/** Groups of the new consumer protocol (KIP-848). */
export const CONSUMER_GROUP_DESCRIBE: Api<string[], DescribedGroup[]> = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [1, 0],
  encode: encodeGroupIds,
  decode: (response, version) =>
    readGroups(response, 'consumer', (from) => {
      const memberId = from.compactString() ?? '';
      const instanceId = from.compactString();
      from.compactString();
      from.int32();
      const clientId = from.compactString() ?? '';
      const host = from.compactString() ?? '';
      const subscribed = from.compactArray(() => from.compactString() ?? '');
      const pattern = from.compactString();
      const assigned = readAssignment(from);
      readAssignment(from);
      if (version >= 1) from.int8();
      from.tags();
      return { memberId, instanceId, clientId, host, subscribed, pattern, assigned };
    }),
};

/** Share groups (KIP-932): they have no committed offsets; records are acknowledged one by one. */
export const SHARE_GROUP_DESCRIBE: Api<string[], DescribedGroup[]> = {
  key: 77,
  name: 'ShareGroupDescribe',
  versions: [1],
  encode: encodeGroupIds,
  decode: (response) =>
    readGroups(response, 'share', (from) => {
      const memberId = from.compactString() ?? '';
      from.compactString();
      from.int32();
      const clientId = from.compactString() ?? '';
      const host = from.compactString() ?? '';
      const subscribed = from.compactArray(() => from.compactString() ?? '');
      const assigned = readAssignment(from);
      from.tags();
      return { memberId, instanceId: null, clientId, host, subscribed, pattern: null, assigned };
    }),
};

export interface CommittedOffset {
  topic: string;
  partition: number;
  errorCode: number;
  /** The next offset the group will read; −1: none is committed. */
  offset: bigint;
}

export interface GroupOffsets {
  groupId: string;
  errorCode: number;
  offsets: CommittedOffset[];
}

export interface OffsetFetchInput {
  groups: string[];
  /** Null: every partition that the group has committed. */
  topics: { topic: string; partitions: number[] }[] | null;
}

/** Groups, and of which topics their offsets are wanted, in the flexible encoding. */
export function writeGroupTopics({ groups, topics }: OffsetFetchInput): WireWriter {
  const out = new WireWriter(4096).noTags();
  out.compactArray(groups, (group) => {
    out.compactString(group).compactArray(topics, ({ topic, partitions }) => {
      out.compactString(topic).compactArray(partitions, (partition) => out.int32(partition));
      out.noTags();
    });
    out.noTags();
  });
  return out;
}

/** Committed offsets of several groups of one coordinator, from Kafka 3.0 on (KIP-709). */
export const OFFSET_FETCH: Api<OffsetFetchInput, GroupOffsets[]> = {
  key: 9,
  name: 'OffsetFetch',
  versions: [8],
  encode: (input) => writeGroupTopics(input).boolean(false).noTags().bytes,
  decode: (response) => {
    const from = new WireReader(response);
    from.tags();
    from.int32();
    return from.compactArray(() => {
      const groupId = from.compactString() ?? '';
      const offsets: CommittedOffset[] = [];
      from.compactArray(() => {
        const topic = from.compactString() ?? '';
        from.compactArray(() => {
          const partition = from.int32();
          const offset = from.int64();
          from.int32();
          from.compactString();
          offsets.push({ topic, partition, offset, errorCode: from.int16() });
          from.tags();
        });
        from.tags();
      });
      const errorCode = from.int16();
      from.tags();
      return { groupId, errorCode, offsets };
    });
  },
};

/** The same for one group, for older brokers. */
export const OFFSET_FETCH_ONE: Api<
  { group: string; topics: OffsetFetchInput['topics'] },
  Omit<GroupOffsets, 'groupId'>
> = {
  key: 9,
  name: 'OffsetFetch',
  versions: [5, 4, 3, 2],
  encode: ({ group, topics }) => {
    const out = new WireWriter().string(group);
    return out.array(topics, ({ topic, partitions }) => {
      out.string(topic).array(partitions, (partition) => out.int32(partition));
    }).bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    if (version >= 3) from.int32();
    const offsets: CommittedOffset[] = [];
    from.array(() => {
      const topic = from.string() ?? '';
      from.array(() => {
        const partition = from.int32();
        const offset = from.int64();
        if (version >= 5) from.int32();
        from.string();
        offsets.push({ topic, partition, offset, errorCode: from.int16() });
      });
    });
    return { errorCode: from.int16(), offsets };
  },
};
