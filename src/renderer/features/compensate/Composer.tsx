import { Send } from 'lucide-react';
import { useRef, useState } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor } from '../../components/CodeEditor.tsx';
import { Columns } from '../../components/Columns.tsx';
import { cx } from '../../components/cx.ts';
import { Dialog } from '../../components/Dialog.tsx';
import { Callout, Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { chooseConnection } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { formatDuration } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { typeTitle } from '../aggregates/names.ts';
import { UnlockDialog } from '../connections/UnlockDialog.tsx';
import { BytesView } from './BytesView.tsx';
import styles from './compensate.module.css';
import { DraftForm } from './DraftForm.tsx';
import { type Kept, keepDraft } from './draftStore.ts';
import { readValue, withText } from './fields.ts';
import { GuardPanel } from './GuardPanel.tsx';
import { StateColumns } from './StateColumns.tsx';
import { Steps } from './Steps.tsx';
import { type ComposerState, useComposer } from './useComposer.ts';

interface ComposerProps {
  draftKey: string;
  aggregate: AggregateRef;
  correctedId: number | null;
  connection: Connection;
  connections: readonly Connection[];
  isRecording: boolean;
  kept: Kept;
}

const NOW = { knownOn: null, trueOn: null };

/** The screen on which a compensating event is written, checked and sent. */
export function Composer(props: ComposerProps) {
  const { draftKey, aggregate, correctedId, connection, connections, isRecording, kept } = props;
  const timeline = useEngineQuery(['aggregates', 'timeline'], { ref: aggregate, cut: NOW, reducer: null });
  const corrected = useEngineQuery(
    ['events', 'get'],
    { id: correctedId ?? 0 },
    { enabled: correctedId !== null },
  );
  const composer = useComposer({ draftKey, connection, kept, topics: timeline.data?.topics ?? [] });
  const [discarding, setDiscarding] = useState(false);
  const publishButton = useRef<HTMLButtonElement>(null);
  const { isProduction, isOpen, leftMs } = composer;
  const back = () => go(['aggregates', aggregate.type, aggregate.id], { event: correctedId });
  const next = () => {
    if (!isOpen && !isRecording) composer.setUnlocking(true);
    else if (!composer.isPublishable) composer.check();
    else if (!composer.isNamed) document.querySelector<HTMLElement>('[data-confirm]')?.focus();
    else publishButton.current?.focus();
  };
  const discard = () => {
    keepDraft(draftKey, null);
    back();
  };
  useCommands([
    {
      id: 'compensate.next',
      title: 'Next step',
      group: 'Compensate',
      keys: 'mod+enter',
      hint: 'next',
      run: next,
    },
    {
      id: 'compensate.back',
      title: 'Back to the timeline, the draft is kept',
      group: 'Compensate',
      keys: 'escape',
      hint: 'back to the timeline, draft kept',
      run: back,
    },
    {
      id: 'compensate.check',
      title: 'Dry run',
      group: 'Compensate',
      disabled: composer.problem !== null,
      run: composer.check,
    },
    {
      id: 'compensate.discard',
      title: 'Discard the draft',
      group: 'Compensate',
      run: () => setDiscarding(true),
    },
  ]);
  const row = corrected.data?.row;
  const subject =
    row === undefined ? undefined : `${shown(row.type)}${row.version === null ? '' : ` v${row.version}`}`;
  return (
    <div className={cx(styles.screen, isProduction && styles.production)}>
      <Screen>
        <ScreenHead
          title="Compensate"
          id={correctedId === null ? shown(timeline.data?.title ?? aggregate.id) : subject}
          note={
            <span title={`${shown(aggregate.type)} ${shown(aggregate.id)}`}>
              {typeTitle(aggregate.type)} {shown(timeline.data?.title ?? aggregate.id)}
              {row === undefined ? '' : ` · ${shown(row.sentence)}`}
            </span>
          }
        >
          {connections.length > 1 ? (
            <Select
              label="Cluster"
              value={connection.id}
              onValue={chooseConnection}
              options={connections.map(({ id, name, environment }) => ({
                value: id,
                label: `${shown(name)} · ${environment}`,
              }))}
            />
          ) : (
            <span className={styles.env} data-env={connection.environment}>
              ● {shown(connection.name)} · {connection.environment}
            </span>
          )}
          <Button onClick={() => setDiscarding(true)}>Discard draft…</Button>
        </ScreenHead>
        <Steps
          progress={composer.progress}
          unlockNote={isOpen ? formatDuration(Math.ceil(leftMs / 1000) * 1000) : null}
        />
        {isRecording ? (
          <Callout tone="warn" title="This is a recording: nothing can be published from it">
            A receipt must be kept beside the events. Capture the topics into a workspace of your own first;
            here you can compose and dry run.
          </Callout>
        ) : null}
        <States composer={composer} />
        <div className={styles.two}>
          <Columns
            id="compensate"
            columns={[
              { id: 'event', min: 420 },
              { id: 'guards', size: 400, min: 280 },
            ]}
          >
            <EventPanel composer={composer} kept={kept} />
            <GuardPanel composer={composer} connection={connection} isRecording={isRecording} />
          </Columns>
        </div>
        <div className={styles.foot}>
          <span className={styles.footText} role="status">
            {composer.publish.isPending
              ? 'acks all · idempotent · one in flight · being sent and read back …'
              : composer.publish.error?.code === 'compensate.unsure'
                ? 'acks all · idempotent · one in flight · sent, not confirmed'
                : 'acks all · idempotent · one in flight · nothing has been sent'}
          </span>
          <Button
            look={isOpen && !composer.isPublishable ? 'primary' : 'plain'}
            disabled={composer.problem !== null || composer.preview.isPending}
            title={composer.problem ?? 'Reads the head again and checks; sends nothing'}
            onClick={composer.check}
          >
            Dry run
          </Button>
          <Button
            ref={publishButton}
            look={isProduction ? 'danger' : composer.isPublishable ? 'primary' : 'plain'}
            icon={<Send />}
            disabled={!composer.canPublish}
            onClick={composer.send}
          >
            {isProduction ? 'Publish to production' : `Publish to ${shown(connection.name)}`}
          </Button>
        </div>
      </Screen>
      <UnlockDialog
        connection={connection}
        open={composer.unlocking}
        onClose={() => composer.setUnlocking(false)}
      />
      <Dialog
        open={discarding}
        onClose={() => setDiscarding(false)}
        onSubmit={discard}
        title="Discard this draft?"
        description={
          composer.isEdited
            ? 'What you have written is lost. Nothing has been sent.'
            : 'Nothing has been written or sent.'
        }
        footer={
          <>
            <Button onClick={() => setDiscarding(false)}>Keep it</Button>
            <Button type="submit" look="danger">
              Discard
            </Button>
          </>
        }
      />
    </div>
  );
}

function States({ composer }: { composer: ComposerState }) {
  const { preview, isFresh } = composer;
  if (preview.data !== undefined)
    return (
      <>
        <StateColumns preview={preview.data} isOld={!isFresh || preview.isPending} />
        <Announce>
          {isFresh && preview.data.afterEqualsShouldBe === true
            ? 'After this event the state is as it should be.'
            : ''}
        </Announce>
      </>
    );
  return (
    <div className={styles.noStates}>
      {preview.isPending ? (
        <Skeleton lines={4} />
      ) : preview.error === null ? (
        <p className="dim">{composer.problem ?? 'A dry run shows the state now and after this event.'}</p>
      ) : null}
    </div>
  );
}

type View = 'form' | 'json' | 'bytes';

/** The event to publish: as a form, as JSON, and as the bytes that would be sent. */
function EventPanel({ composer, kept }: { composer: ComposerState; kept: Kept }) {
  const [view, setView] = useState<View>('form');
  const { draft, roles, preview, isFresh } = composer;
  const read = readValue(draft.value);
  const size = preview.data?.value.size;
  return (
    <Panel
      label="Event to publish"
      fills={view === 'json'}
      head={
        <PanelHeader
          title="Event to publish"
          note={composer.isEdited ? 'draft kept in this window' : undefined}
        >
          <Segmented<View>
            label="Show the event as"
            value={view}
            onValue={setView}
            options={[
              { value: 'form', label: 'Form' },
              { value: 'json', label: 'JSON' },
              { value: 'bytes', label: 'Exact bytes', count: isFresh ? size : undefined },
            ]}
          />
        </PanelHeader>
      }
    >
      {view === 'form' ? (
        <DraftForm
          draft={draft}
          fields={kept.fields}
          checked={isFresh ? (preview.data?.fields ?? null) : null}
          roles={roles}
          onDraft={composer.setDraft}
          onInvalid={composer.setInvalid}
        />
      ) : view === 'bytes' ? (
        <BytesView preview={preview.data} isOld={!isFresh} />
      ) : (
        <>
          <div className={styles.editor}>
            <CodeEditor
              label="The event as JSON"
              language="json"
              value={draft.value}
              onValue={(text) => composer.setDraft(withText(draft, roles, text))}
              onSubmit={composer.check}
            />
          </div>
          {'problem' in read ? (
            <ErrorState
              compact
              error={{
                message: `Line ${read.line}: ${read.problem}`,
                nextStep: 'Correct it here; the form takes it over at once.',
              }}
            />
          ) : null}
        </>
      )}
    </Panel>
  );
}
