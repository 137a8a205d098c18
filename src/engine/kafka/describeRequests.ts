// Requests about what holds and feeds a topic: log folders, settings with their sources, and the rights of this login
// (https://kafka.apache.org/protocol#protocol_messages).
import type { Api } from './requests.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface LogDir {
  errorCode: number;
  path: string;
  replicas: {
    topic: string;
    partition: number;
    /** Bytes of its segments on this broker. */
    size: bigint;
    /** Offsets behind the leader's high watermark; of a future replica: behind the present one. */
    offsetLag: bigint;
    /** It is being moved to this folder and does not serve yet. */
    future: boolean;
  }[];
  /** Bytes of the volume and those free on it; null before Kafka 3.3 (KIP-827). */
  totalBytes: bigint | null;
  usableBytes: bigint | null;
}

export interface LogDirs {
  /** Cluster authorization failed is told here from Kafka 3.2 on; before it, the answer is just empty. */
  errorCode: number;
  dirs: LogDir[];
}

type LogDirTopics = { topic: string; partitions: number[] }[] | null;

/** What one broker keeps on its disks (KIP-113). Null asks for everything. */
export const DESCRIBE_LOG_DIRS: Api<LogDirTopics, LogDirs> = {
  key: 35,
  name: 'DescribeLogDirs',
  versions: [4, 3, 2, 1],
  encode: (topics, version) => {
    const out = new WireWriter(4096);
    if (version < 2)
      return out.array(topics, ({ topic, partitions }) =>
        out.string(topic).array(partitions, (partition) => out.int32(partition)),
      ).bytes;
    out.noTags().compactArray(topics, ({ topic, partitions }) => {
      out.compactString(topic).compactArray(partitions, (partition) => out.int32(partition));
      out.noTags();
    });
    return out.noTags().bytes;
  },
  decode: (response, version) => {
    const flexible = version >= 2;
    const from = new WireReader(response);
    const list = <T>(read: () => T) => (flexible ? from.compactArray(read) : from.array(read));
    const string = () => (flexible ? from.compactString() : from.string()) ?? '';
    const tags = () => flexible && from.tags();
    const known = (bytes: bigint) => (bytes < 0n ? null : bytes);
    tags();
    from.int32();
    const errorCode = version >= 3 ? from.int16() : 0;
    const dirs = list(() => {
      const dir: LogDir = {
        errorCode: from.int16(),
        path: string(),
        replicas: [],
        totalBytes: null,
        usableBytes: null,
      };
      list(() => {
        const topic = string();
        list(() => {
          const partition = from.int32();
          const size = from.int64();
          dir.replicas.push({ topic, partition, size, offsetLag: from.int64(), future: from.boolean() });
          tags();
        });
        tags();
      });
      if (version >= 4) {
        dir.totalBytes = known(from.int64());
        dir.usableBytes = known(from.int64());
      }
      tags();
      return dir;
    });
    return { errorCode, dirs };
  },
};

export interface DescribedConfig {
  name: string;
  /** Null when it is not set, or sensitive. */
  value: string | null;
  readOnly: boolean;
  sensitive: boolean;
  /** 1 topic, 2 broker (dynamic), 3 all brokers (dynamic), 4 server.properties, 5 Kafka's default, 6 and 7 newer ones. */
  source: number;
  /** Where else it could come from, the strongest first; the first one is in force. */
  synonyms: { name: string; value: string | null; source: number }[];
  documentation: string | null;
}

/** All settings of one topic with their sources. */
export const DESCRIBE_TOPIC_CONFIG: Api<string, { errorCode: number; values: DescribedConfig[] }> = {
  key: 32,
  name: 'DescribeConfigs',
  versions: [3, 2, 1],
  encode: (topic, version) => {
    const TOPIC = 2;
    const out = new WireWriter();
    out
      .array([topic], () =>
        out
          .int8(TOPIC)
          .string(topic)
          .array(null, () => {}),
      )
      .boolean(true);
    if (version >= 3) out.boolean(true);
    return out.bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    from.int32();
    const [result] = from.array(() => {
      const errorCode = from.int16();
      from.string();
      from.int8();
      from.string();
      const values = from.array((): DescribedConfig => {
        const name = from.string() ?? '';
        const value = from.string();
        const readOnly = from.boolean();
        const source = from.int8();
        const sensitive = from.boolean();
        const synonyms = from.array(() => ({
          name: from.string() ?? '',
          value: from.string(),
          source: from.int8(),
        }));
        if (version >= 3) from.int8();
        const documentation = version >= 3 ? from.string() : null;
        return { name, value, readOnly, sensitive, source, synonyms, documentation };
      });
      return { errorCode, values };
    });
    if (result === undefined) throw new RangeError('the answer names no topic');
    return result;
  },
};

const DESCRIBE = 8;

/** Whether this login has Describe on the cluster (KIP-430, KIP-700). Without it, lists hold only what it may see. */
export const MAY_DESCRIBE_CLUSTER: Api<undefined, boolean> = {
  key: 60,
  name: 'DescribeCluster',
  versions: [0],
  encode: () => new WireWriter().noTags().boolean(true).noTags().bytes,
  decode: (response) => {
    const from = new WireReader(response);
    from.tags();
    from.int32();
    if (from.int16() !== 0) return false;
    from.compactString();
    from.compactString();
    from.int32();
    from.compactArray(() => {
      from.int32();
      from.compactString();
      from.int32();
      from.compactString();
      from.tags();
    });
    return (from.int32() & (1 << DESCRIBE)) !== 0;
  },
};
