import { useState } from 'react';
import type { SentencePreview } from '../../../contract/sentences.ts';
import { EmptyState } from '../../components/States.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatTime } from '../../lib/format.ts';
import styles from './sentences.module.css';

type Row = SentencePreview['rows'][number];

const COLUMNS: readonly TableColumn<Row>[] = [
  {
    id: 'recorded',
    title: 'Recorded (UTC)',
    width: '172px',
    hover: ({ place }) => shown(`${place.topic} [${place.partition}] @ ${place.offset}`),
    cell: ({ recordedAt }) => <span className={styles.time}>{formatTime(recordedAt, 's')}</span>,
  },
  {
    id: 'text',
    title: 'With this template',
    width: 'minmax(0, 1fr)',
    hover: ({ text }) => shown(text),
    cell: ({ text, now }) => <span className={text === now ? undefined : styles.after}>{shown(text)}</span>,
  },
  {
    id: 'now',
    title: 'Now',
    width: 'minmax(0, 0.8fr)',
    hover: ({ now }) => shown(now),
    cell: ({ text, now }) =>
      text === now ? <span className="faint">the same</span> : <s className={styles.before}>{shown(now)}</s>,
  },
];

export function PreviewTable({ rows, isOld }: { rows: readonly Row[]; isOld: boolean }) {
  const [selected, setSelected] = useState(0);
  if (rows.length === 0)
    return (
      <EmptyState title="No such event in these topics">
        The template is kept for what is captured later.
      </EmptyState>
    );
  return (
    <div className={styles.table}>
      <VirtualTable
        label="Events as the template says them"
        columns={COLUMNS}
        total={rows.length}
        getRow={(index) => rows[index]}
        onRange={() => {}}
        isOld={isOld}
        selected={Math.min(selected, rows.length - 1)}
        onSelect={setSelected}
      />
    </div>
  );
}
