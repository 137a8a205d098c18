// The settings of one topic, where each comes from, and whether it differs from what Kafka would do unasked.
import type { ClusterClient } from './clusterClient.ts';
import { DESCRIBE_TOPIC_CONFIG, type DescribedConfig } from './describeRequests.ts';
import { faultOfCode } from './faults.ts';

export type ConfigSource = 'topic' | 'broker' | 'cluster' | 'server-file' | 'default' | 'other';

export interface TopicSetting {
  name: string;
  /** Null when it has none, or is sensitive. */
  value: string | null;
  sensitive: boolean;
  source: ConfigSource;
  /** Kafka's own default, as the broker tells it; null when it does not, or the setting is sensitive. */
  defaultValue: string | null;
  /** The value is another than Kafka's default. */
  differs: boolean;
  documentation: string | null;
}

const SOURCES: Record<number, ConfigSource> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'server-file',
  5: 'default',
};
const DEFAULT = 5;

/**
 * Brokers keep these defaults in other units (log.retention.hours, log.roll.hours: 168) and do not tell them among the
 * synonyms (https://kafka.apache.org/documentation/#topicconfigs).
 */
const UNTOLD: Record<string, string> = { 'retention.ms': '604800000', 'segment.ms': '604800000' };

/** Those that differ from the default first, then by name. @throws KafkaFault topic-not-authorized, topic-unknown */
export async function readTopicConfig(client: ClusterClient, topic: string): Promise<TopicSetting[]> {
  const { errorCode, values } = await client.request(null, DESCRIBE_TOPIC_CONFIG, topic);
  if (errorCode !== 0) throw faultOfCode(errorCode, topic);
  return values
    .map(settingOf)
    .sort((a, b) => Number(b.differs) - Number(a.differs) || (a.name < b.name ? -1 : 1));
}

function settingOf({
  name,
  value,
  sensitive,
  source,
  synonyms,
  documentation,
}: DescribedConfig): TopicSetting {
  // The synonyms end with the default; a setting that stands at its default has it as its own value.
  const told = synonyms.find((synonym) => synonym.source === DEFAULT);
  const defaultValue = source === DEFAULT ? value : told === undefined ? (UNTOLD[name] ?? null) : told.value;
  return {
    name,
    // A broker sends no sensitive value; should one ever do, it ends here.
    value: sensitive ? null : value,
    sensitive,
    source: SOURCES[source] ?? 'other',
    defaultValue: sensitive ? null : defaultValue,
    differs: source !== DEFAULT && (sensitive || defaultValue !== value),
    documentation,
  };
}
