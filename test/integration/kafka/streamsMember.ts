// A member of a Kafka Streams group (KIP-1071): the heartbeats that an application would send, to a real coordinator.
import type { ClusterClient } from '../../../src/engine/kafka/clusterClient.ts';
import type { Api } from '../../../src/engine/kafka/requests.ts';
import { WireReader, WireWriter } from '../../../src/engine/kafka/wire.ts';

interface Beat {
  group: string;
  memberId: string;
  epoch: number;
  topic: string;
  /** Partitions of the one subtopology that the member works on. */
  active: number[];
}

interface Answer {
  errorCode: number;
  message: string | null;
  epoch: number;
  /** Null: as before. */
  active: number[] | null;
}

const SUBTOPOLOGY = '0';

const HEARTBEAT: Api<Beat, Answer> = {
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: [0],
  encode: ({ group, memberId, epoch, topic, active }) => {
    const out = new WireWriter().noTags();
    const none = () => out.compactArray([], () => {});
    const tasks = (partitions: number[]) =>
      out.compactArray(partitions.length === 0 ? [] : [partitions], (own) => {
        out.compactString(SUBTOPOLOGY).compactArray(own, (partition) => out.int32(partition));
        out.noTags();
      });
    out.compactString(group).compactString(memberId).int32(epoch).int32(0);
    out.compactString(null).compactString(null).int32(60_000);
    if (epoch > 0) out.int8(-1);
    else {
      out.int8(1).int32(0);
      out.compactArray([SUBTOPOLOGY], (id) => {
        out.compactString(id).compactArray([topic], (name) => out.compactString(name));
        for (let list = 0; list < 5; list++) none();
        out.noTags();
      });
      out.noTags();
    }
    tasks(active);
    none();
    none();
    if (epoch > 0)
      out
        .compactString(null)
        .int8(-1)
        .compactArray(null, () => {});
    else {
      out.compactString('process-1').int8(-1);
      none();
    }
    out.compactArray(null, () => {}).compactArray(null, () => {});
    return out.boolean(false).noTags().bytes;
  },
  decode: (response) => {
    const from = new WireReader(response);
    from.tags();
    from.int32();
    const errorCode = from.int16();
    const message = from.compactString();
    from.compactString();
    const epoch = from.int32();
    for (let field = 0; field < 3; field++) from.int32();
    from.compactArray(() => {
      from.int8();
      from.compactString();
      from.tags();
    });
    const lists = from.uvarint() - 1;
    const active = Array.from({ length: Math.max(lists, 0) }, () => {
      from.compactString();
      const partitions = from.compactArray(() => from.int32());
      from.tags();
      return partitions;
    });
    return { errorCode, message, epoch, active: lists < 0 ? null : active.flat() };
  },
};

/** One member that works on all partitions of a topic. Each call is one heartbeat; returns what it works on now. */
export function streamsMember(group: string, memberId: string, topic: string) {
  let [epoch, active] = [0, [] as number[]];
  return async (client: ClusterClient): Promise<number[]> => {
    const beat = { group, memberId, epoch, topic, active };
    const answer = await client.request(null, HEARTBEAT, beat);
    if (answer.errorCode !== 0) throw new Error(`heartbeat: ${answer.errorCode} ${answer.message}`);
    epoch = answer.epoch;
    active = answer.active ?? active;
    return active;
  };
}
