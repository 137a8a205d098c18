import type { Preview } from '../../../contract/compensate.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { EmptyState } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes } from '../../lib/format.ts';
import styles from './compensate.module.css';

type Bytes = Preview['value'];

/** Exactly what would be sent, as the last check made it. */
export function BytesView({ preview, isOld }: { preview: Preview | undefined; isOld: boolean }) {
  if (preview === undefined)
    return <EmptyState title="Dry run first">The exact bytes are made by the check.</EmptyState>;
  const { place, headers } = preview;
  return (
    <div className={styles.bytes}>
      {isOld ? <p className={styles.stale}>The draft has changed since; dry run again.</p> : null}
      <KeyValue
        rows={[
          {
            name: 'cluster',
            value: `${shown(place.connection)} (${place.environment}) · ${shown(place.clusterId ?? 'id not known')}`,
          },
          { name: 'place', value: `${shown(place.topic)} [${place.partition}]` },
          { name: 'plan', value: preview.planHash, title: preview.planHash },
        ]}
      />
      <BytesBlock name="Key" bytes={preview.key} />
      <BytesBlock name="Value" bytes={preview.value} />
      {headers.map(({ key, value }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat; their order is their identity.
        <BytesBlock key={at} name={`Header ${at + 1}: ${shown(key)}`} bytes={value} />
      ))}
    </div>
  );
}

function BytesBlock({ name, bytes }: { name: string; bytes: Bytes | null }) {
  return (
    <section aria-label={name}>
      <h3 className={styles.bytesHead}>
        {name} <span className="faint">{bytes === null ? 'null' : formatBytes(bytes.size)}</span>
        {bytes?.encoding === 'base64' ? <Tag tone="warn">base64</Tag> : null}
        {bytes === null || bytes.cut ? null : <CopyButton text={bytes.text} label={`Copy: ${name}`} />}
      </h3>
      {bytes === null ? null : (
        <pre className={styles.bytesText}>
          {shown(bytes.text)}
          {bytes.cut ? (
            <span className={styles.stale}> … the first part of {formatBytes(bytes.size)}</span>
          ) : null}
        </pre>
      )}
    </section>
  );
}
