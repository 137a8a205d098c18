import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './Panel.module.css';

interface PanelProps {
  /** Head of the panel; usually a {@link PanelHeader}. */
  head?: ReactNode;
  /** raised: the explaining column at the right. */
  look?: 'plain' | 'raised';
  /** Name of the region for screen readers. */
  label: string;
  /** The content scrolls by itself (a virtual list); otherwise the panel scrolls. */
  fills?: boolean;
  className?: string;
  children: ReactNode;
}

export function Panel({ head, look = 'plain', label, fills = false, className, children }: PanelProps) {
  return (
    <section className={cx(styles.panel, styles[look], className)} aria-label={label}>
      {head}
      <div className={cx(styles.body, fills ? styles.fills : styles.scrolls)}>{children}</div>
    </section>
  );
}

interface PanelHeaderProps {
  title: ReactNode;
  /** Count or a few words after the title. */
  note?: ReactNode;
  /** At the right: segments, buttons, tags. */
  children?: ReactNode;
}

export function PanelHeader({ title, note, children }: PanelHeaderProps) {
  return (
    <header className={styles.head}>
      <h2 className={styles.title}>{title}</h2>
      {note === undefined ? null : <span className={styles.note}>{note}</span>}
      {children === undefined ? null : <div className={styles.right}>{children}</div>}
    </header>
  );
}

/** A titled part of a panel. */
export function Section({
  title,
  note,
  end,
  children,
}: {
  title?: ReactNode;
  note?: ReactNode;
  /** At the right of the title: what a column of numbers below it means. */
  end?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={styles.section}>
      {title === undefined ? null : (
        <h3 className={styles.sectionTitle}>
          {title} {note === undefined ? null : <span className={styles.sectionNote}>{note}</span>}
          {end === undefined ? null : <span className={styles.sectionEnd}>{end}</span>}
        </h3>
      )}
      {children}
    </div>
  );
}

interface ScreenHeadProps {
  title: ReactNode;
  /** Id of the thing, in mono after the title. */
  id?: ReactNode;
  note?: ReactNode;
  /** Buttons at the right. */
  children?: ReactNode;
}

/** The head of a screen: its subject, and what can be done with it. */
export function ScreenHead({ title, id, note, children }: ScreenHeadProps) {
  return (
    <div className={styles.screenHead}>
      <h1 className={styles.screenTitle}>
        {title} {id === undefined ? null : <span className={styles.screenId}>{id}</span>}
      </h1>
      {note === undefined ? null : <div className={styles.screenNote}>{note}</div>}
      {children === undefined ? null : <div className={styles.screenRight}>{children}</div>}
    </div>
  );
}

/** A box that says what is wrong or remarkable about the subject. */
export function Callout({
  tone = 'bad',
  title,
  children,
}: {
  tone?: 'bad' | 'warn';
  title: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={cx(styles.callout, styles[tone])}>
      <div className={styles.calloutTitle}>{title}</div>
      {children}
    </div>
  );
}

/** Marks what is hypothetical: hatched red frame. */
export function Hypothetical({ children }: { children: ReactNode }) {
  return <div className={styles.hypothetical}>{children}</div>;
}
