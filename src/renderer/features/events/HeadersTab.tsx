import type { RecordDetail } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Section } from '../../components/Panel.tsx';
import { EmptyState } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { BytesInline } from './BytesInline.tsx';
import styles from './inspector.module.css';

/** The headers in the order of the record; a name that comes again is marked, not merged. */
export function HeadersTab({ record, onRaw }: { record: RecordDetail; onRaw: (header: number) => void }) {
  const { headers } = record;
  if (headers.length === 0)
    return <EmptyState title="No headers">This record was written without headers.</EmptyState>;
  const seen = new Map<string, number>();
  return (
    <Section title="Headers" note="in order, duplicates kept">
      <ol className={styles.headers}>
        {headers.map(({ key, value }, index) => {
          const before = seen.get(key) ?? 0;
          seen.set(key, before + 1);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: names repeat; the place is the identity of a header.
            <li key={index}>
              <span className={styles.headerNo}>{index + 1}</span>
              <span className={styles.headerKey} title={shown(key)}>
                {key === '' ? <Tag>empty name</Tag> : shown(key)}
                {before === 0 ? null : (
                  <Tag tone="warn" title="A header of this name stands before it">
                    {before + 1}. time
                  </Tag>
                )}
              </span>
              <span className={styles.headerValue}>
                <BytesInline bytes={value} />
              </span>
              <span className={styles.headerTools}>
                {value !== null && value.size > 0 && (value.cut || value.encoding === 'base64') ? (
                  <Button look="quiet" onClick={() => onRaw(index)}>
                    All bytes
                  </Button>
                ) : null}
                {value !== null && !value.cut && value.encoding === 'utf8' ? (
                  <CopyButton text={value.text} label={`Copy the value of ${shown(key)}`} />
                ) : null}
              </span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
