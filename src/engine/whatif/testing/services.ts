/** What-if and invariants over the workspace of a test, asked as the page asks. */
import type { InvariantIn } from '../../../contract/invariants.ts';
import type { DifferingRow, Folded, WhatIfQuestion } from '../../../contract/whatif.ts';
import { createJobRegistry } from '../../jobs/jobRegistry.ts';
import { type Kit, NO_CUT } from '../../projection/testing/kit.ts';
import type { ServiceDeps } from '../../services/deps.ts';
import { createInvariantService } from '../../services/invariants.ts';
import { createWhatIfService } from '../../services/whatif.ts';

export const NOTHING = { reducer: null, without: null, overlay: null };

/** The id of an aggregate, the key of a row. */
export const idOf = (ref: Folded): string => ('key' in ref ? ref.key : ref.id);

export function servicesOver({ workspace, dataDir, context }: Kit) {
  const jobs = createJobRegistry({ log: () => {} });
  const deps = {
    host: { dataDir, log: () => {} },
    workspaces: { current: () => workspace, peek: () => workspace, onSwitch: () => () => {} },
    jobs,
    changed: { push: () => {} },
    log: () => {},
  } as unknown as ServiceDeps;
  const whatif = createWhatIfService(deps);
  const invariants = createInvariantService(deps);

  /** Runs one to its end: the result and all rows. */
  async function ask(question: Partial<WhatIfQuestion> & Pick<WhatIfQuestion, 'scope'>) {
    const { jobId } = await whatif.run(
      { cut: NO_CUT, reducer: null, hypothesis: NOTHING, ...question },
      context,
    );
    const job = await jobs.ended(jobId);
    const result = (await whatif.result({}, context))!;
    const rows: DifferingRow[] = [];
    for (let total = 1; rows.length < total; ) {
      const page = await whatif.rows(
        { run: result.run, sort: 'size', path: null, search: '', from: rows.length, count: 500 },
        context,
      );
      rows.push(...page.rows);
      total = page.total;
    }
    return { job, result, rows };
  }

  async function watch(projection: string, conditions: InvariantIn[] | null = null) {
    const { jobId } = await invariants.run({ projection, cut: NO_CUT, conditions }, context);
    const job = await jobs.ended(jobId);
    const result = (await invariants.result({}, context))!;
    const { rows } = await invariants.rows(
      { run: result.run, invariant: null, show: 'all', from: 0, count: 500 },
      context,
    );
    return { job, result, rows };
  }

  return { whatif, invariants, jobs, ask, watch };
}
