import { z } from 'zod';
import { Count, Int64, Millis } from './common.ts';
import { query } from './procedure.ts';

/** Where the next part of a long list begins; it is kept for a minute. */
export const ListingPart = z.object({ listing: z.string().max(60), from: Count }).strict();
export type ListingPart = z.infer<typeof ListingPart>;
/** Absent: the list is asked of the cluster anew and its first part comes. */
export const more = ListingPart.optional();
/** Null: that was all. */
export const next = ListingPart.nullable();

const TopicName = z.string().min(1).max(249);
const ofTopic = z.object({ connectionId: z.string(), topic: TopicName }).strict();
/** Why a part is not known, in words that name the right that is missing; the other parts stand. */
const problem = z.string().nullable();

export const BrokerDisk = z.object({
  broker: z.number(),
  /** Bytes of the topics that were asked for, on its own disks. */
  bytes: Int64,
  totalBytes: Int64.nullable(),
  usableBytes: Int64.nullable(),
  problem,
});

export const TopicSize = z.object({
  name: z.string(),
  /** Of the leaders: the records once. Null when a leader's broker did not tell. */
  leaderBytes: Int64.nullable(),
  /** Of all replicas that were told. */
  replicaBytes: Int64,
});
export type TopicSize = z.infer<typeof TopicSize>;

export const PartitionSize = z.object({
  partition: Count,
  leaderBytes: Int64.nullable(),
  replicas: z.array(
    z.object({
      broker: z.number(),
      dir: z.string(),
      bytes: Int64,
      offsetLag: Int64,
      /** Being moved to another folder: it takes space and serves nothing yet. */
      moving: z.boolean(),
    }),
  ),
});
export type PartitionSize = z.infer<typeof PartitionSize>;

export const TopicSetting = z.object({
  name: z.string(),
  /** Null when it has none, or is sensitive: such a value is never shown. */
  value: z.string().nullable(),
  sensitive: z.boolean(),
  source: z.enum(['topic', 'broker', 'cluster', 'server-file', 'default', 'other']),
  defaultValue: z.string().nullable(),
  differs: z.boolean(),
  documentation: z.string().nullable(),
});
export type TopicSetting = z.infer<typeof TopicSetting>;

export const GroupMember = z.object({
  memberId: z.string(),
  instanceId: z.string().nullable(),
  clientId: z.string(),
  host: z.string(),
  /** Of the asked topic. */
  partitions: z.array(Count),
});

export const GroupPartition = z.object({
  partition: Count,
  /** Null: the group has committed nothing here. Of a share group: the first record that it is not done with. */
  committed: Int64.nullable(),
  high: Int64.nullable(),
  /**
   * high − committed: offsets, so transaction markers and compacted offsets count too. Of a share group: records that it
   * is not done with, as the broker tells from Kafka 4.2 on.
   */
  lag: Int64.nullable(),
  /** Recorded time of the first record it has not read; null when there is none, or it is not known. */
  waitingSince: Millis.nullable(),
  /** Its first unread record is older than the asked limit; null when that is not known. */
  late: z.boolean().nullable(),
  /** The member that has the partition now. */
  member: z.string().nullable(),
  problem,
});

export const TopicGroup = z.object({
  groupId: z.string(),
  protocol: z.enum(['classic', 'consumer', 'share', 'streams', 'other']),
  state: z.string().nullable(),
  coordinator: z.number(),
  /** Null when not known; `problem` says why. */
  members: z.array(GroupMember).nullable(),
  partitions: z.array(GroupPartition),
  /** Sum of the known lags; null when none is known. */
  lag: Int64.nullable(),
  /** Partitions without a committed offset or with an unknown end. */
  unknownPartitions: Count,
  waitingSince: Millis.nullable(),
  late: z.boolean().nullable(),
  problem,
});
export type TopicGroup = z.infer<typeof TopicGroup>;

export const TopicLag = z.object({
  name: z.string(),
  /** Groups with offsets on the topic. */
  groups: Count,
  /** Lag of the group that is furthest behind; null when not known. */
  mostLag: Int64.nullable(),
  group: z.string().nullable(),
  /** Groups of which an unread record is older than the limit. */
  lateGroups: z.array(z.string()),
});
export type TopicLag = z.infer<typeof TopicLag>;

const lateAfterMs = z.number().int().positive().max(31_536_000_000).nullable();

export const topicQueries = {
  /** Bytes on the brokers' disks of every topic (DescribeLogDirs). */
  sizes: query(
    z.object({ connectionId: z.string(), more }).strict(),
    z.object({ brokers: z.array(BrokerDisk), topics: z.array(TopicSize), problem, next }),
  ),
  /** The same of one topic, per partition and replica. */
  size: query(
    ofTopic,
    z.object({ brokers: z.array(BrokerDisk), size: TopicSize, partitions: z.array(PartitionSize), problem }),
  ),
  /** All settings; those that differ from Kafka's default first. */
  config: query(ofTopic, z.object({ settings: z.array(TopicSetting), problem })),
  /** Groups that read the topic. `lateAfterMs`: from which age of an unread record on a group counts as late. */
  groups: query(
    z.object({ connectionId: z.string(), topic: TopicName, lateAfterMs }).strict(),
    z.object({
      at: Millis,
      groups: z.array(TopicGroup),
      /** Groups of which it is not known whether they read the topic, and why. */
      unclear: z.array(z.object({ groupId: z.string(), problem: z.string() })),
      /** How many groups were looked at, and whether the cluster has others that it does not tell this login. */
      looked: Count,
      sees: z.enum(['all', 'allowed', 'unknown']),
      /** What holds for all of them: a broker that did not answer, times that may not be read. */
      problems: z.array(z.string()),
    }),
  ),
  /** Lag of every topic's groups, without members and times. */
  lags: query(
    z.object({ connectionId: z.string(), lateAfterMs, more }).strict(),
    z.object({
      at: Millis,
      topics: z.array(TopicLag),
      looked: Count,
      sees: z.enum(['all', 'allowed', 'unknown']),
      problems: z.array(z.string()),
      next,
    }),
  ),
  /** End offsets at one moment; two such samples give a rate. */
  sample: query(
    z.object({ connectionId: z.string(), topics: z.array(TopicName).min(1).max(200) }).strict(),
    z.object({
      at: Millis,
      topics: z.array(
        z.object({
          name: z.string(),
          /** Sum of the partitions' ends; null when one cannot be read. */
          high: Int64.nullable(),
        }),
      ),
    }),
  ),
  /** Offsets added in the last minute, hour and day, by the records' own timestamps. */
  throughput: query(
    ofTopic,
    z.object({
      at: Millis,
      /** Whether the broker or the producer set the timestamps; null when the setting may not be read. */
      timestamps: z.enum(['create', 'append']).nullable(),
      spans: z.array(z.object({ ms: z.number(), records: Int64.nullable() })),
      problem,
    }),
  ),
};
