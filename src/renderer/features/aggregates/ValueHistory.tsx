import { Copy, Route } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { compareExact, isNumeric, type Numeric, numberText } from '../../../core/numbers.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Section } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { StepChart } from '../../components/StepChart.tsx';
import { Value } from '../../components/Value.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatDay, formatNumber, formatTime, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { showProblem } from '../events/showProblem.ts';
import styles from './aggregates.module.css';
import { copyChosen } from './copyChosen.ts';
import { eventMark } from './names.ts';
import type { StateAnswer } from './timelinePages.ts';
import { type Timeline, useRowsAt } from './useTimeline.ts';

/** Rows shown at first, and at most. */
const FEW = 6;
const MOST = 500;

interface ValueHistoryProps {
  timeline: Timeline;
  answer: StateAnswer | undefined;
  isMoving: boolean;
}

/** How the chosen value came about: as a line of steps when it is a number, and the events that set it. */
export function ValueHistory({ timeline, answer, isMoving }: ValueHistoryProps) {
  const path = useShownPath(timeline.path, answer);
  const history = useEngineQuery(
    ['aggregates', 'history'],
    { ...timeline.subject, path: path ?? '' },
    { enabled: path !== null },
  );
  const [all, setAll] = useState(false);
  const newest = history.data?.path === path ? history.data : undefined;
  // The newest steps are given; further back, those up to the chosen event are asked for.
  const isFar = newest !== undefined && newest.omitted > 0 && newest.steps[0]!.index > timeline.index;
  // A question for every event that one passes would be prepared and never asked.
  const rested = useRef(timeline.index);
  if (!isMoving) rested.current = timeline.index;
  const far = useEngineQuery(
    ['aggregates', 'history'],
    { ...timeline.subject, path: path ?? '', upTo: rested.current },
    { enabled: isFar && !isMoving },
  );
  const data = isFar && far.data?.path === path ? far.data : newest;
  const steps = useMemo(
    () =>
      (data?.steps ?? []).map((step) => ({
        ...step,
        value: step.value === null ? undefined : parseJson(step.value),
      })),
    [data],
  );
  const { low, isNumber, points, newestFirst } = useMemo(() => chartOf(steps), [steps]);
  if (path === null) return null;
  const title = `${shown(path)}, earlier values`;
  if (history.error !== null)
    return (
      <Section title={title}>
        <ErrorState error={history.error} onRetry={() => void history.refetch()} compact />
      </Section>
    );
  if (data === undefined)
    return (
      <Section title={title}>
        <Skeleton lines={3} />
      </Section>
    );
  const at = steps.findLastIndex((step) => step.index <= timeline.index);
  const current = steps[at];
  const before = at > 0 ? steps[at - 1]?.value : initialOf(data);
  const start = current === undefined ? 0 : Math.max(0, newestFirst.indexOf(current) - 1);
  const listed = all ? newestFirst.slice(0, MOST) : newestFirst.slice(start, start + FEW);
  return (
    <Section title={title}>
      <SetBy
        timeline={timeline}
        current={current}
        before={before}
        isFirst={at <= 0 && data.omitted === 0}
        isLoading={isFar && (isMoving || far.isFetching)}
      />
      {isNumber ? (
        <StepChart
          label={`${path}: ${formatCount(steps.length)} values, lowest ${low === null ? '' : numberText(low.value)}`}
          points={points}
          now={timeline.index}
          onPick={timeline.select}
        />
      ) : null}
      <div className={styles.historyNote}>
        <span>
          {isNumber && low !== null
            ? `low ${formatNumber(numberText(low.value))} · ${formatDay(low.recordedAt)}`
            : ''}
        </span>
        <span>set by {plural(steps.length + data.omitted, 'event')}</span>
      </div>
      <ul className={cx(styles.history, all && styles.historyAll)}>
        {listed.map((step) => (
          <li key={`${step.index}`}>
            <button
              type="button"
              className={cx(styles.step, step === current && styles.stepNow)}
              aria-current={step === current || undefined}
              onClick={() => timeline.select(step.index)}
            >
              <span className="faint">{formatTime(step.recordedAt, 's')}</span>
              <span className={styles.stepValue}>
                {step.value === undefined ? (
                  <span className="faint">removed</span>
                ) : isNumeric(step.value) ? (
                  formatNumber(numberText(step.value))
                ) : (
                  <Value value={step.value} />
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {steps.length > FEW ? (
        <Button look="quiet" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${formatCount(steps.length)} values`}
        </Button>
      ) : null}
      {data.omitted > 0 ? (
        <span className="faint">
          The newest {formatCount(steps.length)} are drawn; {formatCount(data.omitted)} earlier ones are not.
        </span>
      ) : null}
      {all && steps.length > MOST ? (
        <span className="faint">The latest {formatCount(MOST)} are listed; the line shows more.</span>
      ) : null}
    </Section>
  );
}

/** What is drawn and listed of the values: made once, not for every event that one steps to. */
function chartOf(steps: readonly Step[]) {
  const numbers = steps.filter((step): step is Step & { value: Numeric } => isNumeric(step.value));
  const low = numbers.reduce<(typeof numbers)[number] | null>(
    (least, step) => (least === null || compareExact(step.value, least.value) < 0 ? step : least),
    null,
  );
  return {
    low,
    isNumber: numbers.length > 1,
    points: steps.map(({ index, value }) => ({
      at: index,
      value: isNumeric(value) ? Number(numberText(value)) : null,
    })),
    newestFirst: steps.toReversed(),
  };
}

interface Step {
  index: number;
  recordedAt: number;
  value: Json | undefined;
}

interface SetByProps {
  timeline: Timeline;
  current: Step | undefined;
  before: Json | undefined;
  isFirst: boolean;
  /** The steps on the screen are those of another place. */
  isLoading: boolean;
}

const initialOf = ({ initial }: { initial: string | null }): Json | undefined =>
  initial === null ? undefined : parseJson(initial);

/** Who set the chosen value, when, and what it was before; with what it is copied by. */
function SetBy({ timeline, current, before, isFirst, isLoading }: SetByProps) {
  const row = useRowsAt(timeline.subject, current === undefined ? [] : [current.index])(current?.index ?? -1);
  const isChosen = timeline.path !== null;
  return (
    <div className={styles.setBy}>
      <div className={styles.setByWords}>
        {isLoading ? (
          <span className="faint">…</span>
        ) : current === undefined ? (
          <span className="faint">Not set yet at this event.</span>
        ) : (
          <>
            <button
              type="button"
              className={styles.setByLink}
              disabled={current.index === timeline.index}
              onClick={() => timeline.select(current.index)}
            >
              {row === undefined ? 'set' : `${eventMark(row)} ${shown(row.sentence)}`}
            </button>
            <span className="faint">
              {formatTime(current.recordedAt)}
              {before === undefined ? (isFirst ? ' · not there before' : '') : ' · before it '}
              {before === undefined ? null : isNumeric(before) ? (
                formatNumber(numberText(before))
              ) : (
                <Value value={before} />
              )}
            </span>
          </>
        )}
      </div>
      {isChosen ? (
        <>
          <IconButton
            label="Copy the path"
            keys="shift+c"
            onClick={() => copyChosen(timeline, 'path').catch(showProblem)}
          >
            <Route />
          </IconButton>
          <IconButton
            label="Copy the value"
            keys="c"
            onClick={() => copyChosen(timeline, 'value').catch(showProblem)}
          >
            <Copy />
          </IconButton>
        </>
      ) : null}
    </div>
  );
}

/**
 * The path whose history is shown: the chosen one, else an amount that an event changed. It stays while one steps on,
 * so that the chart does not jump to another value with every event.
 */
function useShownPath(chosen: string | null, answer: StateAnswer | undefined): string | null {
  const usual = useRef<string | null>(null);
  if (usual.current === null && answer !== undefined) usual.current = mostTelling(answer);
  return chosen ?? usual.current;
}

/** Amounts have decimals; what moves by one is often a mere counter. */
function mostTelling({ changes }: StateAnswer): string | null {
  const numbers = changes.filter((change) => change.delta !== null);
  const amount = numbers.find(({ after }) => after?.includes('.'));
  const telling = amount ?? numbers.find(({ delta }) => delta !== '1' && delta !== '+1') ?? numbers[0];
  return telling?.path ?? null;
}
