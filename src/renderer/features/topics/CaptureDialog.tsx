import { Download } from 'lucide-react';
import { useState } from 'react';
import { int64 } from '../../../contract/common.ts';
import type { Connection, TopicRow } from '../../../contract/connections.ts';
import { type WorkspaceInfo, WorkspaceName } from '../../../contract/workspace.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { ErrorState } from '../../components/States.tsx';
import { toast } from '../../components/Toast.tsx';
import { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { parseMoment } from '../../lib/moment.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import styles from './Topics.module.css';
import { isOtherCluster, totalEstimate } from './topicRows.ts';

type Start = 'earliest' | 'time' | 'offset';
const NAMES_SHOWN = 6;
const MAX_OFFSET_DIGITS = 13;

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
  const [start, setStart] = useState<Start>('earliest');
  const [time, setTime] = useState('');
  const [offset, setOffset] = useState('0');
  const [target, setTarget] = useState<string | null>(null);
  const [name, setName] = useState(() => proposeName(connection));
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);

  const isNew = (target ?? (usable === null ? NEW : usable.name)) === NEW;
  const moment = parseMoment(time);
  const problems = {
    time: start === 'time' && !moment.ok ? moment.problem : null,
    offset:
      start === 'offset' && !new RegExp(`^\\d{1,${MAX_OFFSET_DIGITS}}$`).test(offset)
        ? 'An offset is a whole number from 0.'
        : null,
    name:
      isNew && !WorkspaceName.safeParse(name.trim()).success
        ? 'Letters, digits, space, dot, dash and underscore; at most 80.'
        : null,
  };
  const estimate = totalEstimate(topics);

  const run = async () => {
    setTried(true);
    if (Object.values(problems).some((problem) => problem !== null)) return;
    setBusy(true);
    setError(null);
    try {
      if (isNew) await callEngine(['workspace', 'create'], { name: name.trim() });
      const from =
        start === 'time' && moment.ok
          ? { time: moment.at }
          : start === 'offset'
            ? { offset: int64(BigInt(offset)) }
            : ('earliest' as const);
      await callEngine(['capture', 'start'], {
        connectionId: connection.id,
        topics: topics.map((topic) => topic.name),
        from,
      });
      toast('The capture has started.', { detail: 'You can look at what is there while it runs.' });
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
        <Field label="Begin" hint="A partition that the workspace already holds goes on where it stands.">
          <Segmented<Start>
            label="Where to begin"
            value={start}
            onValue={setStart}
            options={[
              { value: 'earliest', label: 'Earliest' },
              { value: 'time', label: 'At a time' },
              { value: 'offset', label: 'At an offset' },
            ]}
          />
        </Field>
        {start === 'time' ? (
          <Field
            label="Time"
            error={tried || time !== '' ? problems.time : null}
            hint="Recorded at or after it; write the zone"
          >
            <Input mono value={time} onValue={setTime} placeholder="2025-12-01T00:00:00Z" autoFocus />
          </Field>
        ) : null}
        {start === 'offset' ? (
          <Field label="Offset" error={problems.offset} hint="The same in every partition">
            <Input mono value={offset} onValue={setOffset} inputMode="numeric" autoFocus />
          </Field>
        ) : null}
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
          <Field label="Name" error={tried ? problems.name : null}>
            <Input value={name} onValue={setName} />
          </Field>
        ) : null}
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
  if (workspace.readOnly) return `${shown(workspace.name)} is a recording and cannot be changed.`;
  return isOther ? `${shown(workspace.name)} holds another cluster; the two are never mixed.` : undefined;
}

/** `core-banking 2026-11-21`: the cluster and the day. */
function proposeName(connection: Connection): string {
  const plain = connection.name.replace(/[^\p{L}\p{N} _.-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '');
  return `${plain || 'capture'} ${new Date().toISOString().slice(0, 10)}`.slice(0, 80);
}
