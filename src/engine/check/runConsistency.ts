/** The consistency check from its beginning to its end, on threads of its own: lists and timelines stay quick meanwhile. */
import type { CheckScope, ConsistencyResult, FindingOut } from '../../contract/check.ts';
import { plural } from '../../core/count.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { CheckAnswer, CheckStep } from './checkReads.ts';
import type { CheckProgress } from './checkRun.ts';
import { CLAIMS } from './verdicts.ts';

export interface Consistency {
  result: ConsistencyResult;
  findings: readonly FindingOut[];
}

/** @throws HindcastError `cancelled`, and what reading the workspace fails with */
export async function runConsistency(
  workspace: Workspace,
  scope: CheckScope,
  options: {
    log: Log;
    signal: AbortSignal;
    report: (progress: JobProgress) => void;
    now: () => number;
    reducers: Record<string, string>;
  },
): Promise<Consistency> {
  const { log, signal, report, now, reducers } = options;
  const startedAt = now();
  const workerData = { file: workspace.file, check: false };
  const [thread, second] = [1, 2].map(() => new StoreThread({ entry: 'checkWorker', workerData, log }));
  const call = <T>(name: string, args: unknown, by = thread!) =>
    by.call(name, args, { signal }) as Promise<T>;
  // A fault of the second thread is told where its work is waited for.
  second!.start().catch(() => {});
  /** What the second thread has been asked, in the order in which it answers. */
  const asked: Promise<object>[] = [];
  try {
    report(await call<CheckProgress>('consistency.begin', { scope, reducers }));
    let part: object | null = null;
    for (;;) {
      const step: CheckStep = await call('consistency.step', { part });
      report(step.progress);
      if (step.answer !== null) return resultOf(step.answer, { scope, startedAt, tookMs: now() - startedAt });
      if (step.task !== null) {
        const part = call<object>(step.task.name, step.task.args, second);
        part.catch(() => {});
        asked.push(part);
      }
      part = step.isWaiting ? await asked.shift()! : null;
    }
  } finally {
    await Promise.all([thread!.close(), second!.close()]);
  }
}

function resultOf(
  { findings, claims, ...answer }: CheckAnswer,
  facts: Pick<ConsistencyResult, 'scope' | 'startedAt' | 'tookMs'>,
): Consistency {
  const count = (severity: FindingOut['severity']) =>
    answer.rules.reduce((sum, rule) => sum + (rule.severity === severity ? rule.count : 0), 0);
  const [errors, warnings, hints] = [count('error'), count('warning'), count('hint')];
  const found = [plural(errors, 'error'), plural(warnings, 'warning'), plural(hints, 'hint')].join(', ');
  const looked = `${plural(answer.records, 'record')} of ${plural(answer.aggregates, 'aggregate')}`;
  return {
    result: {
      ...facts,
      ...answer,
      ...{ errors, warnings, hints },
      claims: CLAIMS.map((claim) => ({
        claim,
        pass: claims[claim].PASS,
        fail: claims[claim].FAIL,
        unverifiable: claims[claim].UNVERIFIABLE,
        absent: claims[claim].ABSENT,
      })),
      summary:
        answer.rules.length === 0 ? `Nothing contradicts itself in ${looked}.` : `${found} in ${looked}.`,
    },
    findings,
  };
}
