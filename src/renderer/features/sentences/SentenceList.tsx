import { Download, FolderOpen, MessageSquareText, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { SavedSentence } from '../../../contract/sentences.ts';
import { Button } from '../../components/Button.tsx';
import { Panel } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { pickText } from '../../lib/pickFile.ts';
import { callEngine, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { saveText } from '../../lib/saveText.ts';
import { editSentence } from './editing.ts';
import styles from './sentences.module.css';

const LARGEST_FILE = 8_000_000;

const COLUMNS: readonly TableColumn<SavedSentence>[] = [
  {
    id: 'type',
    title: 'Event type',
    width: 'minmax(120px, 0.7fr)',
    hover: ({ type }) => shown(type),
    cell: ({ type }) => (type === '' ? <span className="faint">without a type</span> : shown(type)),
  },
  {
    id: 'template',
    title: 'Template',
    width: 'minmax(200px, 1.6fr)',
    mono: true,
    hover: ({ template }) => shown(template),
    cell: ({ template }) => shown(template),
  },
  {
    id: 'topics',
    title: 'Topics',
    width: 'minmax(90px, 0.6fr)',
    mono: true,
    hover: ({ pattern }) => shown(pattern),
    cell: ({ pattern }) => (pattern === '*' ? <span className="faint">all</span> : shown(pattern)),
  },
  {
    id: 'changed',
    title: 'Changed',
    width: '140px',
    cell: ({ changedAt, kept }) =>
      kept === 'machine' ? (
        <Tag title={`Kept on this machine ${formatTime(changedAt, 's')}: the recording cannot be written`}>
          this machine
        </Tag>
      ) : (
        <span className={styles.time}>{formatTime(changedAt, 'min')}</span>
      ),
  },
];

async function importFile(): Promise<void> {
  const file = await pickText('.hindcast-sentences', LARGEST_FILE);
  if (file === null) return;
  const { added, replaced } = await callEngine(['sentences', 'import'], { text: file.text });
  toast(`${plural(added, 'template')} added, ${plural(replaced, 'template')} replaced.`);
}

function exportFile(all: readonly SavedSentence[]): void {
  const sentences = all.map(({ type, pattern, template }) => ({ type, pattern, template }));
  const text = JSON.stringify({ format: 'hindcast-sentences', version: 1, sentences }, null, 2);
  saveText(`${text}\n`, 'application/json', 'sentences.hindcast-sentences');
}

const told = (work: Promise<unknown>): void => {
  work.catch((error: unknown) => toastError(error as EngineError));
};

/** All templates of sentences that are kept for this workspace. */
export function SentenceList() {
  const list = useEngineQuery(['sentences', 'list'], {});
  const remove = useEngineAction(['sentences', 'remove']);
  const [selected, setSelected] = useState(0);
  const all = list.data ?? [];
  const at = Math.min(selected, all.length - 1);
  const chosen = all[at];
  const edit = (saved: SavedSentence | undefined) => {
    if (saved !== undefined) editSentence({ type: saved.type, topic: saved.pattern, saved });
  };
  const open = () => told(importFile());
  const take = () => chosen !== undefined && remove.mutate({ id: chosen.id }, { onError: toastError });
  const group = 'Sentences';
  useCommands([
    {
      id: 'sentences.edit',
      title: 'Edit the chosen template',
      group,
      keys: 'enter',
      hint: 'edit',
      disabled: chosen === undefined,
      run: () => edit(chosen),
    },
    {
      id: 'sentences.remove',
      title: 'Remove the chosen template',
      group,
      keys: 'delete',
      hint: 'remove',
      disabled: chosen === undefined || remove.isPending,
      run: take,
    },
    {
      id: 'sentences.export',
      title: 'Export all templates as a file',
      group,
      keys: 'e',
      hint: 'export',
      disabled: chosen === undefined,
      run: () => exportFile(all),
    },
    {
      id: 'sentences.import',
      title: 'Open templates of a file…',
      group,
      keys: 'o',
      hint: 'open file',
      run: open,
    },
  ]);
  if (list.error !== null)
    return list.error.code === 'workspace.none' ? (
      <EmptyState title="Templates are kept in a workspace, and none is open." />
    ) : (
      <ErrorState error={list.error} onRetry={() => void list.refetch()} />
    );
  if (list.data === undefined) return <Skeleton lines={4} />;
  const opener = (
    <Button icon={<FolderOpen />} keys="o" onClick={open}>
      Open a file…
    </Button>
  );
  if (chosen === undefined)
    return (
      <EmptyState
        icon={<MessageSquareText />}
        title="All events are said in their default words"
        action={
          <span className={styles.actions}>
            <Button look="primary" onClick={() => go(['events'])}>
              Show events
            </Button>
            {opener}
          </span>
        }
      >
        Choose an event in Events or in a timeline and press S to say all events of its type in your words.
      </EmptyState>
    );
  return (
    <Panel
      label="Sentences"
      fills
      head={
        <div className={styles.tools}>
          <Button icon={<Pencil />} onClick={() => edit(chosen)}>
            Edit
          </Button>
          <Button icon={<Trash2 />} keys="delete" disabled={remove.isPending} onClick={take}>
            Remove
          </Button>
          <span className={styles.gap} />
          {opener}
          <Button icon={<Download />} keys="e" onClick={() => exportFile(all)}>
            Export all
          </Button>
        </div>
      }
    >
      <VirtualTable
        label="Templates of sentences"
        columns={COLUMNS}
        total={all.length}
        getRow={(index) => all[index]}
        onRange={() => {}}
        selected={at}
        onSelect={setSelected}
        onOpen={(index) => edit(all[index])}
        autoFocus
      />
    </Panel>
  );
}
