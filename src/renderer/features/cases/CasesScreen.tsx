import { FolderOpen, Plus, Upload } from 'lucide-react';
import { useState } from 'react';
import type { CaseSummary } from '../../../contract/cases.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { go, goFromHere, useAddress } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatCount } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useNow } from '../../lib/now.ts';
import { pickText } from '../../lib/pickFile.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { CaseBookmarks } from './CaseBookmarks.tsx';
import { CaseFacts } from './CaseFacts.tsx';
import styles from './cases.module.css';
import { NewCaseDialog } from './NewCaseDialog.tsx';

const LARGEST_FILE = 4_000_000;

/** Opens a case of a file, and says what of it is not here. */
async function importCase(): Promise<void> {
  const file = await pickText('.hindcast-case', LARGEST_FILE);
  if (file === null) return;
  const goOn = goFromHere();
  const { id, from, missing } = await callEngine(['cases', 'import'], { text: file.text });
  goOn(['cases', id]);
  if (from === null) toast('The case was opened.');
  else
    toast(`It was made on another recording: ${shown(from.name)} (${from.id}).`, {
      detail:
        missing === 0
          ? 'All of its events are here.'
          : `${formatCount(missing)} of its events are not in this workspace.`,
      bad: missing > 0,
    });
}

/** Questions with their views, bookmarks and notes: `#/cases/<id>`. */
export default function CasesScreen() {
  const { segments } = useAddress();
  const [asking, setAsking] = useState(false);
  const list = useEngineQuery(['cases', 'list'], {});
  const open = () => void importCase().catch((error: unknown) => toastError(error as EngineError));
  const group = 'Cases';
  useCommands([
    { id: 'cases.new', title: 'New case', group, keys: 'n', hint: 'new', run: () => setAsking(true) },
    { id: 'cases.import', title: 'Open a case of a file…', group, keys: 'o', hint: 'open file', run: open },
  ]);
  const cases = list.data ?? [];
  const id = segments[1] ?? cases[0]?.id ?? null;
  return (
    <Screen>
      <ScreenHead title="Cases" note="A question, where it is asked, and what was found on the way">
        <Button icon={<Upload />} keys="o" onClick={open}>
          Open file
        </Button>
        <Button look="primary" icon={<Plus />} keys="n" onClick={() => setAsking(true)}>
          New case
        </Button>
      </ScreenHead>
      {list.error !== null ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <Skeleton lines={6} />
      ) : cases.length === 0 ? (
        <EmptyState
          icon={<FolderOpen />}
          title="No case yet"
          action={<Button onClick={() => setAsking(true)}>New case</Button>}
        >
          A case holds a question, bookmarks of the events that matter, and notes. In a timeline or the list
          of events, K bookmarks the chosen event.
        </EmptyState>
      ) : (
        <CaseColumns cases={cases} id={id} />
      )}
      <NewCaseDialog open={asking} onClose={() => setAsking(false)} />
    </Screen>
  );
}

function CaseColumns({ cases, id }: { cases: readonly CaseSummary[]; id: string | null }) {
  const found = useEngineQuery(['cases', 'get'], { id: id ?? '' }, { enabled: id !== null, keep: false });
  const selected = cases.findIndex((each) => each.id === id);
  const body = found.data;
  return (
    <div className={styles.content}>
      <Columns
        id="cases"
        columns={[
          { id: 'list', size: 270, min: 200 },
          { id: 'bookmarks', min: 340 },
          { id: 'facts', size: 400, min: 280 },
        ]}
      >
        <Panel label="Cases" fills head={<PanelHeader title="Cases" note={formatCount(cases.length)} />}>
          <VirtualList
            label="Cases"
            total={cases.length}
            getRow={(index) => cases[index]}
            onRange={() => {}}
            selected={selected}
            onSelect={(index) => go(['cases', cases[index]!.id], {}, true)}
            autoFocus
            render={(row) => <CaseLine row={row} />}
          />
        </Panel>
        {found.error !== null ? (
          <Panel label="Bookmarks">
            <ErrorState error={found.error} onRetry={() => void found.refetch()} />
          </Panel>
        ) : body === undefined ? (
          <Panel label="Bookmarks">
            <Skeleton lines={6} />
          </Panel>
        ) : (
          <CaseBookmarks key={body.id} found={body} />
        )}
        <Panel label="Case" look="raised">
          {body === undefined ? <Skeleton lines={6} /> : <CaseFacts key={body.id} found={body} />}
        </Panel>
      </Columns>
    </div>
  );
}

function CaseLine({ row }: { row: CaseSummary }) {
  const now = useNow();
  const { name, active, status, bookmarks, changedAt } = row;
  return (
    <div className={styles.line}>
      <span className={styles.lineName}>
        <span className="ellipsis" title={name}>
          {shown(name)}
        </span>
        {active ? (
          <Tag tone="accent" title="Bookmarks go into this case">
            active
          </Tag>
        ) : null}
        {status === 'closed' ? <Tag>closed</Tag> : null}
      </span>
      <span className={styles.lineNote}>
        {formatCount(bookmarks)} {bookmarks === 1 ? 'bookmark' : 'bookmarks'} ·{' '}
        {formatAge(changedAt, Math.max(now, changedAt))}
      </span>
    </div>
  );
}
