import type { PartitionSize } from '../../../contract/topics.ts';
import { KeyValue, type KeyValueRow } from '../../components/KeyValue.tsx';
import { Section } from '../../components/Panel.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatRate } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { Denied, Share } from './parts.tsx';
import type { Rate } from './rates.ts';
import styles from './Topics.module.css';
import { keptText, type ListedTopic, type Partition, type Skew, skewOf } from './topicRows.ts';

interface PartitionsProps {
  connectionId: string;
  topic: ListedTopic;
  rate: Rate | null;
  partitions: readonly Partition[];
}

/** Where the records lie: how many, how large, how fast they come, and how evenly. */
export function PartitionsTab({ connectionId, topic, rate, partitions }: PartitionsProps) {
  const size = useEngineQuery(['topics', 'size'], { connectionId, topic: topic.name }, { keep: false });
  const recent = useEngineQuery(
    ['topics', 'throughput'],
    { connectionId, topic: topic.name },
    { keep: false },
  );
  const sizeOf = new Map(size.data?.partitions.map((part) => [part.partition, part]));
  const offsets = partitions.map(({ low, high }) =>
    low === null || high === null ? null : BigInt(high) - BigInt(low),
  );
  const bytes = partitions.map(({ partition }) => {
    const own = sizeOf.get(partition)?.leaderBytes ?? null;
    return own === null ? null : BigInt(own);
  });
  const spans = recent.data?.spans;
  const facts: KeyValueRow[] = [
    {
      name: 'about',
      value: aboutText(offsets),
    },
    { name: 'on disk', value: diskText(size.data?.size), title: diskTitle(size.data?.size) },
    { name: 'now', value: nowText(rate), title: 'Offsets added between two looks at the end' },
    {
      name: 'by timestamp',
      value: spans === undefined ? '…' : recentText(spans),
      title: recentTitle(recent.data?.timestamps ?? null),
    },
    {
      name: 'kept',
      value: `${keptText(topic)} · ${topic.replication} ${topic.replication === 1 ? 'replica' : 'replicas'}`,
    },
    ...skewRows(offsets, bytes, partitions),
  ];
  const mostOffsets = largest(offsets);
  const mostBytes = largest(bytes);
  return (
    <>
      <Section>
        <KeyValue rows={facts} />
      </Section>
      {size.error !== null ? <Denied text={size.error.message} /> : null}
      {size.data?.problem ? <Denied text={size.data.problem} /> : null}
      {recent.data?.problem ? <Denied text={recent.data.problem} /> : null}
      <div className={styles.wide}>
        <table className={styles.partitions}>
          <thead>
            <tr>
              <th title="Partition">P</th>
              <th>Leader</th>
              <th className={styles.right}>Low</th>
              <th className={styles.right}>High</th>
              <th className={styles.right} title="High minus low: records at most">
                Records
              </th>
              <th className={styles.right} title="On the leader’s disk">
                Bytes
              </th>
            </tr>
          </thead>
          <tbody>
            {partitions.map((part, index) => (
              <tr key={part.partition} title={replicaTitle(part, sizeOf.get(part.partition))}>
                <td>{part.partition}</td>
                <td>
                  {part.leader < 0 ? <Tag tone="bad">none</Tag> : part.leader}{' '}
                  {part.inSync.length < part.replicas.length ? (
                    <Tag
                      tone="warn"
                      title={`in sync: ${part.inSync.join(', ')} of ${part.replicas.join(', ')}`}
                    >
                      {part.inSync.length}/{part.replicas.length}
                    </Tag>
                  ) : null}
                </td>
                <td className={styles.right}>{part.low === null ? '—' : formatCount(part.low)}</td>
                <td className={styles.right}>{part.high === null ? '—' : formatCount(part.high)}</td>
                <td className={styles.right}>
                  {offsets[index] === null ? '—' : formatCount(offsets[index]!)}
                  <Share part={offsets[index] ?? null} most={mostOffsets} />
                  {part.problem === null ? null : <div className={styles.problem}>{shown(part.problem)}</div>}
                </td>
                <td className={styles.right}>
                  {bytes[index] === null ? '—' : formatBytes(Number(bytes[index]))}
                  <Share part={bytes[index] ?? null} most={mostBytes} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function aboutText(offsets: readonly (bigint | null)[]): string {
  let sum = 0n;
  for (const count of offsets) {
    if (count === null) return 'not readable';
    sum += count;
  }
  return `${formatCount(sum)} records at most`;
}

type Size = { leaderBytes: string | null; replicaBytes: string } | undefined;

function diskText(size: Size): string {
  if (size === undefined) return '…';
  if (size.leaderBytes === null && size.replicaBytes === '0') return 'not known';
  const leaders =
    size.leaderBytes === null ? 'leaders not known' : `${formatBytes(Number(size.leaderBytes))} once`;
  return `${leaders}, ${formatBytes(Number(size.replicaBytes))} with replicas`;
}

const diskTitle = (size: Size): string | undefined =>
  size === undefined || size.leaderBytes === null
    ? undefined
    : `${formatCount(size.leaderBytes)} bytes on the leaders’ disks, ${formatCount(size.replicaBytes)} on all replicas. What a tiered topic keeps remotely is not in it.`;

const nowText = (rate: Rate | null): string =>
  rate === null
    ? 'looking again in 5 s'
    : `${formatRate(rate.perSecond)} over ${Math.round(rate.overMs / 1000)} s`;

const SPAN_NAMES: Record<number, string> = { 60000: 'minute', 3600000: 'hour', 86400000: 'day' };

const recentText = (spans: readonly { ms: number; records: string | null }[]): string => {
  const texts = spans.map(
    ({ ms, records }) => `${records === null ? '—' : formatCount(records)} / ${SPAN_NAMES[ms]}`,
  );
  const isBound = spans.some(({ records }) => records !== null && records !== '0');
  return `${isBound ? 'at most ' : ''}${texts.join(' · ')}`;
};

const recentTitle = (timestamps: 'create' | 'append' | null): string =>
  `Offsets from the first one on whose timestamp is in the last minute, hour, day: what lies behind it counts too, also when its own time is earlier, and so do transaction markers. ${
    timestamps === 'append'
      ? 'The broker sets the timestamps.'
      : timestamps === 'create'
        ? 'The producers set the timestamps: late or backdated records count by what they say.'
        : 'Who sets the timestamps is not known.'
  }`;

const largest = (values: readonly (bigint | null)[]): bigint =>
  values.reduce<bigint>((most, value) => (value !== null && value > most ? value : most), 0n);

function skewRows(
  offsets: readonly (bigint | null)[],
  bytes: readonly (bigint | null)[],
  partitions: readonly Partition[],
): KeyValueRow[] {
  const texts = [
    ['records', offsets],
    ['bytes', bytes],
  ].flatMap(([what, values]) => {
    const known = values as readonly (bigint | null)[];
    const skew = known.includes(null) ? null : skewOf(known as bigint[]);
    return skew === null ? [] : [`${skewText(skew)} in ${what}`];
  });
  if (texts.length === 0) return [];
  const skew = skewOf(offsets.map((value) => value ?? 0n));
  return [
    {
      name: 'skew',
      value: texts.join(' · '),
      title: `Largest partition by the median one${skew === null ? '' : `; most records are in ${partitions[skew.largest]!.partition}`}`,
    },
  ];
}

const skewText = ({ ratio }: Skew): string =>
  ratio === null ? 'empty median' : `${ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio))} ×`;

function replicaTitle(part: Partition, size: PartitionSize | undefined): string {
  const replicas = `replicas on ${part.replicas.join(', ')}; in sync ${part.inSync.join(', ')}`;
  const sizes = size?.replicas.map(
    ({ broker, bytes, dir, moving }) =>
      `broker ${broker}: ${formatCount(bytes)} bytes in ${shown(dir)}${moving ? ', being moved there' : ''}`,
  );
  return [replicas, ...(sizes ?? [])].join('\n');
}
