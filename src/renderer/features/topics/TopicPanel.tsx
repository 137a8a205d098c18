import type { TopicRow } from '../../../contract/connections.ts';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Callout, Panel, PanelHeader, Section } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './Topics.module.css';
import { retentionText } from './topicRows.ts';

interface PanelProps {
  connectionId: string;
  topic: TopicRow | null;
  /** The open workspace holds another cluster. */
  ignoreCaptured: boolean;
}

/** Partitions of a topic: where they are led, their offsets, and what of them is captured. */
export function TopicPanel({ connectionId, topic, ignoreCaptured }: PanelProps) {
  return (
    <Panel
      label="Topic"
      look="raised"
      head={
        <PanelHeader
          title={topic === null ? 'Topic' : shown(topic.name)}
          note={topic === null ? undefined : plural(topic.partitions, 'partition')}
        />
      }
    >
      {topic === null ? (
        <EmptyState title="Choose a topic to see its partitions." />
      ) : (
        <Detail connectionId={connectionId} topic={topic} ignoreCaptured={ignoreCaptured} />
      )}
    </Panel>
  );
}

function Detail({ connectionId, topic, ignoreCaptured }: PanelProps & { topic: TopicRow }) {
  const partitions = useEngineQuery(['topics', 'partitions'], { connectionId, topic: topic.name });
  const coverage = useEngineQuery(['workspace', 'coverage'], { topics: null });
  const held = new Map<number, PartitionCoverage>(
    (coverage.data?.partitions ?? [])
      .filter((part) => !ignoreCaptured && part.topic === topic.name)
      .map((part) => [part.partition, part]),
  );
  const missing = [...held.values()].filter(({ complete }) => !complete);
  return (
    <>
      {topic.problem === null ? null : <Callout tone="warn" title={shown(topic.problem)} />}
      <Section>
        <KeyValue
          rows={[
            {
              name: 'about',
              value:
                topic.estimated === null ? 'not readable' : `${formatCount(topic.estimated)} records at most`,
            },
            {
              name: 'captured',
              value: topic.captured === null ? 'nothing yet' : plural(topic.captured, 'record'),
            },
            { name: 'cleanup', value: topic.cleanupPolicy ?? 'not readable' },
            {
              name: 'retention',
              value: topic.retentionMs === null ? 'not readable' : retentionText(topic.retentionMs),
            },
            { name: 'replication', value: String(topic.replication) },
          ]}
        />
      </Section>
      {missing.length === 0 ? null : (
        <Callout tone="warn" title={`${plural(missing.length, 'partition')} not complete`}>
          {missing.flatMap((part) =>
            part.missing.map((range) => (
              <div key={`${part.partition}-${range.from}`}>
                [{part.partition}] {formatCount(range.from)} – {formatCount(BigInt(range.to) - 1n)}:{' '}
                {shown(range.note)}
              </div>
            )),
          )}
        </Callout>
      )}
      {partitions.error !== null ? (
        <ErrorState error={partitions.error} onRetry={() => void partitions.refetch()} compact />
      ) : partitions.data === undefined ? (
        <Skeleton lines={5} />
      ) : (
        <table className={styles.partitions}>
          <thead>
            <tr>
              <th>Part.</th>
              <th>Leader</th>
              <th className={styles.right}>Low</th>
              <th className={styles.right}>High</th>
              <th className={styles.right}>Captured</th>
            </tr>
          </thead>
          <tbody>
            {partitions.data.map((part) => {
              const cover = held.get(part.partition);
              const lagging = part.inSync.length < part.replicas.length;
              return (
                <tr
                  key={part.partition}
                  title={
                    cover?.lastCaptureAt ? `captured ${formatTime(cover.lastCaptureAt, 's')} UTC` : undefined
                  }
                >
                  <td>{part.partition}</td>
                  <td>
                    {part.leader < 0 ? <Tag tone="bad">none</Tag> : part.leader}{' '}
                    {lagging ? (
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
                    {cover === undefined ? '—' : formatCount(cover.stored)}
                    {part.problem === null ? null : (
                      <div className={styles.problem}>{shown(part.problem)}</div>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
}
