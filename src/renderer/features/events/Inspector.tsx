import { MousePointerClick } from 'lucide-react';
import { useState } from 'react';
import type { EventFilter, RecordDetail } from '../../../contract/events.ts';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { DecodedTab } from './DecodedTab.tsx';
import { HeadersTab } from './HeadersTab.tsx';
import styles from './inspector.module.css';
import { type BytesPart, RawTab } from './RawTab.tsx';

export type InspectorTab = 'decoded' | 'raw' | 'headers';

interface InspectorProps {
  recordId: number | null;
  /** The record is not among the rows beside. */
  outside: boolean;
  tab: InspectorTab;
  onTab: (tab: InspectorTab) => void;
  onFilter: (filter: EventFilter) => void;
}

/** Everything about one record: decoded, as raw bytes, its headers. */
export function Inspector({ recordId, outside, tab, onTab, onFilter }: InspectorProps) {
  const detail = useEngineQuery(['events', 'get'], { id: recordId ?? 0 }, { enabled: recordId !== null });
  const [part, setPart] = useState<BytesPart>('value');
  if (recordId === null)
    return (
      <Panel look="raised" label="Record">
        <EmptyState icon={<MousePointerClick />} title="No record chosen">
          Choose a row to see its payload, headers and raw bytes.
        </EmptyState>
      </Panel>
    );
  if (detail.error !== null)
    return (
      <Panel look="raised" label="Record">
        <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />
      </Panel>
    );
  if (detail.data === undefined)
    return (
      <Panel look="raised" label="Record">
        <Skeleton lines={12} />
      </Panel>
    );
  const record = detail.data;
  return (
    <Panel
      look="raised"
      label="Record"
      className={styles.panel}
      fills={tab === 'raw'}
      head={
        <PanelHeader title={<span title={titleOf(record)}>{titleOf(record)}</span>}>
          <VerdictTag record={record} />
          <Segmented
            label="Ways to see the record"
            value={tab}
            onValue={onTab}
            options={[
              { value: 'decoded', label: 'Decoded' },
              { value: 'raw', label: 'Raw' },
              { value: 'headers', label: 'Headers', count: formatCount(record.headers.length) },
            ]}
          />
        </PanelHeader>
      }
    >
      {outside ? <p className={styles.outside}>This record does not fit the filter of the table.</p> : null}
      {tab === 'decoded' ? (
        <DecodedTab
          record={record}
          onFilter={onFilter}
          onRaw={() => {
            setPart('value');
            onTab('raw');
          }}
        />
      ) : tab === 'raw' ? (
        <RawTab key={record.row.id} record={record} part={part} onPart={setPart} />
      ) : (
        <HeadersTab
          record={record}
          onRaw={(header) => {
            setPart({ header });
            onTab('raw');
          }}
        />
      )}
    </Panel>
  );
}

const KIND_TITLE = {
  event: 'Event',
  plain: 'Plain record',
  tombstone: 'Tombstone',
  undecodable: 'Undecoded record',
  control: 'Transaction marker',
} as const;

function titleOf({ row }: RecordDetail): string {
  return row.type === '' ? KIND_TITLE[row.kind] : shown(row.type);
}

const VERDICT_TONE = { committed: 'good', aborted: 'warn', open: 'warn', control: 'plain' } as const;

function VerdictTag({ record: { row } }: { record: RecordDetail }) {
  return (
    <span className={row.verdict === 'committed' ? styles.asUsual : undefined}>
      <Tag tone={VERDICT_TONE[row.verdict]}>{row.verdict}</Tag>
    </span>
  );
}
