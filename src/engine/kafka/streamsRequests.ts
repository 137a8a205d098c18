// Members of a Kafka Streams application that uses the protocol of its own (KIP-1071).
import { type DescribedGroup, encodeGroupIds, type WireMember } from './groupRequests.ts';
import type { Api } from './requests.ts';
import { WireReader } from './wire.ts';

const noName = '';

/** Topics that a subtopology reads, by its id: a task of it has the same partition of each. */
function readTopology(from: WireReader): Map<string, string[]> {
  const names = () => from.compactArray(() => from.compactString() ?? noName);
  const read = new Map<string, string[]>();
  // A struct that may be null is preceded by a byte: −1 for null (KIP-893).
  if (from.int8() < 0) return read;
  from.int32();
  from.compactArray(() => {
    const id = from.compactString() ?? noName;
    const sources = names();
    names();
    readTopicInfos(from);
    read.set(id, [...sources, ...readTopicInfos(from)]);
    from.tags();
  });
  from.tags();
  return read;
}

const readTopicInfos = (from: WireReader): string[] =>
  from.compactArray(() => {
    const name = from.compactString() ?? noName;
    from.int32();
    from.int16();
    skipPairs(from);
    from.tags();
    return name;
  });

function skipPairs(from: WireReader): void {
  from.compactArray(() => {
    from.compactString();
    from.compactString();
    from.tags();
  });
}

function skipTaskOffsets(from: WireReader): void {
  from.compactArray(() => {
    from.compactString();
    from.int32();
    from.int64();
    from.tags();
  });
}

interface Task {
  subtopology: string;
  partitions: number[];
}

/** Active tasks; standby and warm-up ones read no source topic. */
function readTasks(from: WireReader): Task[] {
  const tasks = () =>
    from.compactArray((): Task => {
      const task = {
        subtopology: from.compactString() ?? noName,
        partitions: from.compactArray(() => from.int32()),
      };
      from.tags();
      return task;
    });
  const active = tasks();
  tasks();
  tasks();
  from.tags();
  return active;
}

function readMember(from: WireReader, topology: ReadonlyMap<string, string[]>): WireMember {
  const memberId = from.compactString() ?? noName;
  from.int32();
  const instanceId = from.compactString();
  from.compactString();
  const clientId = from.compactString() ?? noName;
  const host = from.compactString() ?? noName;
  from.int32();
  from.compactString();
  if (from.int8() >= 0) {
    from.compactString();
    from.int16();
    from.tags();
  }
  skipPairs(from);
  skipTaskOffsets(from);
  skipTaskOffsets(from);
  const active = readTasks(from);
  readTasks(from);
  from.boolean();
  from.tags();
  const assigned = active.flatMap(({ subtopology, partitions }) =>
    (topology.get(subtopology) ?? []).map((topic) => ({ topic, partitions })),
  );
  const subscribed = [...new Set([...topology.values()].flat())];
  return { memberId, instanceId, clientId, host, subscribed, pattern: null, assigned };
}

/** Groups of Kafka Streams, from Kafka 4.1 on. */
export const STREAMS_GROUP_DESCRIBE: Api<string[], DescribedGroup[]> = {
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0],
  encode: encodeGroupIds,
  decode: (response) => {
    const from = new WireReader(response);
    from.tags();
    from.int32();
    return from.compactArray((): DescribedGroup => {
      const errorCode = from.int16();
      from.compactString();
      const groupId = from.compactString() ?? noName;
      const state = from.compactString() ?? noName;
      from.int32();
      from.int32();
      const topology = readTopology(from);
      const members = from.compactArray(() => readMember(from, topology));
      from.int32();
      from.tags();
      return { groupId, errorCode, state, protocolType: 'streams', members };
    });
  },
};
