import { Plus, Server } from 'lucide-react';
import { useLayoutEffect } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { go, useAddress } from '../../lib/address.ts';
import { useConnections } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { ConnectionEditor } from './ConnectionEditor.tsx';
import styles from './Connections.module.css';

const NEW = 'new';
const ignoreRange = () => {};

/** Clusters: the list, and the one being looked at. */
export default function ConnectionsScreen() {
  const { segments } = useAddress();
  const list = useEngineQuery(['connections', 'list'], {});
  const { current } = useConnections();
  const connections = list.data ?? [];
  const wanted = segments[1];
  const chosen = connections.find(({ id }) => id === wanted) ?? null;
  const isNew = wanted === NEW;

  // Before any key: what that one asks for must not be taken away again.
  useLayoutEffect(() => {
    if (wanted === undefined && connections.length > 0) {
      go(['connections', (current ?? connections[0]!).id], {}, true);
    }
  }, [wanted, connections, current]);
  const add = () => go(['connections', NEW]);
  useCommands([
    { id: 'connections.new', title: 'New connection', group: 'Clusters', keys: 'n', hint: 'new', run: add },
    {
      id: 'connections.select',
      title: 'Choose in the list',
      group: 'Clusters',
      keys: ['arrowup', 'arrowdown'],
      hint: 'select',
    },
  ]);

  if (list.error !== null) {
    return (
      <Screen>
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      </Screen>
    );
  }
  return (
    <Screen>
      <Columns
        id="connections"
        columns={[
          { id: 'list', size: 280, min: 200 },
          { id: 'form', min: 620 },
        ]}
      >
        <Panel
          label="Clusters"
          fills
          head={
            <PanelHeader title="Clusters" note={list.data === undefined ? undefined : connections.length}>
              <IconButton label="New connection" keys="n" onClick={add}>
                <Plus />
              </IconButton>
            </PanelHeader>
          }
        >
          {list.data === undefined ? (
            <Skeleton lines={3} />
          ) : connections.length === 0 ? (
            <p className={styles.none}>No connection yet.</p>
          ) : (
            <VirtualList<Connection>
              label="Connections"
              total={connections.length}
              getRow={(index) => connections[index]}
              onRange={ignoreRange}
              selected={connections.findIndex(({ id }) => id === wanted)}
              onSelect={(index) => go(['connections', connections[index]!.id], {}, true)}
              onOpen={() => go(['topics'])}
              render={(connection) => <ConnectionLine connection={connection} />}
            />
          )}
        </Panel>
        {chosen !== null || isNew ? (
          <ConnectionEditor key={wanted} connection={chosen} />
        ) : (
          <Nothing
            loading={list.data === undefined}
            none={connections.length === 0}
            unknown={wanted}
            onAdd={add}
          />
        )}
      </Columns>
    </Screen>
  );
}

function ConnectionLine({ connection }: { connection: Connection }) {
  return (
    <div className={styles.line}>
      <span className={styles.dot} data-env={connection.environment} />
      <span className={styles.lineName}>{shown(connection.name)}</span>
      <span className={styles.lineNote}>
        {connection.environment} · {shown(connection.brokers[0] ?? '')}
        {connection.brokers.length > 1 ? ` and ${connection.brokers.length - 1} more` : ''}
      </span>
    </div>
  );
}

interface NothingProps {
  loading: boolean;
  none: boolean;
  unknown: string | undefined;
  onAdd: () => void;
}

/** Stands where the form would. */
function Nothing({ loading, none, unknown, onAdd }: NothingProps) {
  if (loading) return <Skeleton lines={8} />;
  if (unknown !== undefined && !none) {
    return (
      <EmptyState icon={<Server />} title={`There is no connection ${shown(unknown)}.`}>
        Choose one from the list.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      heading
      icon={<Server />}
      title="Connect to a Kafka cluster to see its topics."
      action={
        <Button look="primary" icon={<Plus />} keys="n" onClick={onAdd}>
          New connection
        </Button>
      }
    >
      Hindcast only reads: it joins no consumer group, commits no offset, and needs Describe and Read on the
      topics you choose.
    </EmptyState>
  );
}
