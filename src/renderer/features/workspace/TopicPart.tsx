import { Download, Layers, Trash2, Waypoints } from 'lucide-react';
import type { TopicContents } from '../../../contract/workspaceWork.ts';
import { Button } from '../../components/Button.tsx';
import { CoverageBars } from '../../components/CoverageBars.tsx';
import { Panel, PanelHeader, Section } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';

/** The selected topic: its coverage as bars, and what can be done with it. */
export function TopicPart({
  topic,
  readOnly,
  onExport,
  onDelete,
}: {
  topic: TopicContents | null;
  readOnly: boolean;
  onExport: (topic: TopicContents) => void;
  onDelete: (topic: TopicContents) => void;
}) {
  const coverage = useEngineQuery(
    ['workspace', 'coverage'],
    { topics: topic === null ? [] : [topic.topic] },
    { enabled: topic !== null },
  );
  if (topic === null) return <EmptyState title="Choose a topic to see its partitions." />;
  return (
    <Panel
      label="Topic"
      head={
        <PanelHeader title={shown(topic.topic)} note={plural(topic.partitions, 'partition')}>
          <Button
            look="quiet"
            icon={<Layers />}
            onClick={() => go(['events'], { q: `topic:${topic.topic}` })}
          >
            Show its events
          </Button>
          <Button look="quiet" icon={<Waypoints />} onClick={() => go(['mappings', topic.topic])}>
            Mapping
          </Button>
          <Button look="quiet" icon={<Download />} onClick={() => onExport(topic)}>
            Export…
          </Button>
          {readOnly ? null : (
            <Button look="quiet" icon={<Trash2 />} onClick={() => onDelete(topic)}>
              Delete…
            </Button>
          )}
        </PanelHeader>
      }
    >
      {coverage.error !== null ? (
        <ErrorState error={coverage.error} onRetry={() => void coverage.refetch()} compact />
      ) : coverage.data === undefined ? (
        <Skeleton lines={4} />
      ) : (
        <Section>
          <CoverageBars partitions={coverage.data.partitions} ofOneTopic />
        </Section>
      )}
    </Panel>
  );
}
