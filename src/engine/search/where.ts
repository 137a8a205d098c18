/** A filter's text, read and planned once. */

import { readWhere } from '../../contract/where.ts';
import {
  compileFilter,
  type FilterPlan,
  type Predicate,
  planFilter,
  type TextQuery,
  textQueryOf,
} from '../../core/filter/filter.ts';
import type { ReadContext } from '../workers/context.ts';
import { type BytesTest, compileNeedles } from './needles.ts';

export interface Where {
  plan: FilterPlan;
  /** What has to be read from the bytes; null: nothing. */
  scan: { fits: Predicate; fitsRoughly: Predicate; mayFit: BytesTest | null; words: TextQuery | null } | null;
}

/** @throws HindcastError `filter.invalid` */
export function whereOf(context: ReadContext, text: string): Where {
  return context.cache.get(`where ${text}`, () => {
    const plan = planFilter(readWhere(text));
    const { bytes, needles } = plan;
    if (bytes === null) return { plan, scan: null };
    return {
      plan,
      scan: {
        fits: compileFilter(bytes),
        fitsRoughly: compileFilter(bytes, true),
        mayFit: compileNeedles(needles),
        words: textQueryOf(bytes),
      },
    };
  });
}
