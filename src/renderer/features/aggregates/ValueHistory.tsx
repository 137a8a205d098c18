import { useMemo, useRef, useState } from 'react';
import { parseJson } from '../../../core/json.ts';
import { compareExact, isNumeric, type Numeric, numberText } from '../../../core/numbers.ts';
import { Button } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Section } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { StepChart } from '../../components/StepChart.tsx';
import { Value } from '../../components/Value.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatDay, formatDecimal, formatTime, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import styles from './aggregates.module.css';
import type { StateAnswer } from './timelinePages.ts';
import type { Timeline } from './useTimeline.ts';

/** Rows shown at first, and at most. */
const FEW = 6;
const MOST = 500;

/** How the chosen value came about: as a line of steps when it is a number, and the events that set it. */
export function ValueHistory({ timeline, answer }: { timeline: Timeline; answer: StateAnswer | undefined }) {
  const path = useShownPath(timeline.path, answer);
  const history = useEngineQuery(
    ['aggregates', 'history'],
    { ...timeline.subject, path: path ?? '' },
    { enabled: path !== null },
  );
  const [all, setAll] = useState(false);
  const data = history.data?.path === path ? history.data : undefined;
  const steps = useMemo(
    () =>
      (data?.steps ?? []).map((step) => ({
        ...step,
        value: step.value === null ? undefined : parseJson(step.value),
      })),
    [data],
  );
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
  const numbers = steps.filter((step): step is typeof step & { value: Numeric } => isNumeric(step.value));
  const isNumber = numbers.length > 1;
  const low = numbers.reduce<(typeof numbers)[number] | null>(
    (least, step) => (least === null || compareExact(step.value, least.value) < 0 ? step : least),
    null,
  );
  const newestFirst = steps.toReversed();
  const current = steps.findLast((step) => step.index <= timeline.index);
  const start = current === undefined ? 0 : Math.max(0, newestFirst.indexOf(current) - 1);
  const listed = all ? newestFirst.slice(0, MOST) : newestFirst.slice(start, start + FEW);
  return (
    <Section title={title}>
      {isNumber ? (
        <StepChart
          label={`${path}: ${formatCount(steps.length)} values, lowest ${low === null ? '' : numberText(low.value)}`}
          points={steps.map((step) => ({
            at: step.index,
            value: isNumeric(step.value) ? Number(numberText(step.value)) : null,
          }))}
          now={timeline.index}
          onPick={timeline.select}
        />
      ) : null}
      <div className={styles.historyNote}>
        <span>
          {isNumber && low !== null
            ? `low ${formatDecimal(numberText(low.value))} · ${formatDay(low.recordedAt)}`
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
                  formatDecimal(numberText(step.value))
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
