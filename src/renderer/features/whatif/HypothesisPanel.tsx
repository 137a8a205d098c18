import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Output } from '../../../contract/contract.ts';
import type { Hypothesis, whatif } from '../../../contract/whatif.ts';
import { FilterProblem, parseFilter } from '../../../core/filter/filter.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor } from '../../components/CodeEditor.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Segmented, Tabs } from '../../components/Segmented.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { suggestProgram } from '../projections/programSuggestions.ts';
import { suggestReducer } from '../projections/vocabulary.ts';
import { setReducer, useDraft } from './draft.ts';
import { LogEditor } from './LogEditor.tsx';
import styles from './whatif.module.css';

export type RealReducer = Output<(typeof whatif)['reducer']>;
type Language = RealReducer['language'];

/** What a program begins with when a declarative reducer is written anew. */
const PROGRAM = `export const initial = {};

/** The state after an event; \`state\` is what the events before made of it. */
export function reduce(state, { type, data }) {
  switch (type) {
    default:
      return state;
  }
}
`;

interface HypothesisPanelProps {
  subject: AggregateRef | null;
  real: UseQueryResult<RealReducer, EngineError>;
  hypothesis: Hypothesis;
  onRun: () => void;
}

/** What is tried: another reducer, another log of one aggregate, events left out everywhere. */
export function HypothesisPanel({ subject, real, hypothesis, onRun }: HypothesisPanelProps) {
  const { params } = useAddress();
  const part = params.get('part') ?? 'reducer';
  const count = hypothesis.overlay?.changes.length ?? 0;
  return (
    <Panel label="Hypothesis" fills className={styles.hypothesis}>
      <Tabs
        label="What to change"
        value={part}
        onValue={(value) => setParams({ part: value === 'reducer' ? null : value }, false)}
        options={[
          { value: 'reducer', label: 'Reducer', ...(hypothesis.reducer === null ? {} : { count: '≠' }) },
          { value: 'log', label: 'Log of one', ...(count === 0 ? {} : { count }) },
          { value: 'without', label: 'Leave out', ...(hypothesis.without === null ? {} : { count: '≠' }) },
        ]}
      >
        {part === 'log' ? (
          <LogEditor subject={subject} hypothesis={hypothesis} />
        ) : part === 'without' ? (
          <LeaveOut />
        ) : real.error !== null ? (
          <ErrorState error={real.error} onRetry={() => void real.refetch()} compact />
        ) : real.data === undefined ? (
          <Skeleton lines={8} />
        ) : (
          <ReducerEditor key={real.data.name} real={real.data} onRun={onRun} />
        )}
      </Tabs>
    </Panel>
  );
}

const languagesOf = (real: Language): readonly Language[] =>
  real === 'typescript' ? ['typescript'] : real === 'json' ? ['json', 'javascript'] : ['javascript'];
const NAMES = { json: 'JSON', javascript: 'JavaScript', typescript: 'TypeScript' } as const;

function ReducerEditor({ real, onRun }: { real: RealReducer; onRun: () => void }) {
  const written = useDraft(({ reducers }) => reducers[real.name]);
  const { language, text } = written ?? real;
  const isChanged = text !== real.text || language !== real.language;
  const put = (next: { language: Language; text: string }) =>
    setReducer(real.name, next.text === real.text && next.language === real.language ? null : next);
  const languages = languagesOf(real.language);
  const { source } = real;
  const suggest = useMemo(
    () => (language === 'json' ? suggestReducer(source) : suggestProgram(JSON.stringify({ source }), null)),
    [language, source],
  );
  return (
    <div className={styles.fill}>
      <div className={styles.tools}>
        <span className={styles.toolsText}>
          {isChanged ? <b className={styles.changed}>changed</b> : 'as it is:'}{' '}
          <code>{shown(real.name)}</code> version {real.version}
        </span>
        {languages.length < 2 ? null : (
          <Segmented
            label="Language"
            value={language}
            onValue={(next) => put({ language: next, text: next === real.language ? real.text : PROGRAM })}
            options={languages.map((value) => ({ value, label: NAMES[value] }))}
          />
        )}
        <Button look="quiet" disabled={!isChanged} onClick={() => setReducer(real.name, null)}>
          As it was
        </Button>
      </div>
      <div className={styles.editor}>
        <CodeEditor
          label="Hypothetical reducer"
          language={language === 'json' ? 'json' : 'script'}
          value={text}
          onValue={(next) => put({ language, text: next })}
          onSubmit={onRun}
          suggest={suggest}
        />
      </div>
    </div>
  );
}

/** Events that the hypothetical log of every aggregate is without. */
function LeaveOut() {
  const without = useDraft((draft) => draft.without);
  const problem = useMemo(() => {
    if (without.trim() === '') return null;
    try {
      parseFilter(without);
      return null;
    } catch (error) {
      if (error instanceof FilterProblem) return error;
      throw error;
    }
  }, [without]);
  return (
    <div className={styles.leaveOut}>
      <Field
        layout="above"
        label="Without events where"
        hint={
          'Such as type = "FeeCharged" and data.amount > 10: every log is folded as if these events were not in it.'
        }
        error={
          problem === null
            ? null
            : `${shown(problem.message)} (character ${problem.position + 1}). ${shown(problem.hint)}`
        }
      >
        <Input
          mono
          value={without}
          placeholder={'type = "…"'}
          onValue={(text) => useDraft.setState({ without: text })}
        />
      </Field>
      <p className={styles.help}>
        Names are those of the filter of Events: type, version, eventId, topic, recorded, occurred, data.… and
        value.…
      </p>
    </div>
  );
}
