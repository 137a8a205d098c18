import { type KeyboardEvent, useRef } from 'react';
import type { ConsistencyResult } from '../../../contract/check.ts';
import { cx } from '../../components/cx.ts';
import { formatCount } from '../../lib/format.ts';
import { rowForKey } from '../../lib/virtual.ts';
import styles from './check.module.css';
import { SeverityIcon } from './SeverityIcon.tsx';

const PAGE = 10;

/** The rules that found something, the gravest first; the first line stands for all. */
export function RuleList({
  result,
  selected,
  onSelect,
}: {
  result: ConsistencyResult;
  selected: string | null;
  onSelect: (rule: string | null) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const lines = [null, ...result.rules];
  const at = Math.max(
    0,
    lines.findIndex((line) => (line?.rule ?? null) === selected),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = rowForKey(event.key, at, lines.length, PAGE);
    if (next === null) return;
    event.preventDefault();
    onSelect(lines[next]?.rule ?? null);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <div
      ref={list}
      className={styles.rules}
      role="listbox"
      aria-label="Rules"
      aria-activedescendant={`check-rule-${at}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {lines.map((line, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its option.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the keys of its options.
        <div
          key={line?.rule ?? ''}
          id={`check-rule-${index}`}
          role="option"
          aria-selected={index === at}
          className={cx(styles.rule, index === at && styles.ruleSelected)}
          onClick={() => onSelect(line?.rule ?? null)}
        >
          {line === null ? <span className={styles.noIcon} /> : <SeverityIcon severity={line.severity} />}
          <span className={styles.ruleTitle}>{line?.title ?? 'All findings'}</span>
          <span className={styles.count}>
            {formatCount(line?.count ?? result.errors + result.warnings + result.hints)}
          </span>
        </div>
      ))}
    </div>
  );
}
