import { memo, useState } from 'react';
import type { TimelineRow } from '../../../contract/aggregates.ts';
import type { EventReading } from '../../../contract/upcasting.ts';
import { formatJson, parseJson } from '../../../core/json.ts';
import { cx } from '../../components/cx.ts';
import { Callout, Section } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { ErrorState } from '../../components/States.tsx';
import { hrefTo } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import type { Subject } from './timelinePages.ts';
import styles from './upcast.module.css';

type Shown = 'both' | 'written' | 'folded';

interface UpcastProps {
  row: TimelineRow;
  subject: Subject;
}

/** What the upcasters of the reducer made of the event, beside what was written. Nothing when they leave it alone. */
export const Upcast = memo(function Upcast({ row, subject }: UpcastProps) {
  const { ref, reducer } = subject;
  const [view, setView] = useState<Shown>('both');
  const { data, error, refetch } = useEngineQuery(['aggregates', 'upcast'], { ref, reducer, id: row.id });
  const isRead = data !== undefined && data !== null;
  useCommands(
    isRead
      ? [
          {
            id: 'event.original',
            title: 'The event as written, and back to as folded',
            group: 'Timeline',
            keys: 'o',
            run: () => setView(view === 'written' ? 'both' : 'written'),
          },
        ]
      : [],
  );
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} compact />;
  if (!isRead) return null;
  return (
    <Section title="Schema" note={shown(data.applied.join(', '))}>
      {data.problems.map((problem) => (
        <Callout key={problem} tone="warn" title="An upcaster did not find its place">
          {shown(problem)}
        </Callout>
      ))}
      <Segmented
        label="Which form of the event"
        value={view}
        onValue={setView}
        options={[
          { value: 'both', label: 'Side by side' },
          { value: 'written', label: 'As written' },
          { value: 'folded', label: 'As folded' },
        ]}
      />
      <div className={cx(styles.sides, view === 'both' && styles.two)}>
        {view === 'folded' ? null : <Reading title="As written" reading={data.written} id={row.id} />}
        {view === 'written' ? null : <Reading title="As folded" reading={data.folded} id={row.id} />}
      </div>
    </Section>
  );
});

function Reading({ title, reading, id }: { title: string; reading: EventReading; id: number }) {
  const { type, schemaVersion, data, characters } = reading;
  return (
    <figure className={styles.side} aria-label={title}>
      <figcaption>
        {title}
        <span className="faint">
          {shown(type)} · {schemaVersion === null ? 'no schema version' : `schema ${shown(schemaVersion)}`}
        </span>
      </figcaption>
      {data === null ? (
        <p className="faint">
          {formatCount(characters)} characters, too long to show here.{' '}
          <a href={hrefTo(['events'], { record: String(id) })}>Open the record</a>
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls is reached by the keyboard.
        <pre tabIndex={0}>{shown(formatJson(parseJson(data), 2), true)}</pre>
      )}
    </figure>
  );
}
