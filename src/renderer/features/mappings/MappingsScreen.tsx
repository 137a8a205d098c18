import { Waypoints } from 'lucide-react';
import { useLayoutEffect } from 'react';
import type { TopicMappingOut } from '../../../contract/mappings.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { go, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { Editor } from './Editor.tsx';
import styles from './mappings.module.css';

/** Which fields of a record are the fields of an event, topic by topic: `#/mappings/<topic>`. */
export default function MappingsScreen() {
  const { segments } = useAddress();
  const topics = useEngineQuery(['mappings', 'topics'], {});
  const all = topics.data ?? [];
  const name = segments[1] ?? null;
  const chosen = all.find(({ topic }) => topic === name);
  const first = all[0]?.topic;
  // Before any key: what that one asks for must not be taken away again.
  useLayoutEffect(() => {
    if (name === null && first !== undefined) go(['mappings', first], {}, true);
  }, [name, first]);
  if (topics.error !== null)
    return (
      <Screen>
        <ErrorState error={topics.error} onRetry={() => void topics.refetch()} />
      </Screen>
    );
  if (topics.data === undefined)
    return (
      <Screen>
        <Skeleton lines={8} />
      </Screen>
    );
  if (all.length === 0)
    return (
      <Screen>
        <EmptyState
          heading
          icon={<Waypoints />}
          title="No topic is captured yet"
          action={<Button onClick={() => go(['topics'])}>Show the topics</Button>}
        >
          A mapping says which fields of a record are the type, the aggregate and the time of an event.
          Capture a topic first.
        </EmptyState>
      </Screen>
    );
  return (
    <Screen>
      <h1 className="sr-only">Mapping</h1>
      <div className={styles.content}>
        <Columns
          id="mappings"
          columns={[
            { id: 'topics', size: 190, min: 150 },
            { id: 'editor', min: 600 },
          ]}
        >
          <Panel label="Topics" fills head={<PanelHeader title="Topics" note={formatCount(all.length)} />}>
            <VirtualList
              label="Topics"
              total={all.length}
              getRow={(index) => all[index]}
              onRange={() => {}}
              selected={all.findIndex(({ topic }) => topic === name)}
              onSelect={(index) => go(['mappings', all[index]!.topic], {}, true)}
              render={(row) => <TopicLine row={row} />}
            />
          </Panel>
          {chosen === undefined ? (
            <Panel label="Mapping">
              <EmptyState
                title={name === null ? 'Choose a topic' : `The workspace holds nothing of ${shown(name)}`}
              >
                Topics that are captured are listed at the left.
              </EmptyState>
            </Panel>
          ) : (
            <Editor key={chosen.topic} topic={chosen} />
          )}
        </Columns>
      </div>
    </Screen>
  );
}

function TopicLine({ row }: { row: TopicMappingOut }) {
  const { topic, mapping, builtIn } = row;
  return (
    <div className={styles.line}>
      <span className={styles.lineName} title={topic}>
        {shown(topic)}
      </span>
      <span className={styles.lineNote}>
        <span className="ellipsis">{mapping === null ? 'no JSON object' : shown(mapping.title)}</span>
        {mapping === null || builtIn ? null : <Tag tone="accent">own</Tag>}
      </span>
    </div>
  );
}
