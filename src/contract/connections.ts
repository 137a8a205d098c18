import { z } from 'zod';
import { Count, Int64, Millis, Name } from './common.ts';
import { job, nothing, query } from './procedure.ts';
import { more, next, topicQueries } from './topics.ts';

export const Environment = z.enum(['development', 'staging', 'production']);
export const SaslMechanism = z.enum(['plain', 'scram-sha-256', 'scram-sha-512']);
const Pem = z.string().max(200_000);
const Broker = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:,/]+):\d{1,5}$/, 'host:port');

/** What a person sets. Secrets travel beside it, towards the engine only. */
export const ConnectionInput = z
  .object({
    id: z.string().max(60).nullable(),
    name: Name,
    brokers: z.array(Broker).min(1).max(50),
    environment: Environment,
    tls: z.object({ ca: Pem.nullable(), cert: Pem.nullable(), verify: z.boolean() }).strict().nullable(),
    sasl: z
      .object({ mechanism: SaslMechanism, username: z.string().min(1).max(500) })
      .strict()
      .nullable(),
  })
  .strict();
export type ConnectionInput = z.infer<typeof ConnectionInput>;
/** A field left undefined keeps what is stored; null removes it. */
export const Secrets = z
  .object({
    password: z.string().max(10_000).nullable().optional(),
    key: Pem.nullable().optional(),
    passphrase: z.string().max(10_000).nullable().optional(),
  })
  .strict();
export type Secrets = z.infer<typeof Secrets>;

export const Connection = ConnectionInput.extend({
  id: z.string(),
  has: z.object({ password: z.boolean(), key: z.boolean() }),
  /** Null: read-only, the usual state. */
  unlocked: z.object({ until: Millis, reason: z.string() }).nullable(),
});
export type Connection = z.infer<typeof Connection>;

export const DiagnosisStep = z.object({
  step: z.enum(['name', 'tcp', 'tls', 'sasl', 'kafka', 'access']),
  status: z.enum(['ok', 'failed', 'skipped']),
  detail: z.string(),
  nextStep: z.string().nullable(),
  ms: z.number(),
});
export type DiagnosisStep = z.infer<typeof DiagnosisStep>;

export const TopicRow = z.object({
  name: z.string(),
  internal: z.boolean(),
  partitions: Count,
  /** Sums of the partitions' offsets; null when they cannot be read. */
  low: Int64.nullable(),
  high: Int64.nullable(),
  /** high − low: an upper bound, since compaction and markers leave holes. */
  estimated: Int64.nullable(),
  /** Records captured in the open workspace, if it holds this topic. */
  captured: Int64.nullable(),
  cleanupPolicy: z.string().nullable(),
  retentionMs: Int64.nullable(),
  replication: Count,
  /** What could not be read and why, in words. */
  problem: z.string().nullable(),
});
export type TopicRow = z.infer<typeof TopicRow>;

export const TopicPartition = z.object({
  partition: Count,
  leader: z.number(),
  replicas: z.array(z.number()),
  inSync: z.array(z.number()),
  low: Int64.nullable(),
  high: Int64.nullable(),
  captured: Int64.nullable(),
  problem: z.string().nullable(),
});

export const connections = {
  list: query(nothing, z.array(Connection)),
  save: query(z.object({ connection: ConnectionInput, secrets: Secrets }).strict(), Connection),
  remove: query(z.object({ id: z.string() }).strict(), nothing),
  /** Tests what is on the form, saved or not; stored secrets fill in for those not typed. */
  test: query(
    z.object({ connection: ConnectionInput, secrets: Secrets }).strict(),
    z.object({ ok: z.boolean(), steps: z.array(DiagnosisStep) }),
  ),
  /** Allows publishing for ten minutes. Production asks for the connection's name. */
  unlock: query(
    z
      .object({
        id: z.string(),
        reason: z.string().trim().min(3).max(1000),
        typedName: z.string().nullable(),
      })
      .strict(),
    Connection,
  ),
  lock: query(z.object({ id: z.string() }).strict(), Connection),
};

export const topics = {
  list: query(
    z.object({ connectionId: z.string(), internal: z.boolean(), more }).strict(),
    z.object({
      clusterId: z.string().nullable(),
      brokers: Count,
      /** A part of them; `next` leads on. */
      topics: z.array(TopicRow),
      total: Count,
      tookMs: z.number(),
      next,
    }),
  ),
  partitions: query(
    z.object({ connectionId: z.string(), topic: z.string() }).strict(),
    z.array(TopicPartition),
  ),
  ...topicQueries,
};

const Moment = [z.object({ time: Millis }).strict(), z.object({ offset: Int64 }).strict()] as const;
const HowMany = z
  .number()
  .int()
  .min(1)
  .max(2 ** 40);
/**
 * What is wanted of every partition; what is stored already is not read again. go-on: what was asked for before and what
 * came since, a new partition from the log's start. earliest: all. latest: the last offsets of each partition.
 * newest: the last offsets of each topic, its partitions taken together in recorded order.
 */
export const CaptureFrom = z.union([
  z.literal('go-on'),
  z.literal('earliest'),
  ...Moment,
  z.object({ latest: HowMany }).strict(),
  z.object({ newest: HowMany }).strict(),
]);
export type CaptureFrom = z.infer<typeof CaptureFrom>;
/** Inclusive. A time ends a partition before its first record that is later. */
export const CaptureTo = z.union(Moment);
export type CaptureTo = z.infer<typeof CaptureTo>;
const CapturedTopics = z.array(z.string().min(1).max(249)).min(1).max(5000);

export const capture = {
  /** Captures until the end offsets seen at the start. */
  start: job(
    z
      .object({
        connectionId: z.string(),
        topics: CapturedTopics,
        from: CaptureFrom,
        to: CaptureTo.optional(),
        /** Only records with exactly this key (UTF-8): its own partition first, then the others. */
        key: z.string().min(1).max(100_000).optional(),
      })
      .strict(),
  ),
  /** Captures, and goes on with what comes until it is cancelled. One at a time; steps aside for other captures. */
  follow: job(z.object({ connectionId: z.string(), topics: CapturedTopics, from: CaptureFrom }).strict()),
};
