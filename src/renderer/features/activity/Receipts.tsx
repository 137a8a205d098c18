import type { Receipt } from '../../../contract/compensate.ts';
import { Columns } from '../../components/Columns.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { VirtualList } from '../../components/VirtualList.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatTime } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { RaceTag, ReadBackTag, ReceiptFacts } from '../compensate/ReceiptFacts.tsx';
import styles from './Activity.module.css';

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
        <ReadBackTag receipt={receipt} />
        <RaceTag receipt={receipt} />
      </div>
      <p className={styles.race}>{shown(receipt.race.text)}</p>
      <div className={styles.facts}>
        <ReceiptFacts receipt={receipt} />
      </div>
    </Panel>
  );
}
