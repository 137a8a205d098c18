/** What threads of their own are asked in long runs of what-if and invariants: a run begins, then goes on in short steps. */
import type { ReadContext } from '../workers/context.ts';
import { type InvariantArgs, InvariantRun, type InvariantStep } from './invariantRun.ts';
import type { StepArgs } from './keyExchange.ts';
import { RowSearch, type RowSearchArgs, type RowSearchStep } from './rowSearch.ts';
import { type WhatIfArgs, WhatIfRun, type WhatIfStep } from './whatIfRun.ts';

const RUN = 'what-if run';
const WATCH = 'invariant run';
const SEARCH = 'records of a row';
/** How long one step takes, ms: a cancel is heard after it, and what was found is shown. */
const STEP_MS = 150;

export const runReads = {
  'whatif.begin': (context: ReadContext, args: WhatIfArgs): true => {
    context.lasting.set(RUN, new WhatIfRun(context, args));
    return true;
  },
  'whatif.step': (context: ReadContext, { shares }: StepArgs): WhatIfStep =>
    (context.lasting.get(RUN) as WhatIfRun).goOn(context, STEP_MS, shares),
  'whatif.search': (context: ReadContext, args: RowSearchArgs): true => {
    context.lasting.set(SEARCH, new RowSearch(context, args));
    return true;
  },
  'whatif.searchStep': (context: ReadContext, _args: StepArgs): RowSearchStep =>
    (context.lasting.get(SEARCH) as RowSearch).goOn(context, STEP_MS),
  'invariants.begin': (context: ReadContext, args: InvariantArgs): true => {
    context.lasting.set(WATCH, new InvariantRun(context, args));
    return true;
  },
  'invariants.step': (context: ReadContext, { shares }: StepArgs): InvariantStep =>
    (context.lasting.get(WATCH) as InvariantRun).goOn(context, STEP_MS, shares),
};
