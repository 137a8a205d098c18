import { Pencil, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { SavedQuery } from '../../../contract/cases.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Input } from '../../components/Field.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { toast } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { invalidate, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import styles from './console.module.css';

/** What is in the console now. */
export interface ConsoleContent {
  sql: string;
  parameters: Record<string, string>;
  chart: string | null;
}

interface SavedQueriesProps {
  content: ConsoleContent;
  onOpen: (query: SavedQuery) => void;
}

/** Statements with a name, kept with the workspace: to run, to save what is in the editor, to rename and remove. */
export function SavedQueries({ content, onOpen }: SavedQueriesProps) {
  const saved = useEngineQuery(['queries', 'list'], {});
  useCommands(
    (saved.data ?? []).map((query) => ({
      id: `sql.saved.${query.id}`,
      title: `Run the query ${shown(query.name)}`,
      group: 'Saved queries',
      run: () => onOpen(query),
    })),
  );
  return (
    <>
      <SaveForm content={content} />
      {saved.error !== null ? (
        <ErrorState error={saved.error} onRetry={() => void saved.refetch()} compact />
      ) : saved.data === undefined ? (
        <Skeleton lines={4} />
      ) : saved.data.length === 0 ? (
        <EmptyState title="No saved query yet">
          Give the statement in the editor a name to find it here and in the palette.
        </EmptyState>
      ) : (
        <ul className={styles.list} aria-label="Saved queries">
          {saved.data.map((query) => (
            <Line key={query.id} query={query} content={content} onOpen={() => onOpen(query)} />
          ))}
        </ul>
      )}
    </>
  );
}

function Line({
  query,
  content,
  onOpen,
}: {
  query: SavedQuery;
  content: ConsoleContent;
  onOpen: () => void;
}) {
  const [editing, setEditing] = useState(false);
  const [name, setName] = useState(query.name);
  const done = () => {
    invalidate(['notebook']);
    setEditing(false);
  };
  const save = useEngineAction(['queries', 'save'], { onSuccess: done });
  const remove = useEngineAction(['queries', 'remove'], { onSuccess: done });
  const { id, sql, parameters, chart } = query;
  if (!editing)
    return (
      <li>
        <button type="button" className={styles.open} onClick={onOpen} title={shown(sql, true)}>
          <span className={styles.openName}>
            {shown(query.name)}
            {query.kept === 'machine' ? <span className="faint"> on this machine</span> : null}
          </span>
          <span className={styles.openText}>{shown(sql)}</span>
        </button>
        <IconButton label={`Change ${shown(query.name)}`} onClick={() => setEditing(true)}>
          <Pencil />
        </IconButton>
        <IconButton
          label={`Remove ${shown(query.name)}`}
          disabled={remove.isPending}
          onClick={() => remove.mutate({ id })}
        >
          <Trash2 />
        </IconButton>
        {remove.error === null ? null : <ErrorState error={remove.error} compact />}
      </li>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') save.mutate({ id, name: name.trim(), sql, parameters, chart });
  };
  return (
    <li>
      <form className={styles.saveForm} onSubmit={submit}>
        <Input value={name} onValue={setName} aria-label={`New name of ${shown(query.name)}`} autoFocus />
        <div className={styles.formButtons}>
          <Button onClick={() => setEditing(false)}>Cancel</Button>
          <Button
            disabled={save.isPending || content.sql.trim() === ''}
            onClick={() => save.mutate({ id, name: name.trim() || query.name, ...content })}
            title="Keeps the name and takes the statement, parameters and chart from the editor"
          >
            Take the statement
          </Button>
          <Button type="submit" look="primary" disabled={name.trim() === '' || save.isPending}>
            Rename
          </Button>
        </div>
        {save.error === null ? null : <ErrorState error={save.error} compact />}
      </form>
    </li>
  );
}

function SaveForm({ content }: { content: ConsoleContent }) {
  const [name, setName] = useState('');
  const save = useEngineAction(['queries', 'save'], {
    onSuccess: (query, sent) => {
      invalidate(['notebook']);
      // The name of the next one may stand there by now.
      setName((now) => (now.trim() === sent.name ? '' : now));
      toast(`${shown(query.name)} is saved.`);
    },
  });
  const canSave = name.trim() !== '' && content.sql.trim() !== '' && !save.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canSave) save.mutate({ id: null, name: name.trim(), ...content });
  };
  return (
    <form className={styles.saveForm} onSubmit={submit}>
      <div className={styles.saveLine}>
        <Input
          value={name}
          onValue={setName}
          placeholder="Name of the query"
          aria-label="Name of the query"
        />
        <Button type="submit" disabled={!canSave}>
          Save
        </Button>
      </div>
      {save.error === null ? null : <ErrorState error={save.error} compact />}
    </form>
  );
}
