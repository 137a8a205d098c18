import { LockKeyhole, LockKeyholeOpen, PlugZap, Trash2 } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { ErrorState } from '../../components/States.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { chooseConnection, forgetConnection, rememberConnection } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { useNow } from '../../lib/now.ts';
import { useEngineAction } from '../../lib/queries.ts';
import { ConnectionFields } from './ConnectionFields.tsx';
import styles from './Connections.module.css';
import { Diagnosis } from './Diagnosis.tsx';
import { EMPTY_FORM, type FormProblems, formOf, readForm } from './form.ts';
import { UnlockDialog } from './UnlockDialog.tsx';

/** One connection: its fields, whether it works, and whether it may publish. */
export function ConnectionEditor({ connection }: { connection: Connection | null }) {
  const stored = useMemo(() => (connection === null ? EMPTY_FORM : formOf(connection)), [connection]);
  const [edited, setForm] = useState<typeof stored | null>(null);
  const form = edited ?? stored;
  const newest = useRef(edited);
  newest.current = edited;
  const [problems, setProblems] = useState<FormProblems>({});
  const [removing, setRemoving] = useState(false);
  const [unlocking, setUnlocking] = useState(false);
  const test = useEngineAction(['connections', 'test']);
  const save = useEngineAction(['connections', 'save'], {
    onSuccess: (saved) => {
      rememberConnection(saved);
      chooseConnection(saved.id);
      toast(`${shown(saved.name)} is saved.`);
    },
  });
  const remove = useEngineAction(['connections', 'remove'], {
    onSuccess: (_, { id }, goOn) => {
      forgetConnection(id);
      goOn(['connections'], {}, true);
    },
  });
  const lock = useEngineAction(['connections', 'lock'], { onSuccess: rememberConnection });
  const now = useNow(1000);
  const isOpen = (connection?.unlocked?.until ?? 0) > now;

  const withForm = (act: (read: Extract<ReturnType<typeof readForm>, { ok: true }>) => void) => {
    const read = readForm(form);
    setProblems(read.ok ? {} : read.problems);
    if (read.ok) act(read);
  };
  const runTest = () =>
    withForm((read) => test.mutate({ connection: read.connection, secrets: read.secrets }));
  const runSave = () => {
    // A new one has no id until then: it would be saved twice, and the second refused for its name.
    if (save.isPending) return;
    withForm((read) =>
      save.mutate(
        { connection: read.connection, secrets: read.secrets },
        {
          onSuccess: ({ id }) => {
            const typed = newest.current;
            // What was typed while it was being saved stays, as a change of what is saved now.
            if (typed !== null && typed !== edited) return setForm({ ...typed, id });
            setForm(null);
            go(['connections', id], {}, true);
          },
        },
      ),
    );
  };
  useCommands([
    {
      id: 'connections.test',
      title: 'Test this connection',
      group: 'Clusters',
      keys: 'mod+enter',
      hint: 'test',
      run: runTest,
    },
    {
      id: 'connections.save',
      title: 'Save this connection',
      group: 'Clusters',
      keys: 'mod+s',
      hint: 'save',
      run: runSave,
    },
    {
      id: 'connections.topics',
      title: 'Topics of this cluster',
      group: 'Clusters',
      disabled: connection === null,
      run: () => openTopics(connection),
    },
  ]);

  return (
    <Screen>
      <ScreenHead
        title={connection === null ? 'New connection' : shown(connection.name)}
        note={
          connection === null ? (
            'read-only until you unlock it'
          ) : (
            <LockNote open={isOpen} connection={connection} />
          )
        }
      >
        {connection === null ? null : (
          <>
            {isOpen ? (
              <Button
                icon={<LockKeyhole />}
                onClick={() => lock.mutate({ id: connection.id }, { onError: toastError })}
              >
                Lock
              </Button>
            ) : (
              <Button icon={<LockKeyholeOpen />} onClick={() => setUnlocking(true)}>
                Unlock…
              </Button>
            )}
            <Button look="primary" onClick={() => openTopics(connection)}>
              Topics
            </Button>
          </>
        )}
      </ScreenHead>
      <Columns
        id="connection"
        columns={[
          { id: 'fields', min: 380 },
          { id: 'test', size: 380, min: 240 },
        ]}
      >
        <form
          className={styles.editor}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            runSave();
          }}
        >
          <div className={styles.fields}>
            <ConnectionFields
              form={form}
              has={connection?.has ?? { password: false, key: false }}
              problems={problems}
              onChange={(change) => {
                setForm({ ...form, ...change });
                for (const field of Object.keys(change)) {
                  if (field in problems) setProblems({ ...problems, [field]: undefined });
                }
              }}
            />
          </div>
          {save.error === null ? null : <ErrorState error={save.error} compact />}
          <div className={styles.foot}>
            {connection === null ? null : (
              <Button look="quiet" icon={<Trash2 />} onClick={() => setRemoving(true)}>
                Remove…
              </Button>
            )}
            <span className={styles.gap} />
            {edited === null ? null : <Button onClick={() => setForm(null)}>Discard changes</Button>}
            <Button icon={<PlugZap />} onClick={runTest} disabled={test.isPending}>
              Test connection
            </Button>
            <Button
              type="submit"
              look="primary"
              disabled={save.isPending || (edited === null && connection !== null)}
            >
              Save
            </Button>
          </div>
        </form>
        <Panel
          label="Test"
          look="raised"
          head={<PanelHeader title="Test" note="does it work, and if not, why" />}
        >
          <Diagnosis
            form={form}
            isRunning={test.isPending}
            result={test.data ?? null}
            error={test.error}
            onRun={runTest}
          />
        </Panel>
      </Columns>
      {connection === null ? null : (
        <>
          <UnlockDialog connection={connection} open={unlocking} onClose={() => setUnlocking(false)} />
          <Dialog
            open={removing}
            onClose={() => setRemoving(false)}
            title={`Remove ${shown(connection.name)}?`}
            description="The address and its secrets on this machine are removed. Workspaces with what was captured stay, and the cluster is untouched."
            onSubmit={() => remove.mutate({ id: connection.id }, { onError: toastError })}
            footer={
              <>
                <Button onClick={() => setRemoving(false)}>Keep it</Button>
                <Button type="submit" look="danger" icon={<Trash2 />} disabled={remove.isPending}>
                  Remove
                </Button>
              </>
            }
          />
        </>
      )}
    </Screen>
  );
}

function openTopics(connection: Connection | null): void {
  if (connection === null) return;
  chooseConnection(connection.id);
  go(['topics']);
}

function LockNote({ open, connection }: { open: boolean; connection: Connection }) {
  if (!open) return <>read-only: nothing can be published</>;
  return <>unlocked for publishing · reason: {shown(connection.unlocked?.reason ?? '')}</>;
}
