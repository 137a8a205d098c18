import { Columns3, Play } from 'lucide-react';
import { type RefObject, useEffect, useMemo, useState } from 'react';
import type { ListColumnsState } from '../../../contract/aggregateColumns.ts';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { FilterProblem, parseStateCondition } from '../../../core/filter/filter.ts';
import { Button } from '../../components/Button.tsx';
import { ExpressionField, type ExpressionFieldHandle } from '../../components/ExpressionField.tsx';
import { Checkbox } from '../../components/Field.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { Popover } from '../../components/Popover.tsx';
import type { Suggestions } from '../../components/suggestions.ts';
import { toastError } from '../../components/Toast.tsx';
import { setParams } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatLeft, plural } from '../../lib/format.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineAction } from '../../lib/queries.ts';
import { expressionMarks } from '../events/expressionMarks.ts';
import styles from './aggregateList.module.css';
import { type ColumnsChoice, declaredColumns } from './listColumns.ts';

const PROBLEM = 'columns-problem';
const WORDS = ['and', 'or', 'not', 'exists', 'is null', 'is not null', 'contains'];

interface ColumnsBarProps {
  status: ProjectionStatus;
  choice: ColumnsChoice;
  /** Names of the columns in the list. */
  shownColumns: readonly string[];
  /** What the answer in the list rests on. */
  told: ListColumnsState | null;
  input: RefObject<ExpressionFieldHandle | null>;
  /** On to the rows. */
  onLeave: () => void;
}

/** Which columns of the projection are listed, a condition on them, and what they rest on. */
export function ColumnsBar({ status, choice, shownColumns, told, input, onLeave }: ColumnsBarProps) {
  const columns = declaredColumns(status);
  const names = useMemo(() => columns.map(({ name }) => name), [columns]);
  const toggle = (name: string, isOn: boolean) => {
    const next = names.filter((each) => (each === name ? isOn : shownColumns.includes(each)));
    setParams({ show: next.length === 0 ? null : next.join(',') }, false);
  };
  return (
    <div className={styles.columnsBar}>
      <Popover
        title={`Columns of ${shown(status.title)}`}
        trigger={
          <Button icon={<Columns3 />}>
            {shownColumns.length} of {columns.length} columns
          </Button>
        }
      >
        <div className={styles.columnChoice}>
          {columns.map(({ name, type }) => (
            <Checkbox
              key={name}
              checked={shownColumns.includes(name)}
              onChecked={(isOn) => toggle(name, isOn)}
            >
              <span className={styles.columnName}>{shown(name)}</span> <span className="faint">{type}</span>
            </Checkbox>
          ))}
        </div>
      </Popover>
      <Condition where={choice.where} names={names} input={input} onLeave={onLeave} />
      <Standing status={status} told={told} />
    </div>
  );
}

interface ConditionProps extends Pick<ColumnsBarProps, 'input' | 'onLeave'> {
  where: string;
  names: readonly string[];
}

function Condition({ where, names, input, onLeave }: ConditionProps) {
  const [text, setText] = useState(where);
  const [problem, setProblem] = useState<{ message: string; from: number; to: number } | null>(null);
  useEffect(() => {
    setText(where);
    setProblem(null);
  }, [where]);
  const commit = () => {
    const found = problemOf(text, names);
    setProblem(found);
    if (found !== null) return;
    if (text.trim() === where) onLeave();
    else setParams({ where: text.trim() === '' ? null : text.trim() }, false);
  };
  const wrong = useMemo(() => (problem === null ? null : { from: problem.from, to: problem.to }), [problem]);
  return (
    <div className={styles.condition}>
      <div className={styles.conditionField}>
        <ExpressionField
          ref={input}
          value={text}
          onValue={(next) => {
            if (next === text) return;
            setText(next);
            setProblem(null);
          }}
          onSubmit={commit}
          onEscape={() => {
            setText(where);
            setProblem(null);
            onLeave();
          }}
          onEmptyBackspace={() => {}}
          label="Only aggregates of which this holds"
          placeholder={names[0] === undefined ? '' : `A condition on columns, such as ${names[0]} exists`}
          problemId={problem === null ? null : PROBLEM}
          marks={expressionMarks}
          wrong={wrong}
          suggest={async (whole, cursor) => suggestionsAt(whole, cursor, names)}
        />
        <Kbd keys={text.trim() === where ? 'f' : 'enter'} />
      </div>
      {problem === null ? null : (
        <span id={PROBLEM} role="alert" className={styles.conditionProblem}>
          {shown(problem.message)}
        </span>
      )}
    </div>
  );
}

function problemOf(text: string, names: readonly string[]) {
  if (text.trim() === '') return null;
  try {
    parseStateCondition(text);
    return null;
  } catch (error) {
    if (!(error instanceof FilterProblem)) throw error;
    const { message, position, length, hint } = error;
    const words = hint === '' ? `The columns are ${names.join(', ')}.` : hint;
    return { message: `${message}. ${words}`, from: position, to: position + length };
  }
}

function suggestionsAt(text: string, cursor: number, names: readonly string[]): Suggestions {
  const from = cursor - /[\w.]*$/.exec(text.slice(0, cursor))![0].length;
  return {
    ...{ from, to: cursor, while: /^[\w.]*$/ },
    options: [
      ...names.map((label) => ({ label, detail: 'column', look: 'field' as const, rank: 1 })),
      ...WORDS.map((label) => ({ label, look: 'keyword' as const })),
    ],
  };
}

/** What the columns rest on, and the way to more. */
function Standing({ status, told }: { status: ProjectionStatus; told: ListColumnsState | null }) {
  const run = useEngineAction(['projections', 'run']);
  const job = useJobs(({ jobs }) => jobs).find(
    // A status that still names a job that is done is older than what the job brought.
    ({ id, status: state }) => id === status.jobId && (state === 'running' || state === 'done'),
  );
  if (job !== undefined) {
    const share =
      job.total === null || job.total === 0 ? '' : ` ${Math.floor((job.done / job.total) * 100)} %`;
    const left = job.remainingMs === null ? '' : `, ${formatLeft(job.remainingMs)}`;
    return (
      <span className={styles.standing} role="status">
        {`Replaying${share}${left}${told?.state === 'none' ? '' : '; the values before it are shown'}`}
      </span>
    );
  }
  const needs = needOf(status, told);
  if (needs !== null)
    return (
      <span className={styles.standing}>
        <span className={styles.partial} title={needs.words}>
          {needs.words}
        </span>
        <Button
          look={told?.state === 'none' ? 'primary' : 'quiet'}
          icon={<Play />}
          disabled={run.isPending}
          onClick={() =>
            run.mutate(
              { name: status.name, rebuild: status.state === 'stale' || needs.isAnew },
              { onError: toastError },
            )
          }
        >
          {needs.verb}
        </Button>
      </span>
    );
  const notes = notesOf(told);
  return notes === '' ? null : (
    <span className={styles.standing} title={notes}>
      <span className="ellipsis">{notes}</span>
    </span>
  );
}

/** What is missing that a replay would bring. */
function needOf(
  status: ProjectionStatus,
  told: ListColumnsState | null,
): { words: string; verb: string; isAnew: boolean } | null {
  if (told === null) return null;
  if (status.builtAt === null)
    return { words: `${shown(status.title)} was never replayed`, verb: 'Replay', isAnew: false };
  if (told.state === 'none') return { words: 'No history is kept yet', verb: 'Replay', isAnew: true };
  if (told.state === 'stale')
    return { words: 'Values of an older definition', verb: 'Replay', isAnew: false };
  if (told.behind > 0)
    return {
      words: `${plural(told.behind, 'captured record')} not taken in yet`,
      ...{ verb: 'Replay', isAnew: false },
    };
  return null;
}

function notesOf(told: ListColumnsState | null): string {
  if (told === null) return '';
  const notes: string[] = [];
  if (told.unsaid > 0)
    notes.push(
      `of ${plural(told.unsaid, 'more aggregate')} the condition cannot be said: a value is missing`,
    );
  if (told.withheld.length > 0)
    notes.push(
      `too large to be kept for every moment: ${told.withheld.map((name) => shown(name)).join(', ')}`,
    );
  if (told.folded > 0) notes.push(`${plural(told.folded, 'row')} folded for this moment`);
  return notes.join('; ');
}
