import { useEffect } from 'react';
import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Tabs } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { CaptureTab } from './CaptureTab.tsx';
import { ConfigTab } from './ConfigTab.tsx';
import { GroupsTab } from './GroupsTab.tsx';
import { PartitionsTab } from './PartitionsTab.tsx';
import type { Rate } from './rates.ts';
import styles from './Topics.module.css';
import { usePartitions } from './topicData.ts';
import type { ListedTopic } from './topicRows.ts';
import { openTab, TAB_NAMES, TOPIC_TABS, type TopicTab, tabOf } from './topicTabs.ts';

interface PanelProps {
  connectionId: string;
  topic: ListedTopic | null;
  rate: Rate | null;
  /** The open workspace holds another cluster. */
  ignoreCaptured: boolean;
}

/** One topic: its partitions, who reads it, how it is set, and what of it is captured. */
export function TopicPanel({ topic, ...rest }: PanelProps) {
  return (
    <Panel
      label="Topic"
      look="raised"
      fills
      head={
        <PanelHeader
          title={
            <span title={topic === null ? undefined : shown(topic.name)}>
              {topic === null ? 'Topic' : shown(topic.name)}
            </span>
          }
          note={topic === null ? undefined : plural(topic.partitions, 'partition')}
        />
      }
    >
      {topic === null ? (
        <EmptyState title="Choose a topic to see its partitions, who reads it and how it is set." />
      ) : (
        <Detail key={topic.name} topic={topic} {...rest} />
      )}
    </Panel>
  );
}

function Detail({ connectionId, topic, rate, ignoreCaptured }: PanelProps & { topic: ListedTopic }) {
  const { params } = useAddress();
  const tab = tabOf(params.get('tab'));
  const partitions = usePartitions(connectionId, topic.name);
  const coverage = useEngineQuery(['workspace', 'coverage'], { topics: null });
  const { refetch } = partitions;
  const { dataUpdatedAt } = coverage;
  // What was just captured may lie beyond the end as it was last seen.
  useEffect(() => {
    if (dataUpdatedAt > 0) void refetch();
  }, [dataUpdatedAt, refetch]);
  const held = new Map<number, PartitionCoverage>(
    (coverage.data?.partitions ?? [])
      .filter((part) => !ignoreCaptured && part.topic === topic.name && part.aside === null)
      .map((part) => [part.partition, part]),
  );
  return (
    <Tabs<TopicTab>
      label="Parts of the topic"
      value={tab}
      onValue={openTab}
      options={TOPIC_TABS.map((value) => ({
        value,
        label: TAB_NAMES[value],
        ...(value === 'groups' && topic.lag !== null ? { count: topic.lag.groups } : {}),
      }))}
    >
      <div className={styles.tabBody}>
        {topic.problem === null ? null : <Callout tone="warn" title={shown(topic.problem)} />}
        {tab === 'groups' ? (
          <GroupsTab connectionId={connectionId} topic={topic.name} />
        ) : tab === 'config' ? (
          <ConfigTab connectionId={connectionId} topic={topic.name} />
        ) : partitions.error !== null ? (
          <ErrorState error={partitions.error} onRetry={() => void partitions.refetch()} compact />
        ) : partitions.data === undefined ? (
          <Skeleton lines={6} />
        ) : tab === 'capture' ? (
          <CaptureTab partitions={partitions.data} held={held} />
        ) : (
          <PartitionsTab connectionId={connectionId} topic={topic} rate={rate} partitions={partitions.data} />
        )}
      </div>
    </Tabs>
  );
}
