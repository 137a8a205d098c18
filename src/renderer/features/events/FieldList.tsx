import { Fragment, type ReactNode } from 'react';
import type { EventFilter, RecordDetail } from '../../../contract/events.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { cx } from '../../components/cx.ts';
import { hrefTo } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatFilter } from './filterText.ts';
import styles from './inspector.module.css';

const LABELS: Readonly<Record<string, string>> = {
  eventId: 'event id',
  eventType: 'type',
  schemaVersion: 'schema version',
  aggregateType: 'aggregate type',
  aggregateId: 'aggregate id',
  aggregateVersion: 'version',
  occurredAt: 'occurred',
  recordedAt: 'recorded',
  correlationId: 'correlation',
  causationId: 'causation',
  sagaId: 'saga',
  sequenceNumber: 'sequence',
  tenantId: 'tenant',
  actor: 'actor',
  source: 'source',
  idempotencyKey: 'idempotency key',
};

/** Paths of one envelope begin alike; their ends tell them apart. */
const ending = (path: string): string => (path.length > 17 ? `…${path.slice(-16)}` : path);

interface FieldListProps {
  record: RecordDetail;
  /** Called for a link within the table of events; without it the link opens that screen. */
  onFilter?: (filter: EventFilter) => void;
}

/** The standard fields of an event; each says whether the event declares it, and where it came from. */
export function FieldList({ record, onFilter }: FieldListProps) {
  return (
    <div className={styles.fieldBox}>
      <dl className={styles.fields}>
        {record.fields.map(({ name, value, source, from }) => (
          <Fragment key={name}>
            <dt>{LABELS[name] ?? shown(name)}</dt>
            <dd
              className={cx(styles.fieldValue, source !== 'derived' && styles.declaredValue)}
              title={source === 'derived' ? shown(value) : `${shown(value)}\ndeclared by ${shown(from)}`}
            >
              <span className="ellipsis">{linked(name, value, record, onFilter)}</span>
              <span className={styles.onHover}>
                <CopyButton text={value} label={`Copy ${LABELS[name] ?? name}`} />
              </span>
            </dd>
            <dd
              className={cx(styles.fieldSource, source === 'derived' ? styles.derived : styles.declared)}
              title={
                source === 'derived'
                  ? `The event does not say it; concluded from ${shown(from)}`
                  : `Declared by the event: ${shown(from)}`
              }
            >
              {source === 'derived' ? (
                <>
                  derived<span className={styles.derivedFrom}>: {shown(from).replace(/ \(.*\)$/, '')}</span>
                </>
              ) : (
                ending(shown(from))
              )}
            </dd>
          </Fragment>
        ))}
      </dl>
    </div>
  );
}

function linked(
  name: string,
  value: string,
  { row }: RecordDetail,
  onFilter: FieldListProps['onFilter'],
): ReactNode {
  const text = shown(value);
  if (name === 'aggregateId' && row.aggregate !== null)
    return (
      <a href={hrefTo(['aggregates', row.aggregate.type, row.aggregate.id], { event: row.id })}>{text}</a>
    );
  const filter: EventFilter | null =
    name === 'correlationId' ? { correlationId: value } : name === 'causationId' ? { eventId: value } : null;
  if (filter === null) return text;
  return (
    <a
      href={hrefTo(['events'], { q: formatFilter(filter) })}
      onClick={(event) => {
        if (onFilter === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        onFilter(filter);
      }}
    >
      {text}
    </a>
  );
}
