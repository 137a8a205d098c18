// The words of the Kafka side of the engine: how to connect, what a topic looks like, what can go wrong.

/** How to reach a cluster. `brokers` are `host:port` (IPv6 as `[::1]:9092`). Secrets live only in memory. */
export interface KafkaConnection {
  brokers: string[];
  clientId: string;
  tls?: {
    /** PEM of the authority that signed the brokers' certificates; none: the authorities Node knows. */
    ca?: string;
    /** PEM of the client certificate and its key, for brokers that ask for one. */
    cert?: string;
    key?: string;
    passphrase?: string;
    /** false accepts any certificate; the person chose so for this connection. */
    verify: boolean;
    /** The name to check the certificate against, when it differs from the host. */
    serverName?: string;
  };
  sasl?: { mechanism: SaslMechanism; username: string; password: string };
  /** Milliseconds until an unanswered connect fails. Default 10,000. */
  connectTimeoutMs?: number;
  /** Milliseconds until an unanswered request fails. Default 30,000. */
  requestTimeoutMs?: number;
}

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface BrokerInfo {
  id: number;
  host: string;
  port: number;
  rack: string | null;
}

export interface PartitionSummary {
  id: number;
  /** Broker id; −1 when the partition has no leader now. */
  leader: number;
  replicas: number[];
  isr: number[];
  /** First offset kept, and the offset the next record will get (high watermark); null when not asked or refused. */
  low: bigint | null;
  high: bigint | null;
  /** Why low and high are unknown, in words. */
  error?: string;
}

export interface TopicSummary {
  name: string;
  /** Kafka's own id of this incarnation of the topic (KIP-516), null before Kafka 2.8. */
  topicId: string | null;
  internal: boolean;
  partitions: PartitionSummary[];
  cleanupPolicy: string | null;
  /** −1: unlimited. */
  retentionMs: bigint | null;
  retentionBytes: bigint | null;
  /** Why the three above are unknown, in words (a reader often may not see configs). */
  configError?: string;
}

export interface PartitionOffsets {
  topic: string;
  partition: number;
  low: bigint | null;
  high: bigint | null;
  /** Offset before which every transaction is finished. */
  lastStable: bigint | null;
  error?: KafkaFault;
}

export interface TimeOffset {
  partition: number;
  /** First offset with a timestamp at or after the asked one; null when there is none. */
  offset: bigint | null;
  /** The timestamp found there, ms; null when there is none. */
  timestamp: number | null;
  error?: KafkaFault;
}

export interface GroupSummary {
  groupId: string;
  protocolType: string;
  /** null when the broker is too old to say. */
  state: string | null;
  type: string | null;
}

/** One line of the driver's log; nothing of it is printed here. */
export type KafkaLog = (line: {
  level: 'error' | 'warn' | 'info' | 'debug';
  message: string;
  details: Record<string, unknown>;
}) => void;

/** Every way in which talking to Kafka can fail. */
export type KafkaFaultCode =
  | 'address-invalid'
  | 'name-not-found'
  | 'connection-refused'
  | 'unreachable'
  | 'connection-closed'
  | 'timeout'
  | 'tls-untrusted'
  | 'tls-hostname'
  | 'tls-expired'
  | 'tls-client-cert-required'
  | 'tls-client-cert-invalid'
  | 'tls-not-spoken'
  | 'tls-expected'
  | 'tls-failed'
  | 'not-kafka'
  | 'kafka-too-old'
  | 'sasl-failed'
  | 'sasl-required'
  | 'sasl-unexpected'
  | 'sasl-mechanism-unsupported'
  | 'topic-not-authorized'
  | 'group-not-authorized'
  | 'cluster-not-authorized'
  | 'topic-unknown'
  | 'topic-invalid'
  | 'partition-unknown'
  | 'leader-unavailable'
  | 'broker-gone'
  | 'offset-out-of-range'
  | 'offset-too-large'
  | 'record-too-large'
  | 'record-refused'
  | 'not-enough-replicas'
  | 'producer-fenced'
  | 'outcome-unknown'
  | 'cancelled'
  | 'protocol';

/** A failure in words: what happened, where, and what to do next. */
export class KafkaFault extends Error {
  readonly code: KafkaFaultCode;
  /** Trying again later may succeed without anybody changing anything. */
  readonly retryable: boolean;
  /** host:port, topic, or topic/partition. */
  readonly where: string;
  readonly nextStep: string;

  constructor(
    code: KafkaFaultCode,
    where: string,
    sentence: string,
    nextStep: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(sentence, { cause: options.cause });
    this.name = 'KafkaFault';
    this.code = code;
    this.where = where;
    this.nextStep = nextStep;
    this.retryable = options.retryable ?? false;
  }
}
