import { Copy, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { ProjectionName, type ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor } from '../../components/CodeEditor.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { ErrorState } from '../../components/States.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { invalidate, useEngineAction } from '../../lib/queries.ts';
import { laidOut, problemsOf, renamed } from './definitionText.ts';
import styles from './projections.module.css';

interface DefinitionTabProps {
  status: ProjectionStatus;
  definition: string;
}

/** What the projection is made of, as JSON. */
export function DefinitionTab({ status, definition }: DefinitionTabProps) {
  const stored = useMemo(() => laidOut(definition), [definition]);
  const [edited, setEdited] = useState<string | null>(null);
  const [asking, setAsking] = useState<'copy' | 'remove' | null>(null);
  useEffect(() => setEdited((now) => (now === stored ? null : now)), [stored]);
  const text = edited ?? stored;
  const problems = useMemo(() => (edited === null ? [] : problemsOf(edited)), [edited]);
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: (saved) => {
      setEdited(null);
      invalidate(['projections']);
      toast(`${shown(saved.title)} is saved.`, {
        ...(saved.state === 'stale' ? { detail: 'Its rows are of the definition before; rebuild it.' } : {}),
      });
      go(['projections', saved.name], { tab: 'definition' }, true);
    },
  });
  const remove = useEngineAction(['projections', 'remove'], {
    onSuccess: () => {
      invalidate(['projections']);
      go(['projections'], {}, true);
    },
  });
  const canSave = edited !== null && problems.length === 0 && !save.isPending;
  const store = () => canSave && save.mutate({ definition: text });
  useCommands([
    {
      id: 'projections.save',
      title: 'Save the definition',
      group: 'Projections',
      keys: 'mod+s',
      hint: 'save',
      disabled: !canSave,
      run: store,
    },
  ]);
  return (
    <div className={styles.definition}>
      <div className={styles.editor}>
        <CodeEditor
          label={`Definition of ${status.name}`}
          language="json"
          value={text}
          onValue={(next) => setEdited(next === stored ? null : next)}
          onSubmit={store}
          readOnly={status.builtIn}
        />
      </div>
      {problems.length === 0 ? null : (
        <ol className={styles.problems} aria-label="What is wrong">
          {problems.map(({ line, path, message }) => (
            <li key={`${line} ${path} ${message}`}>
              <span className={styles.line}>{line === null ? '' : `line ${line}`}</span>
              <span>
                {path === '' ? null : <span className="mono">{shown(path)} </span>}
                {shown(message)}
              </span>
            </li>
          ))}
        </ol>
      )}
      {save.error === null ? null : <ErrorState error={save.error} compact />}
      <div className={styles.foot}>
        <span className={styles.footNote}>
          {status.builtIn
            ? 'Built in: it cannot be changed, but saved under another name.'
            : edited === null
              ? 'Saved.'
              : problems.length === 0
                ? 'Changed, not saved.'
                : `${plural(problems.length, 'mistake')}; it cannot be saved yet.`}
        </span>
        {status.builtIn ? null : (
          <Button look="quiet" icon={<Trash2 />} onClick={() => setAsking('remove')}>
            Remove…
          </Button>
        )}
        <Button icon={<Copy />} onClick={() => setAsking('copy')}>
          Save as…
        </Button>
        {edited === null ? null : <Button onClick={() => setEdited(null)}>Discard changes</Button>}
        {status.builtIn ? null : (
          <Button look="primary" keys="mod+s" disabled={!canSave} onClick={store}>
            Save
          </Button>
        )}
      </div>
      {asking === 'copy' ? (
        <SaveAs status={status} definition={text} onClose={() => setAsking(null)} />
      ) : null}
      <Dialog
        open={asking === 'remove'}
        onClose={() => setAsking(null)}
        title={`Remove ${shown(status.title)}?`}
        description="Its definition and its rows are removed. The captured events stay, so it can be made again."
        footer={
          <>
            <Button onClick={() => setAsking(null)}>Keep it</Button>
            <Button
              look="danger"
              onClick={() => remove.mutate({ name: status.name }, { onError: toastError })}
              disabled={remove.isPending}
            >
              Remove
            </Button>
          </>
        }
      />
    </div>
  );
}

/** Asks for the name of an own projection made from another. */
function SaveAs({ status, definition, onClose }: DefinitionTabProps & { onClose: () => void }) {
  const [name, setName] = useState(`my_${status.name}`.slice(0, 63));
  const [title, setTitle] = useState(`My ${status.title.toLowerCase()}`);
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: (saved) => {
      invalidate(['projections']);
      onClose();
      go(['projections', saved.name], { tab: 'definition' });
    },
  });
  const checked = ProjectionName.safeParse(name);
  const nameProblem = checked.success ? null : `Use ${checked.error.issues[0]!.message}.`;
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={() =>
        checked.success && save.mutate({ definition: renamed(definition, name, title.trim() || name) })
      }
      title="Save as an own projection"
      description="A copy that you can change. It gets a table of its own."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || !checked.success}>
            Save
          </Button>
        </>
      }
    >
      <Field layout="above" label="Name of the table" error={nameProblem}>
        <Input mono value={name} onValue={setName} autoFocus />
      </Field>
      <Field layout="above" label="Title">
        <Input value={title} onValue={setTitle} />
      </Field>
      {save.error === null ? null : <ErrorState error={save.error} compact />}
    </Dialog>
  );
}
