import { Fragment, type ReactNode } from 'react';
import styles from './KeyValue.module.css';

export interface KeyValueRow {
  name: string;
  /** Values from Kafka go through `shown()` before they come here. */
  value: ReactNode;
  /** Whole text on hover. */
  title?: string;
}

/** Names and values under each other: envelope, record, headers. */
export function KeyValue({ rows }: { rows: readonly KeyValueRow[] }) {
  return (
    <dl className={styles.list}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat (headers), and their order is their identity.
        <Fragment key={index}>
          <dt className={styles.name}>{row.name}</dt>
          <dd className={styles.value} title={row.title}>
            {row.value}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
