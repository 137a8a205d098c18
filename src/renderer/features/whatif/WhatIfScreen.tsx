import { FlaskConical, ListChecks } from 'lucide-react';
import { useEffect } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select, type SelectOption } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { toastError } from '../../components/Toast.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { hypothesisOf, useDraft } from './draft.ts';
import { HypothesisPanel } from './HypothesisPanel.tsx';
import { InvariantsPane } from './InvariantsPane.tsx';
import { Results } from './Results.tsx';
import { scopeOf, scopeWord, subjectOf } from './scope.ts';
import styles from './whatif.module.css';

/**
 * What would be: `#/whatif?scope=type:…|projection:…|aggregate&type=…&id=…`; `see=invariants` for conditions on states.
 * `type` and `id` name the aggregate whose log is changed.
 */
export default function WhatIfScreen() {
  const { params } = useAddress();
  const subject = subjectOf(params);
  const types = useEngineQuery(['aggregates', 'types'], {});
  const projections = useEngineQuery(['projections', 'list'], {});
  const see = params.get('see') === 'invariants' ? 'invariants' : 'hypothesis';
  useCommands([
    {
      id: 'whatif.see',
      title: 'What-if or invariants',
      group: 'What-if',
      keys: 'v',
      hint: see === 'invariants' ? 'what-if' : 'invariants',
      run: () => setParams({ see: see === 'invariants' ? null : 'invariants' }, false),
    },
  ]);
  if (types.error !== null) return <ErrorState error={types.error} onRetry={() => void types.refetch()} />;
  if (types.data === undefined || projections.data === undefined)
    return (
      <Screen>
        <ScreenHead title="What-if" />
        <Skeleton lines={8} />
      </Screen>
    );
  const known = types.data.filter(({ type }) => type !== '');
  if (known.length === 0)
    return (
      <Screen>
        <ScreenHead title="What-if" />
        <EmptyState
          icon={<FlaskConical />}
          title="Nothing to try it on"
          action={<Button onClick={() => go(['topics'])}>Show the topics</Button>}
        >
          A what-if folds the events of aggregates a second time, by another reducer or from another log.
          Capture topics with events of aggregates first.
        </EmptyState>
      </Screen>
    );
  const names = projections.data.projections.map(({ name, title }) => ({ name, title }));
  const scopes: SelectOption<string>[] = [
    ...(subject === null
      ? []
      : [
          {
            value: 'aggregate',
            label: <span className={styles.option}>{shown(`${subject.type} ${subject.id}`)}</span>,
            hint: 'this one',
          },
        ]),
    ...known.map(({ type }) => ({ value: `type:${type}`, label: shown(`All ${type}`), hint: 'aggregates' })),
    ...names.map(({ name, title }) => ({
      value: `projection:${name}`,
      label: shown(title),
      hint: 'projection',
    })),
  ];
  const tabs = (
    <Segmented
      label="What to look at"
      value={see}
      onValue={(value) => setParams({ see: value === 'invariants' ? value : null }, false)}
      options={[
        { value: 'hypothesis', label: 'What-if' },
        { value: 'invariants', label: 'Invariants' },
      ]}
    />
  );
  if (see === 'invariants') return <InvariantsPane subject={subject} projections={names} tabs={tabs} />;
  return <Hypotheses subject={subject} scopes={scopes} firstType={known[0]!.type} tabs={tabs} />;
}

interface HypothesesProps {
  subject: AggregateRef | null;
  scopes: readonly SelectOption<string>[];
  firstType: string;
  tabs: React.ReactNode;
}

function Hypotheses({ subject, scopes, firstType, tabs }: HypothesesProps) {
  const { params } = useAddress();
  const { cut } = useFocus();
  const draft = useDraft();
  const scope = scopeOf(params.get('scope'), subject, firstType)!;
  const real = useEngineQuery(['whatif', 'reducer'], { scope, reducer: null }, { keep: false });
  const result = useEngineQuery(['whatif', 'result'], {});
  const job = useJobs(({ jobs }) => jobs.find(({ kind }) => kind === 'what-if'));
  const { refetch } = result;
  // The engine keeps the result of a run that goes on; its job tells when there is more of it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the job has done stands for the result.
  useEffect(() => void refetch(), [refetch, job?.id, job?.done, job?.status]);
  const run = useEngineAction(['whatif', 'run']);
  const hypothesis = hypothesisOf(draft, real.data);
  const isEmpty = hypothesis.reducer === null && hypothesis.without === null && hypothesis.overlay === null;
  const isRunning = job?.status === 'running' || run.isPending;
  const start = () =>
    run.mutate(
      { scope, cut, reducer: null, hypothesis },
      { onError: toastError, onSettled: () => void result.refetch() },
    );
  useCommands([
    {
      id: 'whatif.run',
      title: 'Run the what-if',
      group: 'What-if',
      keys: ['mod+enter', 'r'],
      hint: 'run',
      disabled: isEmpty,
      run: start,
    },
  ]);
  return (
    <Screen>
      <ScreenHead title="What-if" note="Nothing of it is stored, published or sealed.">
        {tabs}
        <Select
          label="Over what"
          className={styles.scope}
          value={scopeWord(scope)}
          options={scopes}
          onValue={(value) => setParams({ scope: value }, false)}
        />
        <Button
          look="primary"
          icon={<FlaskConical />}
          keys="mod+enter"
          disabled={isEmpty}
          title={isEmpty ? 'Change the reducer or the log first' : 'Fold both, and list what differs'}
          onClick={start}
        >
          {isRunning ? 'Run again' : 'Run'}
        </Button>
      </ScreenHead>
      <div className={styles.content}>
        <Columns
          id="whatif"
          columns={[
            { id: 'hypothesis', size: '34%', min: 300 },
            { id: 'results', min: 420 },
          ]}
        >
          <HypothesisPanel
            subject={subject}
            real={real}
            hypothesis={hypothesis}
            onRun={() => !isEmpty && start()}
          />
          {result.error !== null ? (
            <ErrorState error={result.error} onRetry={() => void result.refetch()} />
          ) : result.data === undefined ? (
            <Skeleton lines={8} />
          ) : result.data === null ? (
            <EmptyState
              icon={<ListChecks />}
              title="Nothing was tried yet"
              action={
                isEmpty ? undefined : (
                  <Button look="primary" onClick={start}>
                    Run
                  </Button>
                )
              }
            >
              Change the reducer, skip, edit, move or insert events, or leave some out everywhere. Then run
              it: here comes the set of aggregates that would differ, from which event, and by how much.
            </EmptyState>
          ) : (
            <Results result={result.data} job={job} current={{ scope, hypothesis, cut }} />
          )}
        </Columns>
      </div>
    </Screen>
  );
}
