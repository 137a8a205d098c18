import type { PartitionCoverage } from '../../contract/workspace.ts';
import { shown } from '../lib/escape.ts';
import { formatCount, formatTime } from '../lib/format.ts';
import styles from './CoverageBars.module.css';
import { type CoverageClass, classesOf, notesOf } from './coverageClasses.ts';
import { cx } from './cx.ts';
import { Tag } from './Tag.tsx';

interface BarsProps {
  partitions: readonly PartitionCoverage[];
  /** Leave the topic's name out where it stands above. */
  ofOneTopic?: boolean;
}

/** Every partition as a bar of what became of its offsets, with the numbers that add up to them. */
export function CoverageBars({ partitions, ofOneTopic = false }: BarsProps) {
  return (
    <ul className={styles.bars}>
      {partitions.map((part) => (
        <li key={`${part.topic}/${part.partition}`}>
          <PartitionBar part={part} ofOneTopic={ofOneTopic} />
        </li>
      ))}
    </ul>
  );
}

function PartitionBar({ part, ofOneTopic }: { part: PartitionCoverage; ofOneTopic: boolean }) {
  const classes = classesOf(part);
  const notes = notesOf(part);
  return (
    <>
      <div className={styles.head}>
        <span className={styles.name} title={shown(part.topic)}>
          {ofOneTopic ? 'partition ' : `${shown(part.topic)} `}
          <span className="num">[{part.partition}]</span>
        </span>
        {part.aside === null ? null : (
          <Tag tone="plain" title={shown(part.aside)}>
            earlier log
          </Tag>
        )}
        <Tag tone={part.complete ? 'good' : 'warn'}>{part.complete ? 'complete' : 'partial'}</Tag>
        <span className={styles.of}>
          {formatCount(part.end)} offsets
          {part.lastCaptureAt === null ? '' : ` · ${formatTime(part.lastCaptureAt, 'min')}`}
        </span>
      </div>
      <div
        className={styles.bar}
        role="img"
        aria-label={classes.map(({ name, count }) => `${name} ${formatCount(count)}`).join(', ')}
      >
        {classes.map((each) => (
          <span
            key={each.name}
            className={cx(styles.part, styles[each.look])}
            style={{ flexGrow: Number(each.count) }}
            title={`${formatCount(each.count)} ${each.name}`}
          />
        ))}
      </div>
      <Numbers classes={classes} />
      {notes.length === 0 ? null : (
        <div className={styles.notes}>
          {notes.map(({ place, text }) => (
            <div key={`${place}${text}`}>
              {place === '' ? null : <span className="num">{place} </span>}
              {shown(text)}
            </div>
          ))}
        </div>
      )}
    </>
  );
}

function Numbers({ classes }: { classes: readonly CoverageClass[] }) {
  if (classes.length === 0) return <p className={styles.none}>The log is empty.</p>;
  return (
    <ul className={styles.numbers}>
      {classes.map(({ name, count, look, detail }) => (
        <li key={name} title={detail}>
          <span className={cx(styles.swatch, styles[look])} />
          <span className="num">{formatCount(count)}</span> {name}
        </li>
      ))}
    </ul>
  );
}
