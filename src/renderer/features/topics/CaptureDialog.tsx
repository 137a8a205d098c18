import { Download } from 'lucide-react';
import { useState } from 'react';
import type { Connection, TopicRow } from '../../../contract/connections.ts';
import { type WorkspaceInfo, WorkspaceName } from '../../../contract/workspace.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input, Switch } from '../../components/Field.tsx';
import { Select } from '../../components/Select.tsx';
import { ErrorState } from '../../components/States.tsx';
import { toast } from '../../components/Toast.tsx';
import { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useStillOpen } from '../../lib/opening.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { askedOf, type Choice, canFollow, FIRST_CHOICE, problemsOf } from './captureChoice.ts';
import { RangeFields } from './RangeFields.tsx';
import styles from './Topics.module.css';
import { isOtherCluster, totalEstimate } from './topicRows.ts';

const NAMES_SHOWN = 6;

interface CaptureDialogProps {
  connection: Connection;
  /** Of the cluster, as far as it tells. */
  clusterId: string | null;
  /** Null: closed. */
  topics: readonly TopicRow[] | null;
  onClose: () => void;
  onStarted: () => void;
}

/** What will be read, from where on, and into which workspace. */
export function CaptureDialog({ connection, clusterId, topics, onClose, onStarted }: CaptureDialogProps) {
  return (
    <Dialog
      open={topics !== null}
      onClose={onClose}
      title={
        topics?.length === 1
          ? `Capture ${shown(topics[0]!.name)}`
          : `Capture ${plural(topics?.length ?? 0, 'topic')}`
      }
      description={`Reads from ${shown(connection.name)} up to the end as it is now. The cluster notices nothing: no group, no offsets.`}
    >
      {topics === null ? null : (
        <CaptureForm
          connection={connection}
          clusterId={clusterId}
          topics={topics}
          onClose={onClose}
          onStarted={onStarted}
        />
      )}
    </Dialog>
  );
}

const NEW = '\u0000new';

function CaptureForm({
  connection,
  clusterId,
  topics,
  onClose,
  onStarted,
}: CaptureDialogProps & { topics: readonly TopicRow[] }) {
  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  const isOther = isOtherCluster(workspace?.clusterId, clusterId);
  const usable = workspace !== null && !workspace.readOnly && !isOther ? workspace : null;
  // What is held already goes on unless the person says otherwise.
  const [own, setOwn] = useState<Partial<Choice>>({});
  const isHeld = usable !== null && topics.some(({ captured }) => captured !== null && captured !== '0');
  const choice: Choice = { ...FIRST_CHOICE, ...(isHeld ? { range: 'go-on' } : {}), ...own };
  const isFollowable = canFollow(choice);
  const [follow, setFollow] = useState(false);
  const [target, setTarget] = useState<string | null>(null);
  const [name, setName] = useState(() => proposeName(connection));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);
  const whileOpen = useStillOpen();

  const isNew = (target ?? (usable === null ? NEW : usable.name)) === NEW;
  const problems = problemsOf(choice);
  const nameProblem =
    isNew && !WorkspaceName.safeParse(name.trim()).success
      ? 'Letters, digits, space, dot, dash and underscore; at most 80.'
      : null;
  const estimate = totalEstimate(topics);

  const run = async () => {
    setTried(true);
    if (nameProblem !== null || Object.keys(problems).length > 0) return;
    const isStillOpen = whileOpen();
    setBusy(true);
    setError(null);
    try {
      if (isNew) await callEngine(['workspace', 'create'], { name: name.trim() });
      const asked = askedOf(choice);
      const what = { connectionId: connection.id, topics: topics.map((topic) => topic.name) };
      if (follow && isFollowable) await callEngine(['capture', 'follow'], { ...what, from: asked.from });
      else await callEngine(['capture', 'start'], { ...what, ...asked });
      toast('The capture has started.', { detail: 'You can look at what is there while it runs.' });
      if (!isStillOpen()) return;
      onStarted();
      onClose();
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      setError(thrown);
      // The workspace was made before the capture was refused: the next try goes on in it.
      if (isNew && thrown.code !== 'workspace.exists') setTarget(null);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <ul className={styles.names}>
        {topics.slice(0, NAMES_SHOWN).map((topic) => (
          <li key={topic.name}>
            <span className="ellipsis">{shown(topic.name)}</span>
            <span className="num">{topic.estimated === null ? '—' : formatCount(topic.estimated)}</span>
          </li>
        ))}
        {topics.length > NAMES_SHOWN ? (
          <li className="faint">and {plural(topics.length - NAMES_SHOWN, 'more topic')}</li>
        ) : null}
        <li className={styles.sum}>
          <span>records at most</span>
          <span className="num">{estimate === null ? 'not known' : formatCount(estimate)}</span>
        </li>
      </ul>
      <div className={styles.form}>
        <RangeFields
          choice={choice}
          problems={problems}
          tried={tried}
          isHeld={isHeld}
          onChange={(changes) => setOwn((before) => ({ ...before, ...changes }))}
        />
        <Field label="Into" hint={whyNotInto(workspace, isOther)}>
          <Select
            value={isNew ? NEW : usable!.name}
            onValue={setTarget}
            options={[
              ...(usable === null
                ? []
                : [{ value: usable.name, label: shown(usable.name), hint: 'open now' }]),
              { value: NEW, label: 'a new workspace' },
            ]}
          />
        </Field>
        {isNew ? (
          <Field label="Name" error={tried ? nameProblem : null}>
            <Input value={name} onValue={setName} />
          </Field>
        ) : null}
        <Switch checked={follow && isFollowable} onChecked={setFollow} disabled={!isFollowable}>
          Keep following: capture new records as they come
        </Switch>
      </div>
      {error === null ? null : <ErrorState error={error} compact />}
      <div className={styles.buttons}>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" icon={<Download />} disabled={busy} onClick={() => void run()}>
          Capture
        </Button>
      </div>
    </>
  );
}

function whyNotInto(workspace: WorkspaceInfo | null, isOther: boolean): string | undefined {
  if (workspace === null) return undefined;
  if (workspace.readOnly) return `${shown(workspace.name)} can only be read.`;
  return isOther ? `${shown(workspace.name)} holds another cluster; the two are never mixed.` : undefined;
}

/** `core-banking 2026-11-21`: the cluster and the day. */
function proposeName(connection: Connection): string {
  const plain = connection.name.replace(/[^\p{L}\p{N} _.-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '');
  return `${plain || 'capture'} ${new Date().toISOString().slice(0, 10)}`.slice(0, 80);
}
