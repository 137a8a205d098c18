import type { PartitionCoverage } from '../../../contract/workspace.ts';
import { CoverageBars } from '../../components/CoverageBars.tsx';
import { Section } from '../../components/Panel.tsx';
import { formatCount, formatSigned } from '../../lib/format.ts';
import styles from './Topics.module.css';
import { explainDifference, type Partition } from './topicRows.ts';

/** What of the topic is captured, and why that is another number than High − Low. */
export function CaptureTab({
  partitions,
  held,
}: {
  partitions: readonly Partition[];
  held: ReadonlyMap<number, PartitionCoverage>;
}) {
  const shownParts = partitions.flatMap(({ partition }) => held.get(partition) ?? []);
  const { about, captured, parts } = explainDifference(partitions, held);
  return (
    <>
      <Section>
        {held.size === 0 ? (
          <p>Nothing of this topic is captured in the open workspace. Mark it and press C.</p>
        ) : (
          <dl className={styles.sums}>
            <dt>about: high − low, at most</dt>
            <dd>{formatCount(about)}</dd>
            {parts.map(({ text, count }) => (
              <div key={text} className={styles.sumPart}>
                <dt>{text}</dt>
                <dd>{formatSigned(String(-count))}</dd>
              </div>
            ))}
            <dt className={styles.sumTotal}>captured: counted records</dt>
            <dd className={styles.sumTotal}>{formatCount(captured)}</dd>
          </dl>
        )}
      </Section>
      {shownParts.length === 0 ? null : (
        <Section>
          <CoverageBars partitions={shownParts} ofOneTopic />
        </Section>
      )}
    </>
  );
}
