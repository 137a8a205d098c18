/** The `aggregates` namespace: lists, timelines, states. */
import { join } from 'node:path';
import type { aggregates } from '../../contract/aggregates.ts';
import type { AggregateRef } from '../../contract/common.ts';
import type { CompareSide } from '../../contract/compare.ts';
import type { Output, Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { mergeReducer } from '../../core/fold.ts';
import { canonicalJson, formatJson, parseJson, sha256Hex } from '../../core/json.ts';
import type { Json, Projection, Reducer, ScriptReducer } from '../../core/model.ts';
import { PathProblem, parsePath } from '../../core/path.ts';
import { reducerFor } from '../../core/projections/builtin.ts';
import { pinOf, splitReducer } from '../../core/reducerPin.ts';
import { KeyframeJobs, type KeyframeSubject } from '../keyframes/keyframeJobs.ts';
import { Definitions } from '../projection/definitions.ts';
import { FAR, type FarAnswer, type ReducerText } from '../reads/timeline.ts';
import type { ServiceDeps } from './deps.ts';
import { derivedFolder } from './folders.ts';

export interface NamedReducer {
  name: string;
  version: number;
  builtIn: boolean;
  /** Of a read model across all aggregates: found by its name, not offered for each of them. */
  across: boolean;
  reducer: Reducer | ScriptReducer;
  /** What the definition was before, the latest first. */
  earlier: () => EarlierReducer[];
}

interface EarlierReducer {
  version: number;
  savedAt: number | null;
  reducer: Reducer | ScriptReducer;
}

const NONE_EARLIER = (): EarlierReducer[] => [];

function earlierOf(definitions: Definitions, name: string): EarlierReducer[] {
  const [, ...before] = definitions.versions(name);
  return before.map(({ version, savedAt, definition }) => {
    const { reducer } = parseJson(definition) as unknown as Projection;
    return { version, savedAt, reducer };
  });
}

const pinOfReducer = (reducer: Reducer | ScriptReducer): string => pinOf(textOf(reducer).hash);

/** The versions of a reducer that are kept here, the present one first. */
function versionsOf(definitions: Definitions, name: string): Output<(typeof aggregates)['reducerVersions']> {
  if (name === mergeReducer.name) {
    const { version } = mergeReducer;
    return [{ name, version, pin: pinOfReducer(mergeReducer), isPresent: true, savedAt: null }];
  }
  if (!definitions.list().some(({ projection }) => projection.name === name)) return [];
  const [present] = definitions.versions(name);
  const { reducer } = definitions.get(name).projection;
  const now = { version: present!.version, savedAt: present!.savedAt, reducer };
  const pins = new Set<string>();
  return [now, ...earlierOf(definitions, name)].flatMap((each, nth) => {
    const pin = pinOfReducer(each.reducer);
    // A change of the columns alone leaves the reducer as it was.
    if (pins.has(pin)) return [];
    pins.add(pin);
    return [{ name, version: each.version, pin, isPresent: nth === 0, savedAt: each.savedAt }];
  });
}

/** The person's and the built-in projections of this machine. */
export const definitionsOf = ({ host, log }: Pick<ServiceDeps, 'host' | 'log'>): Definitions =>
  new Definitions(join(host.dataDir, 'projections'), log);

/** Reducers for aggregates of a type, merge last. */
export function reducersFor(definitions: Definitions, { type }: AggregateRef): NamedReducer[] {
  const named = definitions
    .list()
    .filter(
      ({ projection: { source, reducer } }) =>
        (source.aggregateTypes?.some((name) => name === type || name === '*') ?? true) &&
        (reducer.aggregateType ?? type) === type,
    )
    .map(
      ({ projection, builtIn }): NamedReducer => ({
        name: projection.name,
        version: projection.reducer.version,
        builtIn,
        across: projection.source.aggregateTypes?.includes('*') ?? false,
        reducer: projection.reducer,
        earlier: () => earlierOf(definitions, projection.name),
      }),
    );
  const merge = {
    name: mergeReducer.name,
    version: mergeReducer.version,
    builtIn: true,
    across: false,
    reducer: mergeReducer,
    earlier: NONE_EARLIER,
  };
  return [...named, merge];
}

/**
 * The reducer of that name, with `@` and a pin in that version; null: the one meant for the type, else merge.
 * @throws HindcastError `reducer.invalid`, `reducer.gone`
 */
export function chooseReducer(
  reducers: readonly NamedReducer[],
  ref: AggregateRef,
  name: string | null,
): NamedReducer {
  if (name !== null) {
    // A name may look like one with a version.
    const whole = reducers.find((each) => each.name === name);
    if (whole !== undefined) return whole;
    const { name: plain, pin } = splitReducer(name);
    const found = reducers.find((each) => each.name === plain);
    if (found !== undefined) return pin === null ? found : withPin(found, pin);
    const names = reducers.map((each) => each.name).join(', ');
    throw new HindcastError('reducer.invalid', {
      name,
      problem: `there is none of that name for ${ref.type || 'this aggregate'}; there are ${names}`,
    });
  }
  const meant = reducerFor(ref.type);
  return reducers.find(({ reducer }) => reducer === meant) ?? reducers.at(-1)!;
}

/** @throws HindcastError `reducer.gone` */
function withPin(present: NamedReducer, pin: string): NamedReducer {
  if (pinOfReducer(present.reducer) === pin) return present;
  const earlier = present.earlier().find(({ reducer }) => pinOfReducer(reducer) === pin);
  if (earlier !== undefined) return { ...present, version: earlier.version, reducer: earlier.reducer };
  throw new HindcastError('reducer.gone', { name: present.name, pin, version: present.version });
}

/** @throws HindcastError `input.invalid` when a path cannot be read */
function readable(path: string, procedure: string): void {
  try {
    parsePath(path);
  } catch (error) {
    if (!(error instanceof PathProblem)) throw error;
    throw new HindcastError('input.invalid', { procedure, problem: error.message });
  }
}

const texts = new WeakMap<Reducer | ScriptReducer, ReducerText>();

/** A reducer as it crosses into threads. */
export function textOf(reducer: Reducer | ScriptReducer): ReducerText {
  let text = texts.get(reducer);
  if (text === undefined) {
    const json = reducer as unknown as Json;
    text = { definition: formatJson(json), hash: sha256Hex(canonicalJson(json)) };
    texts.set(reducer, text);
  }
  return text;
}

/** Looks for faults of a stream that grows are not begun more often than this. Milliseconds. */
const CHECK_AGAIN_MS = 60_000;

const keyframeJobs = new WeakMap<ServiceDeps['jobs'], KeyframeJobs>();

/** The jobs of an engine, whoever asks for them. */
function keyframeJobsOf(deps: ServiceDeps): KeyframeJobs {
  const { jobs, changed, log } = deps;
  let known = keyframeJobs.get(jobs);
  if (known === undefined) {
    known = new KeyframeJobs({
      jobs,
      derived: derivedFolder(deps),
      onMade: () => changed.push('events'),
      log,
    });
    keyframeJobs.set(jobs, known);
  }
  return known;
}

const outOf = ({ name, version, reducer }: NamedReducer) => ({ name, version, pin: pinOfReducer(reducer) });
const choiceOf = (each: NamedReducer) => ({ ...outOf(each), builtIn: each.builtIn });

export function createAggregateService(deps: ServiceDeps): Service<'aggregates'> {
  const { workspaces } = deps;
  const derived = derivedFolder(deps);
  const keyframes = keyframeJobsOf(deps);
  /** An answer that is not near waits for the job that brings it near. `count`: events it hangs on. */
  async function whenNear<A extends object>(
    subject: KeyframeSubject,
    count: number,
    signal: AbortSignal,
    ask: (patient: boolean) => Promise<A | FarAnswer>,
  ): Promise<A> {
    const answer = await ask(false);
    if (!('far' in answer)) return answer;
    const workspace = workspaces.current();
    keyframes.start(workspace, subject);
    await keyframes.reached(workspace, subject, count, signal);
    return (await ask(true)) as A;
  }
  const definitions = definitionsOf(deps);
  const reducerText = (ref: AggregateRef, name: string | null): ReducerText =>
    textOf(chooseReducer(reducersFor(definitions, ref), ref, name).reducer);
  const sideOf = ({ ref, cut, reducer, at }: CompareSide) => ({
    ref,
    cut,
    at,
    reducer: reducerText(ref, reducer),
    derived,
  });
  const offerOf = ({ ref, reducer: wanted }: CompareSide) => {
    const reducers = reducersFor(definitions, ref);
    return { reducer: outOf(chooseReducer(reducers, ref, wanted)), reducers: reducers.map(choiceOf) };
  };
  const stateAfter: Service<'aggregates'>['state'] = async ({ reducer, ...input }, { signal }) => {
    const text = reducerText(input.ref, reducer);
    return whenNear({ ...input, reducer: text }, input.index + 1, signal, (patient) =>
      workspaces
        .current()
        .read('aggregates.state', { ...input, derived, patient, reducer: text }, { signal }),
    );
  };
  const eventsOf: Service<'aggregates'>['events'] = async ({ ref, cut, from, count }, { signal }) =>
    workspaces.current().read('aggregates.events', { ref, cut, from, count, derived }, { signal });
  const locate: Service<'aggregates'>['locate'] = async ({ ref, cut, target }, { signal }) =>
    workspaces.current().read('aggregates.locate', { ref, cut, target }, { signal });
  return {
    types: async (input, { signal }) => workspaces.current().read('aggregates.types', input, { signal }),
    async list({ columns = null, ...input }, { signal }) {
      const known = columns === null ? null : definitions.get(columns.projection);
      const { definition, hash } = known ?? {};
      const asked =
        columns === null ? null : { ...columns, folder: derived, definition: definition!, hash: hash! };
      return workspaces.current().read('aggregates.list', { ...input, columns: asked }, { signal });
    },
    reducerVersions: async ({ name }) => versionsOf(definitions, name),
    async row({ projection, ...input }, { signal }) {
      const { definition, hash } = definitions.get(projection);
      const args = { ...input, projection, definition, hash, folder: derived };
      return workspaces.current().read('aggregates.row', args, { signal });
    },
    async timeline({ ref, cut, reducer }, { signal }) {
      const reducers = reducersFor(definitions, ref);
      const chosen = chooseReducer(reducers, ref, reducer);
      const workspace = workspaces.current();
      const subject = { ref, cut, reducer: textOf(chosen.reducer) };
      const { isChecked, ...info } = await workspace.read(
        'aggregates.timeline',
        { ...subject, derived },
        { signal },
      );
      const { ready, of } = info.keyframes;
      const isFar = of - ready > FAR;
      if (isFar || (!isChecked && keyframes.isDue(workspace, subject, CHECK_AGAIN_MS)))
        keyframes.start(workspace, subject);
      return {
        ...info,
        keyframes: { ready, of, jobId: keyframes.runningFor(workspace, subject) },
        reducers: reducers.filter(({ across }) => !across).map(choiceOf),
        reducer: outOf(chosen),
      };
    },
    events: eventsOf,
    strip: async (input, { signal }) =>
      workspaces.current().read('aggregates.strip', { ...input, derived }, { signal }),
    state: stateAfter,
    stateLines: async ({ reducer, ...input }, { signal }) =>
      workspaces
        .current()
        .read(
          'aggregates.stateLines',
          { ...input, derived, reducer: reducerText(input.ref, reducer) },
          { signal },
        ),
    async stateText({ reducer, ...input }, { signal }) {
      readable(input.path, 'aggregates.stateText');
      return workspaces
        .current()
        .read(
          'aggregates.stateText',
          { ...input, derived, reducer: reducerText(input.ref, reducer) },
          { signal },
        );
    },
    async history({ reducer, ...input }, { signal }) {
      readable(input.path, 'aggregates.history');
      const text = reducerText(input.ref, reducer);
      return whenNear({ ...input, reducer: text }, Number.POSITIVE_INFINITY, signal, (patient) =>
        workspaces
          .current()
          .read('aggregates.history', { ...input, derived, patient, reducer: text }, { signal }),
      );
    },
    locate,
    async look({ time, page, ...subject }, context) {
      // A moment has a place in every stream.
      const index = (await locate({ ...subject, target: { time } }, context)).index!;
      const from = Math.floor(Math.max(0, index) / page) * page;
      const [state, events] = await Promise.all([
        stateAfter({ ...subject, index, brief: true }, context),
        eventsOf({ ...subject, from, count: page }, context),
      ]);
      return { state, events };
    },
    plane: async (input, { signal }) => workspaces.current().read('aggregates.plane', input, { signal }),
    arrivals: async (input, { signal }) =>
      workspaces.current().read('aggregates.arrivals', input, { signal }),
    upcast: async ({ ref, reducer, id }, { signal }) =>
      workspaces.current().read('aggregates.upcast', { id, reducer: reducerText(ref, reducer) }, { signal }),
    async compare({ a, b }, { signal }) {
      const compared = await workspaces
        .current()
        .read('aggregates.compare', { a: sideOf(a), b: sideOf(b) }, { signal });
      return {
        ...compared,
        a: { ...compared.a, ...offerOf(a) },
        b: { ...compared.b, ...offerOf(b) },
      };
    },
    compareRows: async ({ a, b, show, from, count }, { signal }) =>
      workspaces
        .current()
        .read('aggregates.compareRows', { a: sideOf(a), b: sideOf(b), show, from, count }, { signal }),
    compareEvents: async ({ a, b, from, count }, { signal }) =>
      workspaces
        .current()
        .read('aggregates.compareEvents', { a: sideOf(a), b: sideOf(b), from, count }, { signal }),
  };
}
