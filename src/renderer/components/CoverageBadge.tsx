import { Circle, CircleAlert, CircleCheck } from 'lucide-react';
import type { CoverageBadge as Badge } from '../../contract/common.ts';
import { shown } from '../lib/escape.ts';
import { formatCount, formatTime, plural } from '../lib/format.ts';
import { useEngineQuery } from '../lib/queries.ts';
import styles from './CoverageBadge.module.css';
import { Popover } from './Popover.tsx';
import { ErrorState, Skeleton } from './States.tsx';
import { Chip, Tag } from './Tag.tsx';

const WORD = { complete: 'complete', partial: 'partial', empty: 'nothing captured' } as const;
const TONE = { complete: 'good', partial: 'warn', empty: 'plain' } as const;
const ICON = { complete: <CircleCheck />, partial: <CircleAlert />, empty: <Circle /> } as const;

/** What a result rests on. Opens to the numbers of every partition, and what is missing and why. */
export function CoverageBadge({ badge, topics = null }: { badge: Badge; topics?: string[] | null }) {
  return (
    <Popover
      title="Coverage"
      align="end"
      className={styles.popover}
      trigger={
        <Chip
          icon={<span className={styles[badge.state]}>{ICON[badge.state]}</span>}
          title={shown(badge.summary)}
        >
          <span className="sr-only">Coverage: </span>
          {badge.state === 'empty' ? WORD.empty : `${WORD[badge.state]} · ${plural(badge.topics, 'topic')}`}
        </Chip>
      }
    >
      <p className={styles.summary}>{shown(badge.summary)}</p>
      <Partitions topics={topics} />
    </Popover>
  );
}

function Partitions({ topics }: { topics: string[] | null }) {
  const coverage = useEngineQuery(['workspace', 'coverage'], { topics });
  if (coverage.error !== null)
    return <ErrorState error={coverage.error} onRetry={() => void coverage.refetch()} compact />;
  if (coverage.data === undefined) return <Skeleton lines={4} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={styles.table} aria-label="Partitions" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>Partition</th>
            <th className={styles.right}>Asked</th>
            <th className={styles.right}>Read</th>
            <th className={styles.right}>Missing</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {coverage.data.partitions.map((part) => {
            const asked = BigInt(part.asked);
            const missing = asked - BigInt(part.stored) - BigInt(part.control);
            return (
              <tr key={`${part.topic}/${part.partition}`}>
                <td>
                  <span className={styles.topic} title={shown(part.topic)}>
                    {shown(part.topic)}
                  </span>{' '}
                  [{part.partition}]
                  {part.missing.map((range) => (
                    <div key={`${range.from}-${range.reason}`} className={styles.missing}>
                      {formatCount(range.from)} – {formatCount(BigInt(range.to) - 1n)}: {shown(range.note)}
                    </div>
                  ))}
                </td>
                <td className={styles.right}>{formatCount(part.asked)}</td>
                <td className={styles.right}>{formatCount(part.stored)}</td>
                <td className={styles.right}>{formatCount(missing)}</td>
                <td>
                  <Tag tone={part.complete ? TONE.complete : TONE.partial}>
                    {part.complete ? 'complete' : 'partial'}
                  </Tag>
                  {part.lastCaptureAt === null ? null : (
                    <div className={styles.when}>{formatTime(part.lastCaptureAt, 'min')}</div>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
