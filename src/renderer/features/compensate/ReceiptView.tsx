import type { Receipt } from '../../../contract/compensate.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Tag } from '../../components/Tag.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatIso } from '../../lib/format.ts';
import { callEngine } from '../../lib/queries.ts';
import styles from './compensate.module.css';

const READ_BACK: Record<Receipt['readBack'], { word: string; tone: 'good' | 'bad' | 'warn' }> = {
  same: { word: 'read back: the same bytes', tone: 'good' },
  differs: { word: 'read back: the bytes differ', tone: 'bad' },
  'not-read': { word: 'not read back', tone: 'warn' },
};
const RACE: Record<Receipt['race']['status'], { word: string; tone: 'good' | 'bad' | 'warn' }> = {
  none: { word: 'nobody wrote in between', tone: 'good' },
  found: { word: 'another writer came in between', tone: 'bad' },
  unknown: { word: 'not known whether another wrote', tone: 'warn' },
};

/** Opens the timeline at the new event; at the aggregate when it is not captured yet. */
async function showInTimeline({ ref, eventId }: Receipt): Promise<void> {
  const cut = { knownOn: null, trueOn: null };
  const found =
    eventId === null
      ? null
      : await callEngine(['aggregates', 'locate'], { ref, cut, reducer: null, target: { eventId } }).catch(
          () => null,
        );
  go(['aggregates', ref.type, ref.id], { at: found?.index, known: null, true: null });
}

/** What was published, and what proves it. */
export function ReceiptView({ receipt, onAgain }: { receipt: Receipt; onAgain: () => void }) {
  const { place, ref } = receipt;
  const text = (value: string | null) =>
    value === null ? <span className="faint">absent</span> : shown(value);
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
          <Tag tone={READ_BACK[receipt.readBack].tone}>{READ_BACK[receipt.readBack].word}</Tag>
          <Tag tone={RACE[receipt.race.status].tone}>{RACE[receipt.race.status].word}</Tag>
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
        <KeyValue
          rows={[
            { name: 'published', value: formatIso(receipt.publishedAt) },
            {
              name: 'cluster',
              value: `${shown(receipt.connection)} (${receipt.environment}) · ${shown(receipt.clusterId ?? 'id not known')}`,
            },
            {
              name: 'place',
              value: `${shown(place.topic)} [${place.partition}] @ ${formatCount(place.offset)}`,
            },
            { name: 'aggregate', value: shown(`${ref.type} ${ref.id}`) },
            { name: 'event id', value: text(receipt.eventId) },
            { name: 'reason', value: shown(receipt.reason), title: shown(receipt.reason) },
            { name: 'actor', value: shown(receipt.actor) },
            {
              name: 'idempotency',
              value: shown(receipt.idempotencyKey),
              title: shown(receipt.idempotencyKey),
            },
            { name: 'key hash', value: receipt.keyHash, title: receipt.keyHash },
            { name: 'value hash', value: receipt.valueHash, title: receipt.valueHash },
            { name: 'plan hash', value: receipt.planHash, title: receipt.planHash },
          ]}
        />
      </div>
    </Panel>
  );
}
