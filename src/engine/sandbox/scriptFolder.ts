/**
 * A script as something that folds. What an event does is defined by one step: a new state, or, where the script throws
 * or returns no JSON value, a problem and the state before. A fold of many events gives the same, only faster.
 */
import { HindcastError } from '../../contract/errors.ts';
import type { FoldContext, FoldResult } from '../../core/fold.ts';
import { type AsParts, type Folder, reducerHash, type Walk, type Walked } from '../../core/folder.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, ScriptReducer, StreamEvent } from '../../core/model.ts';
import type { PathStep } from '../../core/path.ts';
import { shared } from '../../core/stepAll.ts';
import { type Along, alongFrom, type Batch, inOne, type Start } from './crossing.ts';
import type { EventParts } from './eventPlans.ts';
import { javaScriptOf } from './language.ts';
import { checkPurity } from './purity.ts';
import { readsOf } from './scriptReads.ts';
import { SCRIPT_LIMITS, ScriptStopped, ScriptVm } from './scriptVm.ts';
import { asParts, asText, type Telling } from './tellings.ts';
import { jsonText } from './wire.ts';

/** Scripts kept ready in a thread. */
const MOST_VMS = 4;

interface Running {
  vm: ScriptVm;
  /** What the guest holds: a state, or where a walk has come to; undefined: nothing that may be gone on with. */
  holds: { of: Json | WalkPlace<unknown> } | undefined;
  folds: number;
  stops: number;
}

/** Where a walk has come to. */
interface WalkPlace<T> {
  telling: Telling<T>;
  /** The state, as it is told. */
  told: T;
  /** JSON text of the state that the guest holds, or held last. */
  text: string;
  /** Nothing was folded since; null: the guest has folded on. */
  start: Start | null;
}

/** What came back of events that crossed at once. */
interface Crossed<T> {
  /** After each event; null: as before. */
  told: (T | null)[];
  /** By index, in words. */
  problems: ReadonlyMap<number, string>;
}

interface Fed {
  problems: FoldResult['problems'];
  /** JSON text of the state after all events. */
  text: string;
}

const running = new Map<string, Running>();

class ScriptFolder implements Folder {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly initial: Json;
  readonly #initialStart: Start;
  readonly #code: string;
  readonly #parts: EventParts;
  readonly #handled: ReadonlySet<string> | null;
  readonly #reads: readonly PathStep[][] | null;

  constructor(reducer: ScriptReducer) {
    this.name = reducer.name;
    this.version = reducer.version;
    this.hash = reducerHash(reducer);
    this.#code = javaScriptOf(reducer);
    const reads = readsOf(this.#code);
    this.#reads = reads === null ? null : [...reads.payload].map((key) => [key]);
    this.#parts = {
      eventId: reads === null,
      version: reads?.beside.has('version') ?? true,
      // The whole value of the record costs as much again to bring over; only who names it wants it.
      value: reads === null && /\bvalue\b/.test(reducer.source),
      stream: reads === null || reads.beside.has('aggregateType') || reads.beside.has('aggregateId'),
    };
    const { vm } = this.#run();
    this.#initialStart = { text: vm.initial, crossing: null };
    this.initial = parseJson(vm.initial);
    this.#handled = vm.handles;
  }

  reads(): readonly PathStep[][] | null {
    return this.#reads;
  }

  handles(type: string): boolean {
    return this.#handled === null || this.#handled.has(type);
  }

  step(state: Json, event: StreamEvent, context: Parameters<Folder['step']>[2]) {
    const { isTaken, problem } = this.#taken(event);
    if (!isTaken) return problem === undefined ? { state } : { state, problem };
    const stream = this.#streamText(context);
    const { problems, text } = this.#feed([event], state, stream);
    const after = shared(state, parseJson(text));
    this.#run().holds = { of: after };
    const message = problems[0]?.message;
    return message === undefined ? { state: after } : { state: after, problem: message };
  }

  fold(events: readonly StreamEvent[], context: Parameters<Folder['fold']>[1], start?: Json): FoldResult {
    const from = start ?? this.initial;
    const stream = this.#streamText(context);
    const problems: FoldResult['problems'] = [];
    const taken: StreamEvent[] = [];
    for (const event of events) {
      const { isTaken, problem } = this.#taken(event);
      if (isTaken) taken.push(event);
      else if (problem !== undefined) problems.push({ id: event.id, message: problem });
    }
    if (taken.length === 0) return { state: from, problems };
    const { problems: found, text } = this.#feed(taken, from, stream);
    const run = this.#run();
    const state = parseJson(text);
    run.holds = { of: state };
    run.folds += 1;
    if (found.length === 0 && (run.folds & (run.folds - 1)) === 0)
      this.#checkPurity(taken, from, inOne(stream, null));
    if (found.length === 0) return { state, problems };
    const order = new Map(events.map(({ id }, at) => [id, at]));
    const all = [...problems, ...found].sort((a, b) => order.get(a.id)! - order.get(b.id)!);
    return { state, problems: all };
  }

  walk(start: Json): Walk {
    return this.#walkFrom(start, asText);
  }

  watch(start: Json, keys: ReadonlySet<string>): Walk<AsParts> {
    return this.#walkFrom(start, asParts([...keys]));
  }

  #walkFrom<T>(state: Json, telling: Telling<T>): Walk<T> {
    const start = this.#startAt(state);
    const place: WalkPlace<T> = { telling, told: telling.start(state, start.text), text: start.text, start };
    return { go: (events, streamOf, stateBefore) => this.#walk(place, events, streamOf, stateBefore) };
  }

  /** What the script may know of a stream. */
  #streamText(context: FoldContext): string {
    return this.#parts.stream ? JSON.stringify(context) : NO_STREAM;
  }

  #startAt(state: Json): Start {
    if (state === this.initial) return this.#initialStart;
    const crossing = jsonText(state);
    return { text: crossing.marked ? formatJson(state) : crossing.text, crossing };
  }

  *#walk<T>(
    place: WalkPlace<T>,
    events: readonly StreamEvent[],
    streamOf: (index: number) => FoldContext,
    stateBefore?: (index: number) => Json | undefined,
  ): Generator<Walked<T>> {
    const taken: StreamEvent[] = [];
    const places: number[] = [];
    const starts: (Start | null)[] = [];
    /** By event: where it begins anew. */
    const begins = new Map<number, T>();
    const problems = events.map((event, at): string | null => {
      const { isTaken, problem = null } = this.#taken(event);
      const before = stateBefore?.(at);
      if (before !== undefined) {
        place.start = this.#startAt(before);
        begins.set(at, place.telling.start(before, place.start.text));
      }
      if (isTaken) {
        taken.push(event);
        places.push(at);
        starts.push(place.start);
        place.start = null;
      }
      return problem;
    });
    const along: Along = {
      contextOf: this.#parts.stream ? contextTexts((at) => streamOf(places[at]!)) : () => NO_STREAM,
      startOf: (at) => starts[at]!,
    };
    /** Index in `taken` of the next event, and what has come back of those from there on. */
    let next = 0;
    let crossed: Crossed<T> = { told: [], problems: new Map() };
    /** Index in `taken` of the first of them. */
    let first = 0;
    for (const at of events.keys()) {
      place.told = begins.get(at) ?? place.told;
      if (places[next] !== at) {
        yield { ...place.told, problem: problems[at]! };
        continue;
      }
      if (next === first + crossed.told.length) {
        const from = place.text;
        crossed = this.#cross(place, taken, next, along);
        if (next === 0) this.#probeNow(taken, from, along);
        first = next;
      }
      place.told = crossed.told[next - first] ?? place.told;
      yield { ...place.told, problem: crossed.problems.get(next - first) ?? null };
      next += 1;
    }
  }

  /** As many events as cross at once, from index `from` on; the guest holds the state after them. */
  #cross<T>(place: WalkPlace<T>, events: readonly StreamEvent[], from: number, along: Along): Crossed<T> {
    const run = this.#run();
    place.text = along.startOf(from)?.text ?? place.text;
    if (run.holds?.of !== place && along.startOf(from) === null) run.vm.begin(parseJson(place.text));
    const crossed = this.#walkBatch(run.vm.batch(events, from, along), place);
    this.#run().holds = { of: place };
    return crossed;
  }

  /** Now and then the events of a walk are folded once more, as those of a fold are. */
  #probeNow(taken: StreamEvent[], from: string, along: Along): void {
    const run = this.#run();
    run.folds += 1;
    if ((run.folds & (run.folds - 1)) === 0) this.#checkPurity(taken, parseJson(from), along);
  }

  /** Folds a batch from the text at this place on, and leaves there the text after it. */
  #walkBatch<T>(batch: Batch, place: WalkPlace<T>): Crossed<T> {
    const run = this.#run();
    run.holds = undefined;
    const { telling } = place;
    try {
      const { faults, told, last } = telling.batch(run.vm, batch);
      place.text = last ?? place.text;
      return {
        told,
        problems: new Map(faults.map(({ at, message }) => [at, inWords(batch.events[at]!, message)])),
      };
    } catch (error) {
      if (!(error instanceof ScriptStopped)) throw error;
      const told: T[] = [];
      const problems = new Map<number, string>();
      place.text = this.#singly(batch, parseJson(place.text), (at, text, problem) => {
        told.push(telling.text(text));
        if (problem !== null) problems.set(at, problem);
      });
      return { told, problems };
    }
  }

  #taken(event: StreamEvent): { isTaken: boolean; problem?: string } {
    if (event.kind === 'control') return { isTaken: false };
    if (event.kind === 'undecodable')
      return { isTaken: false, problem: 'Undecodable record: the state stays as it was' };
    return { isTaken: this.handles(event.kind === 'tombstone' ? '$tombstone' : event.type) };
  }

  #run(): Running {
    let run = running.get(this.hash);
    if (run?.vm.alive !== true) {
      const { folds = 0, stops = 0 } = run ?? {};
      run = { vm: new ScriptVm(this.name, this.#code, this.#parts), holds: undefined, folds, stops };
      const oldest = running.size >= MOST_VMS ? running.entries().next().value : undefined;
      if (oldest !== undefined) {
        running.delete(oldest[0]);
        oldest[1].vm.dispose();
      }
    } else running.delete(this.hash);
    running.set(this.hash, run);
    return run;
  }

  /** Makes the guest hold a state; true: it is the script's own initial one, with which its next batch can begin. */
  #hold(state: Json): boolean {
    const run = this.#run();
    const { holds } = run;
    run.holds = undefined;
    if (holds !== undefined && holds.of === state) return false;
    if (state === this.initial) return true;
    run.vm.begin(state);
    return false;
  }

  /** Problems by event, in order, and the state after all of them as JSON text; the guest holds it too. */
  #feed(events: readonly StreamEvent[], from: Json, stream: string): Fed {
    const problems: FoldResult['problems'] = [];
    let isFresh = this.#hold(from);
    /** The state before a batch: as text, once there was one. */
    let text: string | null = null;
    for (let next = 0; next < events.length; ) {
      const batch = this.#run().vm.batch(events, next, inOne(stream, isFresh ? this.#initialStart : null));
      next += batch.events.length;
      isFresh = false;
      try {
        text = this.#foldBatch(batch, problems);
      } catch (error) {
        if (!(error instanceof ScriptStopped)) throw error;
        text = this.#singly(batch, text === null ? from : parseJson(text), (at, _text, message) => {
          if (message !== null) problems.push({ id: batch.events[at]!.id, message });
        });
      }
    }
    return { problems, text: text! };
  }

  #foldBatch(batch: Batch, problems: FoldResult['problems']): string {
    const { faults, state } = this.#run().vm.run(batch);
    for (const { at, message } of faults) {
      const event = batch.events[at]!;
      problems.push({ id: event.id, message: inWords(event, message) });
    }
    return state;
  }

  /** A batch in which the script was stopped, again from its begin: only the event itself fails. The state at its end. */
  #singly(
    { events, along }: Batch,
    from: Json,
    tell: (at: number, text: string, problem: string | null) => void,
  ): string {
    let text = formatJson(from);
    this.#restart(from);
    for (const [at, event] of events.entries()) {
      let problem: string | null = null;
      text = along.startOf(at)?.text ?? text;
      try {
        const { vm } = this.#run();
        const { faults, state } = vm.run(vm.batch([event], 0, alongFrom(along, at)));
        const message = faults[0]?.message;
        if (message !== undefined) problem = inWords(event, message);
        text = state;
      } catch (error) {
        if (!(error instanceof ScriptStopped)) throw error;
        problem = inWords(event, error.message);
        this.#countStop(event, error.message);
        this.#restart(parseJson(text));
      }
      tell(at, text, problem);
    }
    return text;
  }

  #checkPurity(events: readonly StreamEvent[], from: Json, along: Along): void {
    checkPurity(this.name, () => new ScriptVm(this.name, this.#code, this.#parts), events, from, along);
  }

  #countStop({ type }: StreamEvent, message: string): void {
    const run = this.#run();
    run.stops += 1;
    if (run.stops <= SCRIPT_LIMITS.stops) return;
    this.#drop();
    const problem = `it was stopped at ${run.stops} events, the last ${type || 'a record'}: ${message}`;
    throw new HindcastError('reducer.invalid', { name: this.name, problem });
  }

  #restart(state: Json): void {
    const { stops, folds } = this.#run();
    this.#drop();
    const fresh = this.#run();
    fresh.stops = stops;
    fresh.folds = folds;
    fresh.vm.begin(state);
  }

  #drop(): void {
    running.get(this.hash)?.vm.dispose();
    running.delete(this.hash);
  }
}

/** Of a stream that the script does not look at. */
const NO_STREAM = '{}';

const inWords = ({ type }: StreamEvent, message: string): string => `${type || 'Record'}: ${message}`;

/** Each stream's text, written once. */
function contextTexts(streamOf: (index: number) => FoldContext): Along['contextOf'] {
  const known = new Map<FoldContext, string>();
  return (index) => {
    const stream = streamOf(index);
    let text = known.get(stream);
    if (text === undefined) {
      text = JSON.stringify(stream);
      known.set(stream, text);
    }
    return text;
  };
}

/** @throws HindcastError `reducer.invalid` with line and column; SandboxMissing before the sandbox was loaded */
export const scriptFolder = (reducer: ScriptReducer): Folder => new ScriptFolder(reducer);
