import { Bookmark, Check, Pencil, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import type { SavedFilter } from '../../../contract/search.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Input } from '../../components/Field.tsx';
import { Popover } from '../../components/Popover.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import styles from './filterBar.module.css';
import { filterTerms } from './filterText.ts';

interface SavedFiltersProps {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
}

const isEmpty = (filter: EventFilter): boolean =>
  filterTerms(filter).length === 0 && filter.where === undefined;

/** What a filter asks, in one line. */
const textOf = (filter: EventFilter): string =>
  [...filterTerms(filter), ...(filter.where === undefined ? [] : [filter.where])].join(' · ');

/** Filters that have a name: to apply, save, rename and remove; each is a command of the palette too. */
export function SavedFilters({ filter, onFilter }: SavedFiltersProps) {
  const [open, setOpen] = useState(false);
  const saved = useEngineQuery(['search', 'saved'], {});
  useCommands(
    (saved.data ?? []).map(({ id, name, filter: kept }) => ({
      id: `events.saved.${id}`,
      title: `Apply the filter ${shown(name)}`,
      group: 'Saved filters',
      run: () => onFilter(kept),
    })),
  );
  return (
    <Popover
      trigger={
        <IconButton label="Saved filters">
          <Bookmark />
        </IconButton>
      }
      title="Saved filters"
      open={open}
      onOpenChange={setOpen}
      align="end"
    >
      {open ? (
        <div className={styles.saved}>
          {saved.error !== null ? (
            <ErrorState error={saved.error} onRetry={() => void saved.refetch()} compact />
          ) : saved.data === undefined ? (
            <Skeleton lines={3} />
          ) : (
            <List
              saved={saved.data}
              onApply={(kept) => {
                onFilter(kept);
                setOpen(false);
              }}
            />
          )}
          <SaveForm filter={filter} />
        </div>
      ) : null}
    </Popover>
  );
}

function List({ saved, onApply }: { saved: readonly SavedFilter[]; onApply: (filter: EventFilter) => void }) {
  const [renaming, setRenaming] = useState<string | null>(null);
  const remove = useEngineAction(['search', 'remove']);
  if (saved.length === 0)
    return (
      <p className={styles.savedNone}>
        None yet. Give the present filter a name to find it here and in the palette.
      </p>
    );
  return (
    <ul className={styles.savedList} aria-label="Saved filters">
      {saved.map((each) => (
        <li key={each.id}>
          {renaming === each.id ? (
            <RenameForm saved={each} onDone={() => setRenaming((now) => (now === each.id ? null : now))} />
          ) : (
            <>
              <button type="button" className={styles.savedApply} onClick={() => onApply(each.filter)}>
                <span className={styles.savedName}>
                  {shown(each.name)}
                  {each.place === 'machine' ? <span className="faint"> on this machine</span> : null}
                </span>
                <span className={styles.savedText}>{shown(textOf(each.filter))}</span>
              </button>
              <IconButton label={`Rename ${shown(each.name)}`} onClick={() => setRenaming(each.id)}>
                <Pencil />
              </IconButton>
              <IconButton
                label={`Remove ${shown(each.name)}`}
                disabled={remove.isPending}
                onClick={() => remove.mutate({ id: each.id })}
              >
                <Trash2 />
              </IconButton>
            </>
          )}
        </li>
      ))}
      {remove.error === null ? null : <ErrorState error={remove.error} compact />}
    </ul>
  );
}

function RenameForm({ saved, onDone }: { saved: SavedFilter; onDone: () => void }) {
  const [name, setName] = useState(saved.name);
  const rename = useEngineAction(['search', 'rename'], { onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ id: saved.id, name });
  };
  return (
    <form className={styles.saveForm} onSubmit={submit}>
      <Input value={name} onValue={setName} aria-label={`New name of ${shown(saved.name)}`} autoFocus />
      <IconButton label="Keep the name" type="submit" disabled={name.trim() === '' || rename.isPending}>
        <Check />
      </IconButton>
      {rename.error === null ? null : <ErrorState error={rename.error} compact />}
    </form>
  );
}

function SaveForm({ filter }: { filter: EventFilter }) {
  const [name, setName] = useState('');
  const save = useEngineAction(['search', 'save'], {
    // The name of the next one may stand there by now.
    onSuccess: (_, sent) => setName((now) => (now === sent.name ? '' : now)),
  });
  const nothing = isEmpty(filter);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '' && !nothing) save.mutate({ name, filter });
  };
  return (
    <form className={styles.saveForm} onSubmit={submit}>
      <Input
        value={name}
        onValue={setName}
        disabled={nothing}
        placeholder={nothing ? 'Filter something to save it' : 'Name for the present filter'}
        aria-label="Name for the present filter"
      />
      <Button look="primary" type="submit" disabled={nothing || name.trim() === '' || save.isPending}>
        Save
      </Button>
      {save.error === null ? null : <ErrorState error={save.error} compact />}
    </form>
  );
}
