import type { RecordDetail } from '../../../contract/events.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Section } from '../../components/Panel.tsx';
import { clockWords } from '../../lib/clockWords.ts';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatIso, formatTime } from '../../lib/format.ts';
import { BytesInline } from './BytesInline.tsx';
import styles from './inspector.module.css';

/** The Kafka record itself: place, timestamp, batch, key, producer. */
export function RecordFacts({ record }: { record: RecordDetail }) {
  const { row } = record;
  const place = `${row.place.topic} [${row.place.partition}] @ ${formatCount(row.place.offset)}`;
  return (
    <Section title="Record">
      <KeyValue
        rows={[
          {
            name: 'place',
            title: shown(place),
            value: (
              <span className={styles.withCopy}>
                <span className="ellipsis">{shown(place)}</span>
                <CopyButton
                  text={`${row.place.topic}:${row.place.partition}:${row.place.offset}`}
                  label="Copy topic:partition:offset"
                />
              </span>
            ),
          },
          {
            // Who set the record's timestamp: the producer, or the broker.
            name: record.timestampType === 'create' ? 'create time' : 'append time',
            title: formatIso(row.recordedAt),
            value: formatTime(row.recordedAt),
          },
          ...(row.logAt === row.recordedAt
            ? []
            : [
                {
                  name: 'in the log at',
                  title: clockWords(row.recordedAt, row.logAt)!,
                  value: formatTime(row.logAt),
                },
              ]),
          {
            name: 'value',
            value: (
              <>
                {record.valueBytes === null ? 'null' : formatBytes(record.valueBytes.size)} · batch{' '}
                {record.codec === 'none' ? 'not compressed' : record.codec}
              </>
            ),
          },
          { name: 'key', value: <BytesInline bytes={record.keyBytes} /> },
          {
            name: 'transaction',
            value: record.transactional ? `yes, ${row.verdict}` : 'none',
          },
          { name: 'producer', value: record.producerId ?? 'not idempotent' },
        ]}
      />
    </Section>
  );
}
