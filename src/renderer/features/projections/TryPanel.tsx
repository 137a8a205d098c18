import { ArrowRight } from 'lucide-react';
import { useMemo } from 'react';
import type { TriedFailure, TriedRow } from '../../../contract/definitionTry.ts';
import type { TreeChange } from '../../../core/jsonRows.ts';
import { Button } from '../../components/Button.tsx';
import { Input } from '../../components/Field.tsx';
import { JsonTree } from '../../components/JsonTree.tsx';
import { Panel, PanelHeader, Section } from '../../components/Panel.tsx';
import { EmptyState, ErrorState, ProgressBar, Skeleton } from '../../components/States.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../lib/format.ts';
import { useTyped } from '../../lib/typed.ts';
import { cellCopy, cellKind, cellText } from './cells.ts';
import styles from './projections.module.css';
import type { Definition } from './useDefinition.ts';

interface TryPanelProps {
  written: Definition;
  /** What it reads, in words. */
  source: string;
  /** Shows a place of the program. */
  onLine: (line: number, column: number | null) => void;
}

/** What the definition makes of one row's events, after every pause in typing. */
export function TryPanel({ written, source, onLine }: TryPanelProps) {
  const { tried, isOld, isTrying, error, problems } = written;
  const row = tried?.row ?? null;
  return (
    <Panel
      label="Test"
      look="raised"
      head={
        <PanelHeader title="Test" note={row !== null && isOld ? 'as before' : undefined}>
          <KeyField on={written.on} shown={row?.key ?? ''} onKey={written.setOn} />
        </PanelHeader>
      }
    >
      {isTrying ? (
        <div className={styles.running}>
          <ProgressBar value={null} label="The definition is being tried" />
        </div>
      ) : null}
      {error !== null ? (
        <ErrorState error={error} compact />
      ) : tried === undefined ? (
        problems.length > 0 ? (
          <EmptyState title="It is tried when it has no mistake." />
        ) : (
          <Skeleton lines={8} />
        )
      ) : row === null ? (
        <EmptyState title={tried.note === null ? 'It cannot be tried yet' : shown(tried.note)}>
          {tried.note === null
            ? 'Correct what is listed under the editor.'
            : `It reads ${shown(source)}. Type the key of a row above to try another.`}
        </EmptyState>
      ) : (
        <div>
          <Summary row={row} tookMs={tried.tookMs} />
          <Failures row={row} onLine={onLine} />
          <Columns row={row} />
          <State row={row} />
        </div>
      )}
    </Panel>
  );
}

function KeyField({
  on,
  shown: key,
  onKey,
}: {
  on: string | null;
  shown: string;
  onKey: (key: string | null) => void;
}) {
  const { take, ...field } = useTyped(on ?? key, (text) => onKey(text === '' ? null : text));
  return (
    <form
      className={styles.keyField}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label htmlFor="try-key">row</label>
      <Input {...field} id="try-key" mono onBlur={take} placeholder="key" />
    </form>
  );
}

function Summary({ row, tookMs }: { row: TriedRow; tookMs: number }) {
  const { aggregate } = row;
  return (
    <div className={styles.trySummary}>
      <p>
        {plural(row.folded, 'event')} folded: {formatCount(row.processed)} applied
        {row.ignored > 0 ? `, ${formatCount(row.ignored)} ignored` : ''}
        {row.failed > 0 ? (
          <span className={styles.bad}>, {formatCount(row.failed)} with a problem</span>
        ) : (
          ', none failed'
        )}{' '}
        <span className="dim">in {formatDuration(tookMs)}</span>.
        {row.partial === null ? null : (
          <span className={styles.more}> Not all of them: {shown(row.partial)}.</span>
        )}
      </p>
      {aggregate === null ? null : (
        <Button
          look="quiet"
          icon={<ArrowRight />}
          onClick={() => go(['aggregates', aggregate.type, aggregate.id])}
        >
          Timeline
        </Button>
      )}
    </div>
  );
}

const MOST_SHOWN = 6;

function Failures({ row, onLine }: { row: TriedRow; onLine: TryPanelProps['onLine'] }) {
  if (row.failed === 0) return null;
  const first = row.failures.slice(0, MOST_SHOWN);
  return (
    <Section
      title="Events with a problem"
      note={first.length < row.failed ? `the first ${first.length} of ${formatCount(row.failed)}` : undefined}
    >
      <ol className={styles.tryFailures} aria-label="Events with a problem">
        {first.map((failure) => (
          <FailureLine key={failure.id} failure={failure} onLine={onLine} />
        ))}
      </ol>
    </Section>
  );
}

function FailureLine({ failure, onLine }: { failure: TriedFailure; onLine: TryPanelProps['onLine'] }) {
  const { place, line, column, message } = failure;
  return (
    <li>
      <p>
        {shown(message)}
        {line === null ? null : (
          <>
            {' '}
            <button type="button" className={styles.jump} onClick={() => onLine(line, column)}>
              line {line}
              {column === null ? '' : `, column ${column}`}
            </button>
          </>
        )}
      </p>
      <button type="button" className={styles.jump} onClick={() => go(['events'], { record: failure.id })}>
        event {formatCount(failure.index + 1)} · {shown(place.topic)} [{place.partition}] @{' '}
        {formatCount(place.offset)}
      </button>
    </li>
  );
}

/** The row as the table would hold it. */
function Columns({ row }: { row: TriedRow }) {
  if (row.columns === null)
    return (
      <Section title="Row">
        <p className="dim">None of these events is about it, so the table would have no such row.</p>
      </Section>
    );
  const saved =
    row.saved === null ? null : new Map(row.saved.columns.map(({ name, value }) => [name, value]));
  return (
    <Section
      title="Row"
      note={row.saved === null ? undefined : `against the saved version ${row.saved.version}`}
    >
      <table className={styles.tryRow}>
        <tbody>
          {row.columns.map(({ name, type, value, note }) => {
            const before = saved?.get(name);
            const isNew = saved !== null && before === undefined;
            const differs = before !== undefined && cellCopy(before) !== cellCopy(value);
            return (
              <tr key={name} data-changed={differs || isNew || undefined}>
                <th scope="row" title={type}>
                  {shown(name)}
                </th>
                <td data-kind={cellKind(value)}>
                  {differs ? <del>{shown(cellText(before, name))}</del> : null}
                  {differs ? (
                    <ins>{shown(cellText(value, name))}</ins>
                  ) : (
                    <span>{shown(cellText(value, name))}</span>
                  )}
                  {isNew ? <span className={styles.newColumn}>new column</span> : null}
                  {note === null ? null : <p className={styles.more}>{shown(note)}</p>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Section>
  );
}

function State({ row }: { row: TriedRow }) {
  const { state, saved } = row;
  const changes = useMemo(
    () =>
      new Map<string, TreeChange>(
        (saved?.changes ?? []).map(({ path, kind, before, after, delta }) => [
          path,
          { kind, before, after, delta },
        ]),
      ),
    [saved],
  );
  const note =
    saved === null
      ? 'after the last event'
      : saved.changed === 0
        ? `the same as of the saved version ${saved.version}`
        : `${plural(saved.changed, 'difference')} to the saved version ${saved.version}${
            saved.changes.length < saved.changed ? `, the first ${saved.changes.length} marked` : ''
          }`;
  return (
    <Section title="State" note={note}>
      {state === null ? (
        <p className="dim">It has {formatBytes(row.stateBytes)} as text, too long to be shown here.</p>
      ) : (
        <div className={styles.tryState}>
          <JsonTree json={state} changes={changes} label="State after the test" />
        </div>
      )}
    </Section>
  );
}
