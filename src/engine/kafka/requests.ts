// The requests Hindcast sends, encoded and decoded (https://kafka.apache.org/protocol#protocol_messages): one entry an
// API with the versions we know. Flexible versions (KIP-482) begin with the empty tags that belong to their header.
import { WireReader, WireWriter } from './wire.ts';

/** Encodes and decodes one API. */
export interface Api<Input, Output> {
  key: number;
  name: string;
  /** Versions we speak, best first. */
  versions: readonly number[];
  encode: (input: Input, version: number) => Buffer;
  decode: (response: Buffer, version: number) => Output;
}

const uuid = (bytes: Buffer): string | null =>
  bytes.every((byte) => byte === 0) ? null : bytes.toString('base64url');

export interface MetadataResponse {
  brokers: { id: number; host: string; port: number; rack: string | null }[];
  clusterId: string | null;
  controllerId: number;
  topics: MetadataTopic[];
}

export interface MetadataTopic {
  errorCode: number;
  name: string;
  topicId: string | null;
  internal: boolean;
  partitions: { errorCode: number; id: number; leader: number; replicas: number[]; isr: number[] }[];
}

/** Which brokers, topics and leaders there are. Input: topic names, or null for all. Never creates a topic. */
export const METADATA: Api<string[] | null, MetadataResponse> = {
  key: 3,
  name: 'Metadata',
  versions: [12, 8, 7, 6, 5, 4],
  encode: (topics, version) => {
    const out = new WireWriter();
    if (version >= 9) {
      out.noTags().compactArray(topics, (name) => out.raw(Buffer.alloc(16)).compactString(name).noTags());
      return out.boolean(false).boolean(false).noTags().bytes;
    }
    out.array(topics, (name) => out.string(name)).boolean(false);
    if (version >= 8) out.boolean(false).boolean(false);
    return out.bytes;
  },
  decode: (response, version) => {
    const flexible = version >= 9;
    const from = new WireReader(response);
    const list = <T>(read: () => T) => (flexible ? from.compactArray(read) : from.array(read));
    const string = () => (flexible ? from.compactString() : from.string());
    const tags = () => flexible && from.tags();
    const int32s = () => list(() => from.int32());
    tags();
    from.int32();
    const brokers = list(() => {
      const broker = { id: from.int32(), host: string() ?? '', port: from.int32(), rack: string() };
      tags();
      return broker;
    });
    const clusterId = string();
    const controllerId = from.int32();
    const topics = list(() => {
      const errorCode = from.int16();
      const name = string() ?? '';
      const topicId = version >= 10 ? uuid(from.raw(16)) : null;
      const internal = from.boolean();
      const partitions = list(() => {
        const partition = { errorCode: from.int16(), id: from.int32(), leader: from.int32() };
        if (version >= 7) from.int32();
        const replicas = int32s();
        const isr = int32s();
        if (version >= 5) int32s();
        tags();
        return { ...partition, replicas, isr };
      });
      if (version >= 8) from.int32();
      tags();
      return { errorCode, name, topicId, internal, partitions };
    });
    return { brokers, clusterId, controllerId, topics };
  },
};

export const EARLIEST = -2n;
export const LATEST = -1n;

export interface ListOffsetsInput {
  /** 0: the high watermark counts as latest; 1: the last stable offset. */
  isolation: 0 | 1;
  topics: { topic: string; partitions: { partition: number; timestamp: bigint }[] }[];
}

export interface ListedOffset {
  topic: string;
  partition: number;
  errorCode: number;
  /** −1 when there is none. */
  timestamp: bigint;
  offset: bigint;
}

export const LIST_OFFSETS: Api<ListOffsetsInput, ListedOffset[]> = {
  key: 2,
  name: 'ListOffsets',
  versions: [5, 4, 3, 2],
  encode: ({ isolation, topics }, version) => {
    const out = new WireWriter(4096).int32(-1).int8(isolation);
    return out.array(topics, ({ topic, partitions }) => {
      out.string(topic).array(partitions, ({ partition, timestamp }) => {
        out.int32(partition);
        if (version >= 4) out.int32(-1);
        out.int64(timestamp);
      });
    }).bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    from.int32();
    const found: ListedOffset[] = [];
    from.array(() => {
      const topic = from.string() ?? '';
      from.array(() => {
        const partition = from.int32();
        const errorCode = from.int16();
        found.push({ topic, partition, errorCode, timestamp: from.int64(), offset: from.int64() });
        if (version >= 4) from.int32();
      });
    });
    return found;
  },
};

export interface TopicConfigs {
  topic: string;
  errorCode: number;
  values: Map<string, string | null>;
}

/** Topic settings by name. */
export const DESCRIBE_CONFIGS: Api<{ topics: string[]; names: string[] | null }, TopicConfigs[]> = {
  key: 32,
  name: 'DescribeConfigs',
  versions: [1],
  encode: ({ topics, names }) => {
    const TOPIC = 2;
    const out = new WireWriter(4096);
    out.array(topics, (topic) =>
      out
        .int8(TOPIC)
        .string(topic)
        .array(names, (name) => out.string(name)),
    );
    return out.boolean(false).bytes;
  },
  decode: (response) => {
    const from = new WireReader(response);
    from.int32();
    return from.array(() => {
      const errorCode = from.int16();
      from.string();
      from.int8();
      const topic = from.string() ?? '';
      const values = new Map<string, string | null>();
      from.array(() => {
        const name = from.string() ?? '';
        values.set(name, from.string());
        from.raw(3);
        from.array(() => {
          from.string();
          from.string();
          from.int8();
        });
      });
      return { topic, errorCode, values };
    });
  },
};

export interface ListedGroups {
  errorCode: number;
  groups: { groupId: string; protocolType: string; state: string | null; type: string | null }[];
}

export const LIST_GROUPS: Api<undefined, ListedGroups> = {
  key: 16,
  name: 'ListGroups',
  versions: [5, 4, 2, 1],
  encode: (_, version) => {
    const out = new WireWriter();
    if (version >= 3) out.noTags();
    if (version >= 4) out.compactArray([], () => {});
    if (version >= 5) out.compactArray([], () => {});
    if (version >= 3) out.noTags();
    return out.bytes;
  },
  decode: (response, version) => {
    const flexible = version >= 3;
    const from = new WireReader(response);
    if (flexible) from.tags();
    from.int32();
    const errorCode = from.int16();
    const string = () => (flexible ? from.compactString() : from.string());
    const read = () => {
      const group = {
        groupId: string() ?? '',
        protocolType: string() ?? '',
        state: version >= 4 ? string() : null,
        type: version >= 5 ? string() : null,
      };
      if (flexible) from.tags();
      return group;
    };
    return { errorCode, groups: flexible ? from.compactArray(read) : from.array(read) };
  },
};

export interface FetchInput {
  isolation: 0 | 1;
  maxWaitMs: number;
  /** Bytes of the whole response; a first batch larger than this is sent all the same. */
  maxBytes: number;
  topics: { topic: string; partitions: { partition: number; offset: number; maxBytes: number }[] }[];
}

export interface FetchedPartition {
  topic: string;
  partition: number;
  errorCode: number;
  highWatermark: number;
  lastStable: number;
  logStart: number;
  aborted: { producerId: bigint; firstOffset: number }[];
  records: Buffer;
}

/** Reads records without a group and without a fetch session. */
export const FETCH: Api<FetchInput, FetchedPartition[]> = {
  key: 1,
  name: 'Fetch',
  versions: [11, 10, 9, 8, 7, 6, 5, 4],
  encode: ({ isolation, maxWaitMs, maxBytes, topics }, version) => {
    const out = new WireWriter().int32(-1).int32(maxWaitMs).int32(1).int32(maxBytes).int8(isolation);
    if (version >= 7) out.int32(0).int32(-1);
    out.array(topics, ({ topic, partitions }) => {
      out.string(topic).array(partitions, ({ partition, offset, maxBytes: partitionBytes }) => {
        out.int32(partition);
        if (version >= 9) out.int32(-1);
        out.int64(offset);
        if (version >= 5) out.int64(-1);
        out.int32(partitionBytes);
      });
    });
    if (version >= 7) out.array([], () => {});
    if (version >= 11) out.string('');
    return out.bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    from.int32();
    const found: FetchedPartition[] = [];
    if (version >= 7) {
      const errorCode = from.int16();
      from.int32();
      if (errorCode !== 0) throw new RangeError(`the fetch was refused with error code ${errorCode}`);
    }
    from.array(() => {
      const topic = from.string() ?? '';
      from.array(() => {
        const partition = from.int32();
        const errorCode = from.int16();
        const highWatermark = Number(from.int64());
        const lastStable = Number(from.int64());
        const logStart = version >= 5 ? Number(from.int64()) : -1;
        const aborted = from.array(() => ({ producerId: from.int64(), firstOffset: Number(from.int64()) }));
        if (version >= 11) from.int32();
        const records = from.bytes32() ?? Buffer.alloc(0);
        found.push({ topic, partition, errorCode, highWatermark, lastStable, logStart, aborted, records });
      });
    });
    return found;
  },
};
