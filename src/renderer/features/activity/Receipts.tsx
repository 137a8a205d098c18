import type { Receipt } from '../../../contract/compensate.ts';
import { Columns } from '../../components/Columns.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { hrefTo, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatIso, formatTime } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './Activity.module.css';

const READ_BACK: Record<Receipt['readBack'], { word: string; tone: 'good' | 'bad' | 'warn' }> = {
  same: { word: 'read back, same bytes', tone: 'good' },
  differs: { word: 'read back, bytes differ', tone: 'bad' },
  'not-read': { word: 'not read back', tone: 'warn' },
};
const RACE: Record<Receipt['race']['status'], 'good' | 'bad' | 'warn'> = {
  none: 'good',
  found: 'bad',
  unknown: 'warn',
};
const ignoreRange = () => {};

/** Every event published from this workspace, with what proves it. */
export function Receipts() {
  const { params } = useAddress();
  const list = useEngineQuery(['compensate', 'receipts'], {});
  if (list.error !== null) {
    return list.error.code === 'workspace.none' ? (
      <EmptyState title="Receipts are kept in a workspace, and none is open." />
    ) : (
      <ErrorState error={list.error} onRetry={() => void list.refetch()} />
    );
  }
  if (list.data === undefined) return <Skeleton lines={4} />;
  const receipts = [...list.data].sort((a, b) => b.publishedAt - a.publishedAt);
  if (receipts.length === 0) {
    return (
      <EmptyState title="Nothing has been published from this workspace.">
        A compensating event begins at an event or an aggregate.
      </EmptyState>
    );
  }
  const selected = Math.max(
    0,
    receipts.findIndex(({ id }) => id === params.get('receipt')),
  );
  return (
    <Columns
      id="receipts"
      columns={[
        { id: 'list', size: 320, min: 200 },
        { id: 'receipt', min: 260 },
      ]}
    >
      <VirtualList<Receipt>
        label="Receipts"
        total={receipts.length}
        getRow={(index) => receipts[index]}
        onRange={ignoreRange}
        selected={selected}
        onSelect={(index) => setParams({ receipt: receipts[index]?.id })}
        render={(receipt) => (
          <div className={styles.line}>
            <span className="ellipsis">
              {shown(receipt.eventType)} <span className="faint">{shown(receipt.ref.id)}</span>
            </span>
            <span className={styles.lineNote}>
              {formatTime(receipt.publishedAt, 's')} · {shown(receipt.connection)}
            </span>
          </div>
        )}
      />
      <ReceiptDetail receipt={receipts[selected]!} />
    </Columns>
  );
}

function ReceiptDetail({ receipt }: { receipt: Receipt }) {
  const { place, ref } = receipt;
  const text = (value: string | null) =>
    value === null ? <span className="faint">absent</span> : shown(value);
  return (
    <Panel
      label="Receipt"
      head={
        <PanelHeader title={shown(receipt.eventType)} note="receipt">
          <CopyButton text={() => JSON.stringify(receipt, null, 2)} label="Copy the receipt" />
        </PanelHeader>
      }
    >
      <div className={styles.tags}>
        <Tag tone={READ_BACK[receipt.readBack].tone}>{READ_BACK[receipt.readBack].word}</Tag>
        <Tag tone={RACE[receipt.race.status]}>
          {receipt.race.status === 'none'
            ? 'nobody wrote in between'
            : receipt.race.status === 'found'
              ? 'another writer came in between'
              : 'not known whether another wrote'}
        </Tag>
      </div>
      <p className={styles.race}>{shown(receipt.race.text)}</p>
      <div className={styles.facts}>
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
            {
              name: 'aggregate',
              value: <a href={hrefTo(['aggregates', ref.type, ref.id])}>{shown(`${ref.type} ${ref.id}`)}</a>,
            },
            { name: 'event id', value: text(receipt.eventId) },
            { name: 'reason', value: shown(receipt.reason), title: shown(receipt.reason) },
            { name: 'actor', value: shown(receipt.actor) },
            {
              name: 'idempotency key',
              value: shown(receipt.idempotencyKey),
              title: shown(receipt.idempotencyKey),
            },
            { name: 'hash of the key', value: receipt.keyHash, title: receipt.keyHash },
            { name: 'hash of the value', value: receipt.valueHash, title: receipt.valueHash },
            { name: 'hash of the plan', value: receipt.planHash, title: receipt.planHash },
          ]}
        />
      </div>
    </Panel>
  );
}
