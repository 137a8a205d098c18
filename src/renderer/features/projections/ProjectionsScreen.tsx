import { Plus, Table2, Upload } from 'lucide-react';
import { useLayoutEffect, useState } from 'react';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toastError } from '../../components/Toast.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { chooseDefinition } from './definitionFile.ts';
import { ImportDefinition } from './ImportDefinition.tsx';
import { NewProjection } from './NewProjection.tsx';
import { ProjectionDetail } from './ProjectionDetail.tsx';
import styles from './projections.module.css';
import { SqlConsole } from './SqlConsole.tsx';
import { STATE_TONES, STATE_WORDS } from './states.ts';

type View = 'tables' | 'sql';
const ignoreRange = () => {};

/** Events folded into tables, and SQL over them: `#/projections/<name>`, `#/projections?view=sql`. */
export default function ProjectionsScreen() {
  const { segments, params } = useAddress();
  const view: View = params.get('view') === 'sql' ? 'sql' : 'tables';
  const list = useEngineQuery(['projections', 'list'], {});
  const workspace = useEngineQuery(['workspace', 'current'], {});
  const all = list.data?.projections ?? [];
  const wanted = segments[1];
  const chosen = all.find(({ name }) => name === wanted) ?? null;
  // Before any key: what that one asks for must not be taken away again.
  useLayoutEffect(() => {
    if (view === 'tables' && wanted === undefined && all.length > 0)
      go(['projections', all[0]!.name], {}, true);
  }, [view, wanted, all]);
  const [isNew, setIsNew] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const takeFile = async () => {
    try {
      setFile(await chooseDefinition());
    } catch (error) {
      toastError(error as EngineError);
    }
  };
  const show = (next: View) => setParams({ view: next === 'sql' ? 'sql' : null });
  useCommands([
    {
      id: 'projections.view',
      title: view === 'sql' ? 'Show the projections' : 'Open the SQL console',
      group: 'Projections',
      keys: 's',
      hint: view === 'sql' ? 'tables' : 'SQL console',
      run: () => show(view === 'sql' ? 'tables' : 'sql'),
    },
    {
      id: 'projections.new',
      title: 'New projection',
      group: 'Projections',
      keys: 'n',
      hint: 'new',
      run: () => setIsNew(true),
    },
    {
      id: 'projections.import',
      title: 'Import a definition from a file',
      group: 'Projections',
      run: () => void takeFile(),
    },
  ]);

  if (list.error !== null)
    return (
      <Screen>
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      </Screen>
    );
  if (workspace.data === null)
    return (
      <Screen>
        <EmptyState
          heading
          icon={<Table2 />}
          title="Projections fold captured events into tables."
          action={
            <Button look="primary" onClick={() => go(['topics'])}>
              Choose topics
            </Button>
          }
        >
          No workspace is open. Capture topics of a cluster, or open the demo recording at the top.
        </EmptyState>
      </Screen>
    );
  return (
    <Screen>
      <ScreenHead
        title="Projections"
        note={
          view === 'sql'
            ? 'ask all events and tables in SQL, as of the time at the top'
            : 'events folded into tables, one row for each aggregate'
        }
      >
        {view === 'tables' ? (
          <>
            <Button icon={<Upload />} onClick={() => void takeFile()}>
              Import…
            </Button>
            <Button icon={<Plus />} keys="n" onClick={() => setIsNew(true)}>
              New
            </Button>
          </>
        ) : null}
        <Segmented<View>
          label="View"
          value={view}
          onValue={show}
          options={[
            { value: 'tables', label: 'Tables' },
            { value: 'sql', label: 'SQL console' },
          ]}
        />
      </ScreenHead>
      <div className={styles.content}>
        {view === 'sql' ? (
          <SqlConsole />
        ) : (
          <Columns
            id="projections"
            columns={[
              { id: 'list', size: 280, min: 200 },
              { id: 'detail', min: 480 },
            ]}
          >
            <Panel
              label="Projections"
              fills
              head={<PanelHeader title="Tables" note={list.data === undefined ? undefined : all.length} />}
            >
              {list.data === undefined ? (
                <Skeleton lines={4} />
              ) : (
                <VirtualList<ProjectionStatus>
                  label="Projections"
                  total={all.length}
                  getRow={(index) => all[index]}
                  onRange={ignoreRange}
                  selected={all.findIndex(({ name }) => name === wanted)}
                  onSelect={(index) =>
                    go(['projections', all[index]!.name], { tab: params.get('tab') }, true)
                  }
                  render={(status) => <Line status={status} />}
                />
              )}
            </Panel>
            {chosen !== null ? (
              <ProjectionDetail key={chosen.name} status={chosen} />
            ) : list.data === undefined ? (
              <Skeleton lines={10} />
            ) : (
              <EmptyState icon={<Table2 />} title={`There is no projection ${shown(wanted ?? '')}.`}>
                Choose one from the list.
              </EmptyState>
            )}
          </Columns>
        )}
      </div>
      {isNew ? <NewProjection names={all.map(({ name }) => name)} onClose={() => setIsNew(false)} /> : null}
      {file === null ? null : <ImportDefinition text={file} all={all} onClose={() => setFile(null)} />}
    </Screen>
  );
}

function Line({ status }: { status: ProjectionStatus }) {
  const isBuilt = status.builtAt !== null;
  return (
    <div className={styles.item}>
      <span className={styles.itemTitle}>
        <span className="ellipsis">{shown(status.title)}</span>
        <Tag tone={STATE_TONES[status.state]}>{STATE_WORDS[status.state]}</Tag>
      </span>
      <span className={styles.itemNote}>
        {isBuilt ? plural(status.rows, 'row') : shown(status.source)}
        {isBuilt && status.behind > 0 ? (
          <span className={styles.more}> · {formatCount(status.behind)} behind</span>
        ) : null}
        {status.failed > 0 ? (
          <span className={styles.bad}> · {formatCount(status.failed)} failed</span>
        ) : null}
      </span>
    </div>
  );
}
