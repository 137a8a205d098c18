import { formatJson } from '../../../core/json.ts';
import type { Versioned } from '../../../core/upcast.ts';
import { Button } from '../../components/Button.tsx';
import { Callout } from '../../components/Panel.tsx';
import { Skeleton } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import styles from './upcasters.module.css';
import type { TriedUpcast } from './useUpcast.ts';

interface UpcastOutcomeProps {
  upcast: TriedUpcast;
  /** Schema version and type that are read. */
  from: string;
  type: string;
}

/** An event as it was written beside what the upcasters make of it. */
export function UpcastOutcome({ upcast, from, type }: UpcastOutcomeProps) {
  const { wrong, event, folded, looked } = upcast;
  return (
    <section className={styles.outcome} aria-label="On a real event">
      {wrong === null ? null : (
        <Callout tone="warn" title="These upcasters cannot be used yet">
          {shown(wrong)}
        </Callout>
      )}
      {(folded?.problems ?? []).map((problem) => (
        <Callout key={problem} tone="warn" title="An upcaster did not find its place">
          {shown(problem)}
        </Callout>
      ))}
      {looked === undefined ? (
        <Skeleton lines={6} />
      ) : event === null ? (
        <p className="dim">{noEvent(upcast, type, from)}</p>
      ) : (
        <>
          <div className={styles.sides}>
            <Side title="As written" reading={event} />
            {folded === null ? null : <Side title="As folded" reading={folded} />}
          </div>
          <div className={styles.which}>
            <span className="dim">
              {shown(event.topic)} [{event.partition}] @ {formatCount(event.offset)}
            </span>
            {upcast.fitting > 1 ? (
              <Button look="quiet" onClick={upcast.next}>
                Another event
              </Button>
            ) : null}
          </div>
        </>
      )}
    </section>
  );
}

function noEvent({ looked = [] }: TriedUpcast, type: string, from: string): string {
  if (type === '') return 'Name an event type to see what becomes of one of its events.';
  if (looked.length === 0) return `There is no event of the type ${shown(type)}.`;
  const versions = [...new Set(looked.map(({ schemaVersion }) => schemaVersion))].sort();
  const names = versions.map((version) => (version === null ? 'none' : shown(version))).join(', ');
  const asked = from === '' ? 'without a schema version' : `of schema ${shown(from)}`;
  return `None ${asked} among the ${plural(looked.length, 'event')} of ${shown(type)} looked at; they are of schema ${names}.`;
}

function Side({ title, reading }: { title: string; reading: Versioned }) {
  const { type, schemaVersion, data } = reading;
  return (
    <figure className={styles.side} aria-label={title}>
      <figcaption>
        {title}{' '}
        <span className="faint">
          {shown(type)} · {schemaVersion === null ? 'no schema version' : `schema ${shown(schemaVersion)}`}
        </span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls is reached by the keyboard. */}
      <pre tabIndex={0}>{shown(formatJson(data, 2), true)}</pre>
    </figure>
  );
}
