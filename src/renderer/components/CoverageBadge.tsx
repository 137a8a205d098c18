import { Circle, CircleAlert, CircleCheck } from 'lucide-react';
import type { CoverageBadge as Badge } from '../../contract/common.ts';
import { useConnections } from '../lib/connection.ts';
import { shown } from '../lib/escape.ts';
import { plural } from '../lib/format.ts';
import { useEngineQuery } from '../lib/queries.ts';
import styles from './CoverageBadge.module.css';
import { CoverageBars } from './CoverageBars.tsx';
import { Popover } from './Popover.tsx';
import { Recheck } from './Recheck.tsx';
import { ErrorState, Skeleton } from './States.tsx';
import { Chip } from './Tag.tsx';

const WORD = { complete: 'complete', partial: 'partial', empty: 'nothing captured' } as const;
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
      <RecheckOfWorkspace />
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
    <section className={styles.partitions} aria-label="Partitions" tabIndex={0}>
      <CoverageBars partitions={coverage.data.partitions} />
    </section>
  );
}

/** What is not from a cluster, such as the demo, has none to be compared with. */
function RecheckOfWorkspace() {
  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  const { current } = useConnections();
  return workspace === null || workspace.clusterId === null || workspace.kind === 'demo' ? null : (
    <Recheck connection={current} />
  );
}
