// The requests that write to Kafka. Only producer.ts may import this file: reading can then never write by mistake.
import type { Api } from './requests.ts';
import { WireReader, WireWriter } from './wire.ts';

/** A number for an idempotent producer. */
export const INIT_PRODUCER_ID: Api<
  undefined,
  { errorCode: number; producerId: bigint; producerEpoch: number }
> = {
  key: 22,
  name: 'InitProducerId',
  versions: [1, 0],
  encode: () => new WireWriter().string(null).int32(0).bytes,
  decode: (response) => {
    const from = new WireReader(response);
    from.int32();
    return { errorCode: from.int16(), producerId: from.int64(), producerEpoch: from.int16() };
  },
};

export interface ProduceInput {
  timeoutMs: number;
  topic: string;
  partition: number;
  /** One record batch. */
  records: Buffer;
}

export interface ProduceOutput {
  errorCode: number;
  baseOffset: bigint;
  /** The broker's time when the topic uses its own, else −1. */
  logAppendTime: bigint;
  message: string | null;
}

/** Writes one batch, acknowledged by all replicas in sync. */
export const PRODUCE: Api<ProduceInput, ProduceOutput> = {
  key: 0,
  name: 'Produce',
  versions: [8, 7, 6, 5, 4, 3],
  encode: ({ timeoutMs, topic, partition, records }) => {
    const ALL_REPLICAS = -1;
    const out = new WireWriter(records.length + 256).string(null).int16(ALL_REPLICAS).int32(timeoutMs);
    return out.array([topic], () => {
      out.string(topic).array([partition], () => out.int32(partition).bytes32(records));
    }).bytes;
  },
  decode: (response, version) => {
    const from = new WireReader(response);
    const [results] = from.array(() => {
      from.string();
      return from.array(() => {
        from.int32();
        const errorCode = from.int16();
        const baseOffset = from.int64();
        const logAppendTime = from.int64();
        if (version >= 5) from.int64();
        let message: string | null = null;
        if (version >= 8) {
          from.array(() => {
            from.int32();
            message = from.string() ?? message;
          });
          message = from.string() ?? message;
        }
        return { errorCode, baseOffset, logAppendTime, message };
      });
    });
    if (results?.[0] === undefined) throw new RangeError('the answer to the write names no partition');
    return results[0];
  },
};
