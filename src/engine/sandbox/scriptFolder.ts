/**
 * A script as something that folds. What an event does is defined by one step: a new state, or, where the script throws
 * or returns no JSON value, a problem and the state before. A fold of many events gives the same, only faster.
 */
import { HindcastError } from '../../contract/errors.ts';
import { type FoldContext, type FoldResult, sameJson } from '../../core/fold.ts';
import { type Folder, reducerHash, type Walk, type Walked } from '../../core/folder.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, ScriptReducer, StreamEvent } from '../../core/model.ts';
import { isJsonObject } from '../../core/numbers.ts';
import { shared } from '../../core/stepAll.ts';
import type { Batch, ContextOf } from './crossing.ts';
import { javaScriptOf } from './language.ts';
import { SCRIPT_LIMITS, ScriptStopped, ScriptVm } from './scriptVm.ts';
import { jsonText } from './wire.ts';

/** Events of a fold that are folded a second time to see whether the script is a function of its state. */
const PROBE_EVENTS = 200;
/** Characters of a state up to which that is done. */
const PROBE_STATE = 100_000;
/** Scripts kept ready in a thread. */
const MOST_VMS = 4;

interface Running {
  vm: ScriptVm;
  /** What the guest holds: a state, or where a walk has come to; undefined: nothing that may be gone on with. */
  holds: { of: Json | WalkPlace } | undefined;
  folds: number;
  stops: number;
}

/** Where a walk has come to. */
interface WalkPlace {
  /** The state. */
  text: string;
  /** It is the script's own initial one, and nothing was folded. */
  fresh: boolean;
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
  readonly #code: string;
  readonly #withValue: boolean;
  readonly #handled: ReadonlySet<string> | null;

  constructor(reducer: ScriptReducer) {
    this.name = reducer.name;
    this.version = reducer.version;
    this.hash = reducerHash(reducer);
    this.#code = javaScriptOf(reducer);
    // The whole value of the record costs as much again to bring over; only who names it wants it.
    this.#withValue = /\bvalue\b/.test(reducer.source);
    const { vm } = this.#run();
    this.initial = parseJson(vm.initial);
    this.#handled = vm.handles;
  }

  handles(type: string): boolean {
    return this.#handled === null || this.#handled.has(type);
  }

  step(state: Json, event: StreamEvent, context: Parameters<Folder['step']>[2]) {
    const { isTaken, problem } = this.#taken(event);
    if (!isTaken) return problem === undefined ? { state } : { state, problem };
    const stream = JSON.stringify(context);
    const { problems, text } = this.#feed([event], state, stream);
    const after = shared(state, parseJson(text));
    this.#run().holds = { of: after };
    const message = problems[0]?.message;
    return message === undefined ? { state: after } : { state: after, problem: message };
  }

  fold(events: readonly StreamEvent[], context: Parameters<Folder['fold']>[1], start?: Json): FoldResult {
    const from = start ?? this.initial;
    const stream = JSON.stringify(context);
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
    if (found.length === 0 && (run.folds & (run.folds - 1)) === 0) this.#probe(taken, from, () => stream);
    if (found.length === 0) return { state, problems };
    const order = new Map(events.map(({ id }, at) => [id, at]));
    const all = [...problems, ...found].sort((a, b) => order.get(a.id)! - order.get(b.id)!);
    return { state, problems: all };
  }

  walk(start: Json): Walk {
    const place: WalkPlace = { text: formatJson(start), fresh: start === this.initial };
    return { go: (events, streamOf) => this.#walk(place, events, streamOf) };
  }

  *#walk(
    place: WalkPlace,
    events: readonly StreamEvent[],
    streamOf: (index: number) => FoldContext,
  ): Generator<Walked> {
    const taken: StreamEvent[] = [];
    const places: number[] = [];
    const problems = events.map((event, at): string | null => {
      const { isTaken, problem = null } = this.#taken(event);
      if (isTaken) {
        taken.push(event);
        places.push(at);
      }
      return problem;
    });
    const contextOf = contextTexts((at) => streamOf(places[at]!));
    let told = 0;
    for (let next = 0; next < taken.length; ) {
      const from = place.text;
      const walked = this.#cross(place, taken, next, contextOf);
      if (next === 0) this.#probeNow(taken, from, contextOf);
      for (const each of walked) {
        for (; told < places[next]!; told += 1) yield { text: place.text, problem: problems[told]! };
        if (each.text !== '') place.text = each.text;
        yield { text: place.text, problem: each.problem };
        told += 1;
        next += 1;
      }
    }
    for (; told < events.length; told += 1) yield { text: place.text, problem: problems[told]! };
  }

  /** As many events as cross at once, from index `from` on; the guest holds the state after them. */
  #cross(place: WalkPlace, events: readonly StreamEvent[], from: number, contextOf: ContextOf): Walked[] {
    const run = this.#run();
    const isHeld = run.holds?.of === place;
    const isFresh = !isHeld && place.fresh;
    if (!isHeld && !isFresh) begin(run.vm, parseJson(place.text));
    place.fresh = false;
    const walked: Walked[] = [];
    this.#walkBatch(run.vm.batch(events, from, contextOf, isFresh), place.text, (_at, text, problem) => {
      walked.push({ text, problem });
    });
    this.#run().holds = { of: place };
    return walked;
  }

  /** Now and then the events of a walk are folded once more, as those of a fold are. */
  #probeNow(taken: StreamEvent[], from: string, contextOf: ContextOf): void {
    const run = this.#run();
    run.folds += 1;
    if ((run.folds & (run.folds - 1)) === 0) this.#probe(taken, parseJson(from), contextOf);
  }

  /** Tells the text after each event that was folded, empty where it is that of before. */
  #walkBatch(
    batch: Batch,
    from: string,
    tell: (at: number, text: string, problem: string | null) => void,
  ): void {
    const run = this.#run();
    run.holds = undefined;
    try {
      const { faults, texts } = run.vm.walk(batch);
      const problems = new Map(faults.map(({ at, message }) => [at, inWords(batch.events[at]!, message)]));
      for (const [at, text] of texts.entries()) tell(at, text, problems.get(at) ?? null);
    } catch (error) {
      if (!(error instanceof ScriptStopped)) throw error;
      this.#singly(batch, parseJson(from), tell);
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
      run = { vm: new ScriptVm(this.name, this.#code, this.#withValue), holds: undefined, folds, stops };
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
    begin(run.vm, state);
    return false;
  }

  /** Problems by event, in order, and the state after all of them as JSON text; the guest holds it too. */
  #feed(events: readonly StreamEvent[], from: Json, stream: string): Fed {
    const problems: FoldResult['problems'] = [];
    let isFresh = this.#hold(from);
    /** The state before a batch: as text, once there was one. */
    let text: string | null = null;
    for (let next = 0; next < events.length; ) {
      const batch = this.#run().vm.batch(events, next, () => stream, isFresh);
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
    { events, contextOf }: Batch,
    from: Json,
    tell: (at: number, text: string, problem: string | null) => void,
  ): string {
    let text = formatJson(from);
    this.#restart(from);
    for (const [at, event] of events.entries()) {
      let problem: string | null = null;
      try {
        const { faults, state } = this.#run().vm.run(
          this.#run().vm.batch([event], 0, () => contextOf(at), false),
        );
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
    begin(fresh.vm, state);
  }

  #drop(): void {
    running.get(this.hash)?.vm.dispose();
    running.delete(this.hash);
  }

  /**
   * Folds once more in a fresh runtime, step by step through the text of each state with its keys in another order. A
   * script that keeps something outside of its state, or reads the order of keys, gives another result.
   * @throws HindcastError `reducer.invalid`
   */
  #probe(events: readonly StreamEvent[], from: Json, contextOf: ContextOf): void {
    const some = events.slice(0, PROBE_EVENTS);
    let state = from;
    const whole = new ScriptVm(this.name, this.#code, this.#withValue);
    const single = new ScriptVm(this.name, this.#code, this.#withValue);
    try {
      begin(whole, from);
      for (const [at, event] of some.entries()) {
        const context = () => contextOf(at);
        const held = whole.run(whole.batch([event], 0, context, false)).state;
        begin(single, reversed(state));
        const { state: text } = single.run(single.batch([event], 0, context, false));
        if (text.length > PROBE_STATE) return;
        state = parseJson(text);
        if (sameJson(state, parseJson(held))) continue;
        const problem = `its result does not follow from state and event alone (seen at ${event.type}): it keeps something outside of the state, or depends on the order of keys or on whether a number is a Decimal`;
        throw new HindcastError('reducer.invalid', { name: this.name, problem });
      }
    } catch (error) {
      // The fold itself has told of it.
      if (!(error instanceof ScriptStopped)) throw error;
    } finally {
      whole.dispose();
      single.dispose();
    }
  }
}

const inWords = ({ type }: StreamEvent, message: string): string => `${type || 'Record'}: ${message}`;

/** Each stream's text, written once. */
function contextTexts(streamOf: (index: number) => FoldContext): ContextOf {
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

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .reverse()
      .map((key) => [key, reversed(value[key]!)]),
  );
}

function begin(vm: ScriptVm, state: Json): void {
  const { text, marked } = jsonText(state);
  vm.begin(text, marked);
}

/** @throws HindcastError `reducer.invalid` with line and column; SandboxMissing before the sandbox was loaded */
export const scriptFolder = (reducer: ScriptReducer): Folder => new ScriptFolder(reducer);
