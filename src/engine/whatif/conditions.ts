/** Conditions on states as a person wrote them, and their runs over one aggregate. */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { InvariantTrack } from '../../contract/invariants.ts';
import { FilterProblem } from '../../core/filter/filter.ts';
import { foldContextOf } from '../../core/fold.ts';
import { type Folder, isScript } from '../../core/folder.ts';
import { parseJson } from '../../core/json.ts';
import type { Reducer, ScriptReducer, StreamEvent } from '../../core/model.ts';
import { type CompiledCondition, type Condition, compileCondition, Runs } from '../../core/runs.ts';
import { doesSomething, sliceReducer } from '../../core/slice.ts';
import { cutView } from '../reads/timelineView.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { PathReader } from '../store/payloadPaths.ts';
import { recordBytesOf } from '../store/recordBytes.ts';
import { KINDS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { statesAlong } from './statesAlong.ts';

/** Runs that one track answers with; a stream that goes to and fro has more than anybody looks at. */
const MOST_RUNS = 2000;
const CHECK_EVERY = 1000;

/** @throws HindcastError `filter.invalid` with the place in its details */
export function compileConditions(conditions: readonly Condition[]): CompiledCondition[] {
  return conditions.map((condition) => {
    try {
      return compileCondition(condition);
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error;
      const { message: problem, position, length, hint } = error;
      const details = {
        text: condition.expression,
        problem,
        position,
        length,
        hint,
        character: position + 1,
      };
      throw new HindcastError('filter.invalid', details);
    }
  });
}

/** What is folded to look at conditions. */
export interface Watched {
  folder: Folder;
  /** Keys of its states that the conditions look at; null: they cannot be told beforehand. */
  keys: ReadonlySet<string> | null;
  /** False: the event changes nothing that a condition looks at, so that it need not be read. */
  concerns(event: Pick<StreamEvent, 'type' | 'kind'>): boolean;
}

/** Of a declarative reducer only the operations on the keys that the conditions look at. */
export function watchedBy(definition: string, conditions: readonly CompiledCondition[]): Watched {
  const reducer = parseJson(definition) as unknown as Reducer | ScriptReducer;
  const keys = new Set<string>();
  const areKnown = conditions.every((condition) => {
    for (const key of condition.keys ?? []) keys.add(key);
    return condition.keys !== null;
  });
  const isPlain = ({ kind }: Pick<StreamEvent, 'kind'>) => kind === 'event' || kind === 'plain';
  // An upcaster may read the event as one of another type.
  if (isScript(reducer) || !areKnown || reducer.upcasters !== undefined) {
    const folder = folderFor(reducer);
    return {
      folder,
      keys: areKnown ? keys : null,
      concerns: (event) => !isPlain(event) || folder.handles(event.type),
    };
  }
  const part = sliceReducer(reducer, keys);
  const known = new Map<string, boolean>();
  return {
    folder: folderFor(part),
    keys,
    concerns(event) {
      if (!isPlain(event)) return true;
      let does = known.get(event.type);
      if (does === undefined) {
        does = doesSomething(part, event.type);
        known.set(event.type, does);
      }
      return does;
    },
  };
}

export interface TracksArgs {
  ref: AggregateRef;
  cut: Cut;
  reducer: { definition: string; hash: string };
  conditions: readonly Condition[];
}

const HOLDS = { true: 'true', false: 'false', null: 'unknown' } as const;

/** The runs of conditions over one aggregate, kept until the captured data change. @throws HindcastError `aggregate.unknown` */
export function tracksOf(
  context: ReadContext,
  { ref, cut, reducer, conditions }: TracksArgs,
): InvariantTrack[] {
  const tracks: InvariantTrack[] = [];
  const missing: CompiledCondition[] = [];
  const keyOf = ({ expression }: Condition) =>
    `invariant ${JSON.stringify([ref.type, ref.id, cut.knownOn, cut.trueOn, reducer.hash, expression])}`;
  const known = new Map<string, Omit<InvariantTrack, 'name'>>();
  for (const condition of conditions) {
    const key = keyOf(condition);
    const kept = context.cache.get(key, () => ({ track: null as Omit<InvariantTrack, 'name'> | null }));
    if (kept.track !== null) known.set(key, kept.track);
    else {
      const compiled = compiledOr(condition);
      if ('problem' in compiled) known.set(key, compiled);
      else missing.push(compiled);
    }
  }
  if (missing.length > 0)
    for (const [at, track] of foldTracks(context, { ref, cut, reducer }, missing).entries()) {
      const key = keyOf(missing[at]!);
      context.cache.get(key, () => ({ track: null as Omit<InvariantTrack, 'name'> | null })).track = track;
      known.set(key, track);
    }
  for (const condition of conditions) tracks.push({ name: condition.name, ...known.get(keyOf(condition))! });
  return tracks;
}

/** The condition, or why it cannot be used. */
function compiledOr(condition: Condition): CompiledCondition | Omit<InvariantTrack, 'name'> {
  try {
    return compileCondition(condition);
  } catch (error) {
    if (!(error instanceof FilterProblem)) throw error;
    const { message, position, length, hint } = error;
    return {
      ...{ expression: condition.expression, problem: { message, position, length, hint } },
      ...{ runs: [], runsInAll: 0, violations: 0, healed: 0 },
    };
  }
}

function foldTracks(
  context: ReadContext,
  { ref, cut, reducer }: Omit<TracksArgs, 'conditions'>,
  conditions: readonly CompiledCondition[],
): Omit<InvariantTrack, 'name'>[] {
  const { list, within } = cutView(context, ref, cut);
  const { columns, rows } = list;
  const { folder, keys, concerns } = watchedBy(reducer.definition, conditions);
  const changes = conditions.map((condition) => watchedBy(reducer.definition, [condition]).concerns);
  const payloads = new PathReader(context, [folder]);
  const bytes = recordBytesOf(context);
  const stream = foldContextOf(ref);
  const gathered = conditions.map((condition) => new Runs(condition));
  /** By type and kind: whether any condition has to be looked at, and which. */
  const plans: { isTouched: boolean; isRead: boolean; touched: boolean[] }[] = [];
  const planOf = (row: number) => {
    const no = columns.type[row]! * KINDS.length + columns.kind[row]!;
    const head = {
      type: context.dictionary.typeName(columns.type[row]!),
      kind: KINDS[columns.kind[row]!]!,
    };
    plans[no] ??= {
      isTouched: concerns(head),
      isRead: payloads.needsValue(head),
      touched: changes.map((each) => each(head)),
    };
    return plans[no];
  };
  const states = statesAlong(folder, keys, {
    count: within,
    isTouched: (index) => planOf(rows[index]!).isTouched,
    event(index) {
      const head = list.headAt(index);
      return payloads.event(head, planOf(rows[index]!).isRead ? bytes.value(head.id) : undefined);
    },
    streamOf: () => stream,
  });
  for (const { index, state } of states) {
    if (index % CHECK_EVERY === 0) context.throwIfAborted();
    const { touched } = planOf(rows[index]!);
    for (let at = 0; at < gathered.length; at += 1) gathered[at]!.add(index, state, touched[at]!);
  }
  return gathered.map(({ runs }, at) => {
    const broken = runs.filter(({ holds }) => holds === false).length;
    const isBroken = runs.at(-1)?.holds === false;
    return {
      expression: conditions[at]!.expression,
      problem: null,
      runs: runs.slice(0, MOST_RUNS).map(({ from, to, holds }) => {
        const [first, last] = [rows[from]!, rows[to]!];
        return {
          ...{ from, to, fromId: columns.id[first]!, toId: columns.id[last]! },
          ...{ fromAt: columns.recordedAt[first]!, toAt: columns.recordedAt[last]! },
          holds: HOLDS[`${holds}`],
        };
      }),
      runsInAll: runs.length,
      violations: broken,
      healed: broken - (isBroken ? 1 : 0),
    };
  });
}
