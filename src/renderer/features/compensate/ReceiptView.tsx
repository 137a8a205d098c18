import type { Receipt } from '../../../contract/compensate.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { go, goFromHere } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { callEngine } from '../../lib/queries.ts';
import styles from './compensate.module.css';
import { RaceTag, ReadBackTag, ReceiptFacts } from './ReceiptFacts.tsx';

/** Opens the timeline at the new event; at the aggregate when it is not captured yet. */
async function showInTimeline({ ref, eventId }: Receipt): Promise<void> {
  const cut = { knownOn: null, trueOn: null };
  const goOn = goFromHere();
  const found =
    eventId === null
      ? null
      : await callEngine(['aggregates', 'locate'], { ref, cut, reducer: null, target: { eventId } }).catch(
          () => null,
        );
  goOn(['aggregates', ref.type, ref.id], { at: found?.index, known: null, true: null });
}

/** What was published, and what proves it. */
export function ReceiptView({ receipt, onAgain }: { receipt: Receipt; onAgain: () => void }) {
  const { place } = receipt;
  return (
    <Panel
      label="Receipt"
      head={
        <PanelHeader title="Receipt" note={shown(receipt.eventType)}>
          <CopyButton text={() => JSON.stringify(receipt, null, 2)} label="Copy the receipt" />
        </PanelHeader>
      }
    >
      <div className={styles.receipt}>
        <p className={styles.receiptTitle}>
          {shown(receipt.eventType)} is in {shown(place.topic)} [{place.partition}] at offset{' '}
          <span className="mono">{formatCount(place.offset)}</span>.
        </p>
        <div className={styles.tags}>
          <ReadBackTag receipt={receipt} />
          <RaceTag receipt={receipt} />
        </div>
        <p className={styles.raceText}>{shown(receipt.race.text)}</p>
        {receipt.race.status === 'found' ? (
          <Callout tone="bad" title="Look at the timeline before anything else">
            The event rests on a head that was no longer the last one.
          </Callout>
        ) : null}
        <div className={styles.receiptActions}>
          <Button look="primary" onClick={() => void showInTimeline(receipt)}>
            Show it in the timeline
          </Button>
          <Button onClick={() => go(['activity'], { view: 'receipts', receipt: receipt.id })}>
            All receipts
          </Button>
          <Button look="quiet" onClick={onAgain}>
            Write another
          </Button>
        </div>
        <ReceiptFacts receipt={receipt} />
      </div>
    </Panel>
  );
}
