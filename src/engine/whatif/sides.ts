/** The real reducer and the hypothetical one, ready to fold beside each other. */

import { HindcastError } from '../../contract/errors.ts';
import { readWhere } from '../../contract/where.ts';
import { compileEventFilter, type EventTest, payloadPathsOf } from '../../core/eventFilter.ts';
import { FilterProblem } from '../../core/filter/filter.ts';
import { sameJson } from '../../core/fold.ts';
import { type Folder, isScript } from '../../core/folder.ts';
import { canonicalJson, parseJson } from '../../core/json.ts';
import type { Json, Reducer, ScriptReducer, StreamEvent } from '../../core/model.ts';
import { folderFor } from '../sandbox/folderFor.ts';

/** Texts of the two reducers and of what is left out of every stream. */
export interface SideArgs {
  real: string;
  /** Null: the real one. */
  hypothetical: string | null;
  without: string | null;
}

export interface Sides {
  real: Folder;
  hypothetical: Folder;
  /** Events left out of the hypothetical log; null: none. */
  without: EventTest | null;
  /** Who looks at the events; null: whole events are wanted. */
  readers: readonly Pick<Folder, 'reads'>[] | null;
  /** A step may cost a call into the sandbox. */
  hasScript: boolean;
  /** Both do the same with such an event. */
  doSame(event: Pick<StreamEvent, 'type' | 'kind'>): boolean;
  /** True: after such an event the states may differ that were equal before. Null: this cannot be told from types. */
  mayDiffer: ((event: Pick<StreamEvent, 'type' | 'kind'>) => boolean) | null;
  /** False: the event changes no state and is no problem, so that it need not be read. */
  concerns(event: Pick<StreamEvent, 'type' | 'kind'>): boolean;
}

const TOMBSTONE = '$tombstone';
const hasUpcasters = ({ upcasters }: Reducer | ScriptReducer): boolean => upcasters !== undefined;

/** @throws HindcastError `reducer.invalid`, `filter.invalid`; ReducerProblem */
export function sidesOf({ real, hypothetical, without }: SideArgs): Sides {
  const reducers = [real, hypothetical ?? real].map(
    (text) => parseJson(text) as unknown as Reducer | ScriptReducer,
  );
  const [first, second] = reducers as [Reducer | ScriptReducer, Reducer | ScriptReducer];
  const folder = folderFor(first);
  const other = hypothetical === null ? folder : folderFor(second);
  const known = new Map<string, boolean>();
  const hasScript = isScript(first) || isScript(second);
  const doSameWith = (type: string): boolean => {
    if (folder.hash === other.hash) return true;
    if (isScript(first) || isScript(second)) return false;
    // An upcaster may read the event as one of another type.
    if (hasUpcasters(first) || hasUpcasters(second)) return false;
    const [a, b] = [first, second].map(({ on }) => on[type] ?? (type === TOMBSTONE ? null : on['*']) ?? null);
    return canonicalJson(a as unknown as Json) === canonicalJson(b as unknown as Json);
  };
  const doSame: Sides['doSame'] = ({ type, kind }) => {
    const name = kind === 'tombstone' ? TOMBSTONE : type;
    let same = known.get(name);
    if (same === undefined) {
      same = doSameWith(name);
      known.set(name, same);
    }
    return same;
  };
  const isByType =
    without === null &&
    (folder.hash === other.hash || !(hasScript || hasUpcasters(first) || hasUpcasters(second))) &&
    sameJson(folder.initial, other.initial);
  return {
    ...{ real: folder, hypothetical: other, hasScript, doSame },
    without: without === null ? null : testOf(without),
    readers: readersOf(folder, other, without),
    mayDiffer: isByType ? (event) => !doSame(event) : null,
    concerns: ({ type, kind }) =>
      (kind !== 'event' && kind !== 'plain') || folder.handles(type) || other.handles(type),
  };
}

function readersOf(real: Folder, hypothetical: Folder, without: string | null): Sides['readers'] {
  if (without === null) return [real, hypothetical];
  const paths = payloadPathsOf(readWhere(without));
  return paths === null ? null : [real, hypothetical, { reads: () => paths }];
}

/** @throws HindcastError `filter.invalid` */
function testOf(text: string): EventTest {
  const expression = readWhere(text);
  try {
    return compileEventFilter(expression, text);
  } catch (error) {
    if (!(error instanceof FilterProblem)) throw error;
    const { message: problem, position, length, hint } = error;
    throw new HindcastError('filter.invalid', {
      text,
      problem,
      position,
      length,
      hint,
      character: position + 1,
    });
  }
}
