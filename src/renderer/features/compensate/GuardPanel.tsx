import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import styles from './compensate.module.css';
import { GuardList, RemedyButtons, standing } from './Guards.tsx';
import { remediesOf } from './steps.ts';
import type { ComposerState } from './useComposer.ts';

interface GuardPanelProps {
  composer: ComposerState;
  connection: Connection;
  isRecording: boolean;
}

/** What must hold before the event may be sent, and what was refused and why. */
export function GuardPanel({ composer, connection, isRecording }: GuardPanelProps) {
  const { preview, publish, capture, isFresh, typedName } = composer;
  const guards = preview.data?.guards ?? [];
  const holding = guards.filter((guard) =>
    ['ok', 'note'].includes(standing(guard, connection.name, typedName)),
  ).length;
  const isBusy = preview.isPending || publish.isPending || capture?.status === 'running';
  const refusal = publish.error ?? preview.error;
  return (
    <Panel
      label="Guards"
      look="raised"
      head={
        <PanelHeader
          title="Guards"
          note={
            preview.isPending
              ? 'reading the head …'
              : guards.length === 0
                ? undefined
                : `${holding} of ${guards.length}${isFresh ? '' : ' at the last check'}`
          }
        />
      }
    >
      {refusal === null ? null : (
        <div className={styles.refusal}>
          <ErrorState error={refusal} compact />
          <RemedyButtons remedies={remediesOf(refusal.code)} onRemedy={composer.remedy} disabled={isBusy} />
        </div>
      )}
      {capture === undefined ? null : <JobLine job={capture} />}
      {guards.length > 0 ? (
        <>
          {isFresh || preview.isPending ? null : (
            <p className={styles.staleLine}>
              The draft is not the one that was checked.{' '}
              <Button disabled={composer.problem !== null} onClick={composer.check}>
                Dry run
              </Button>
            </p>
          )}
          <GuardList
            guards={guards}
            isOld={!isFresh}
            name={connection.name}
            typedName={typedName}
            onTypedName={composer.setTypedName}
            onRemedy={composer.remedy}
            disabled={isBusy}
          />
        </>
      ) : preview.isPending ? (
        <Skeleton lines={8} />
      ) : refusal === null ? (
        <p className={styles.guardNote}>
          {isRecording || composer.isOpen
            ? 'A dry run reads the head of the aggregate again and checks everything. It sends nothing.'
            : `${connection.name} is read-only. Unlocking it with a reason comes first; it sends nothing.`}
        </p>
      ) : null}
      <p className={styles.guardNote}>
        Kafka has no compare-and-set: another writer could still slip in between check and write. The receipt
        will say whether one did.
      </p>
    </Panel>
  );
}
