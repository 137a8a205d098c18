import { useMemo, useRef, useState } from 'react';
import type { MappedField, MappedRecord, MappingPreview } from '../../../contract/mappings.ts';
import { Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useWidth } from '../events/useWidth.ts';
import { FIELD_WORDS } from './draft.ts';
import styles from './mappings.module.css';

const fieldOf = (row: MappedRecord, name: MappedField) => row.fields.find((field) => field.name === name);

/** A value, underlined where it is derived. */
function FieldValue({ row, name }: { row: MappedRecord; name: MappedField }) {
  const field = fieldOf(row, name);
  if (field === undefined) return <span className="faint">–</span>;
  return (
    <span className={field.source === 'derived' ? styles.derived : undefined}>{shown(field.value)}</span>
  );
}

const hoverOf = (row: MappedRecord, ...names: MappedField[]): string =>
  names
    .map((name) => {
      const field = fieldOf(row, name);
      const word = FIELD_WORDS[name];
      return field === undefined
        ? `${word}: absent`
        : `${word}: ${field.value} · ${field.source} from ${field.from}`;
    })
    .join('\n');

/** Narrower than this, the time that events occurred is left to the hover. Pixels. */
const WIDE = 560;

const columnsFor = (width: number): TableColumn<MappedRecord>[] => [
  {
    id: 'place',
    title: 'Record',
    width: '72px',
    mono: true,
    cell: (row) => `${row.partition}@${row.offset}`,
  },
  {
    id: 'type',
    title: 'Event type',
    width: 'minmax(90px, 1fr)',
    cell: (row) =>
      row.kind === 'event' ? (
        <FieldValue row={row} name="eventType" />
      ) : (
        <Tag tone="warn" {...(row.reason === null ? {} : { title: row.reason })}>
          {row.kind}
        </Tag>
      ),
    hover: (row) => hoverOf(row, 'eventType', 'occurredAt'),
  },
  {
    id: 'aggregate',
    title: 'Aggregate',
    width: 'minmax(110px, 1.3fr)',
    cell: (row) => (
      <>
        <span className={styles.aggregateType}>
          <FieldValue row={row} name="aggregateType" />
        </span>{' '}
        <span className="mono">
          <FieldValue row={row} name="aggregateId" />
        </span>
      </>
    ),
    hover: (row) => hoverOf(row, 'aggregateType', 'aggregateId'),
  },
  {
    id: 'version',
    title: 'Version',
    width: '76px',
    align: 'right',
    mono: true,
    cell: (row) => <FieldValue row={row} name="aggregateVersion" />,
    hover: (row) => hoverOf(row, 'aggregateVersion'),
  },
  ...(width < WIDE
    ? []
    : [
        {
          id: 'occurred',
          title: 'Occurred',
          width: '212px',
          mono: true,
          cell: (row: MappedRecord) => <FieldValue row={row} name="occurredAt" />,
          hover: (row: MappedRecord) => hoverOf(row, 'occurredAt'),
        },
      ]),
  {
    id: 'differs',
    title: 'To before',
    width: '82px',
    cell: (row) => (row.differs ? <Tag tone="accent">differs</Tag> : <span className="faint">same</span>),
  },
];

/** How records of the topic come out with the mapping as it stands, and what is wrong with the chosen one. */
export function OutcomeTable({ preview, isOld }: { preview: MappingPreview | undefined; isOld: boolean }) {
  const [selected, setSelected] = useState(0);
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const columns = useMemo(() => columnsFor(width), [width]);
  if (preview === undefined) return <Skeleton lines={10} />;
  const { records, events, aggregates } = preview;
  const row = records[selected];
  return (
    <div ref={frame} className={styles.outcome}>
      <p className={styles.summary}>
        {formatCount(events)} of {formatCount(records.length)} records are events, of{' '}
        {formatCount(aggregates)} aggregates. <span className={styles.derived}>Underlined</span>: derived, not
        declared.
      </p>
      <VirtualTable
        label="How records come out"
        columns={columns}
        total={records.length}
        getRow={(index) => records[index]}
        onRange={() => {}}
        selected={selected}
        onSelect={setSelected}
        isOld={isOld}
      />
      {row === undefined || (row.problems.length === 0 && row.reason === null && row.fits) ? null : (
        <ul className={styles.problems} aria-label="About the chosen record">
          {row.reason === null ? null : <li>{shown(row.reason)}</li>}
          {row.fits || row.kind === 'tombstone' ? null : (
            <li>This mapping does not fit; another was taken.</li>
          )}
          {row.problems.map((problem) => (
            <li key={problem}>{shown(problem)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
