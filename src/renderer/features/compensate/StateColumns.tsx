import { useMemo } from 'react';
import type { Preview } from '../../../contract/compensate.ts';
import { formatJson, isNumeric, numberText } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { cx } from '../../components/cx.ts';
import { Tag } from '../../components/Tag.tsx';
import { DiffValue, Value } from '../../components/Value.tsx';
import { shown } from '../../lib/escape.ts';
import { formatNumber } from '../../lib/format.ts';
import styles from './compensate.module.css';
import { stateRows } from './stateRows.ts';

/** Now, should be, after this event: the same paths on the same lines, those that differ first. */
export function StateColumns({ preview, isOld }: { preview: Preview; isOld: boolean }) {
  const { now, shouldBe, after, afterEqualsShouldBe } = preview;
  const rows = useMemo(
    () => stateRows(now.state, shouldBe?.state ?? null, after.state),
    [now.state, shouldBe?.state, after.state],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={cx(styles.states, isOld && styles.old)} aria-label="States" tabIndex={0}>
      <table>
        <colgroup>
          <col className={styles.pathColumn} />
          <col />
          <col />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th className={styles.pathHead}>
              <span className="sr-only">Path</span>
            </th>
            <StateHead title="Now" note={now.note} />
            <StateHead title="Should be" note={shouldBe === null ? 'no event is corrected' : shouldBe.note} />
            <StateHead title="After this event" note={after.note}>
              {afterEqualsShouldBe === null ? null : afterEqualsShouldBe ? (
                <Tag tone="good">equals “should be”</Tag>
              ) : (
                <Tag tone="warn">differs from “should be”</Tag>
              )}
            </StateHead>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <th
                scope="row"
                className={cx(styles.path, (row.wrong || row.changes) && styles.differs)}
                title={shown(row.path)}
              >
                {shown(row.path)}
              </th>
              <td>{leaf(row.now)}</td>
              <td className={cx(row.wrong && styles.changed)}>
                {shouldBe === null ? <span className="faint">—</span> : leaf(row.shouldBe)}
              </td>
              <td
                className={cx(styles.after, row.changes && styles.changed)}
                title={row.changes ? shown(jsonOf(row.after) ?? 'removed') : undefined}
              >
                {row.changes ? (
                  <DiffValue before={jsonOf(row.now)} after={jsonOf(row.after)} />
                ) : (
                  leaf(row.after)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function StateHead({ title, note, children }: { title: string; note: string; children?: React.ReactNode }) {
  return (
    <th scope="col">
      <span className={styles.stateHead}>
        <b>{title}</b>
        {children}
        <span className={styles.stateNote}>{shown(note)}</span>
      </span>
    </th>
  );
}

const jsonOf = (value: Json | undefined): string | null => (value === undefined ? null : formatJson(value));
function leaf(value: Json | undefined) {
  if (value === undefined) return <span className="faint">not there</span>;
  if (isNumeric(value)) return <span className={styles.number}>{formatNumber(numberText(value))}</span>;
  return <Value value={value} />;
}
