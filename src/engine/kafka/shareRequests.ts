// What a share group (KIP-932) has taken: asked of its coordinator, changed by nothing here.
import { type OffsetFetchInput, writeGroupTopics } from './groupRequests.ts';
import type { Api } from './requests.ts';
import { WireReader } from './wire.ts';

export interface ShareOffset {
  topic: string;
  partition: number;
  errorCode: number;
  /** The first offset that is not done with; −1: nothing was read yet. */
  start: bigint;
  /** Records that are not done with, as the broker counts them (KIP-1226); −1: not known, or too old to tell. */
  lag: bigint;
}

export interface ShareOffsets {
  groupId: string;
  errorCode: number;
  offsets: ShareOffset[];
}

/** Start offsets and lag of share groups of one coordinator; lag from Kafka 4.2 on. */
export const DESCRIBE_SHARE_GROUP_OFFSETS: Api<OffsetFetchInput, ShareOffsets[]> = {
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: [1, 0],
  encode: (input) => writeGroupTopics(input).noTags().bytes,
  decode: (response, version) => {
    const from = new WireReader(response);
    from.tags();
    from.int32();
    return from.compactArray((): ShareOffsets => {
      const groupId = from.compactString() ?? '';
      const offsets: ShareOffset[] = [];
      from.compactArray(() => {
        const topic = from.compactString() ?? '';
        from.raw(16);
        from.compactArray(() => {
          const partition = from.int32();
          const start = from.int64();
          from.int32();
          const lag = version >= 1 ? from.int64() : -1n;
          offsets.push({ topic, partition, start, lag, errorCode: from.int16() });
          from.compactString();
          from.tags();
        });
        from.tags();
      });
      const errorCode = from.int16();
      from.compactString();
      from.tags();
      return { groupId, errorCode, offsets };
    });
  },
};
