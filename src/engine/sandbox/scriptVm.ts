/**
 * One script in one QuickJS runtime: its memory, its stack and the steps of each event are limited, and what goes
 * wrong in it is an answer and never a fault of the thread.
 */
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { HindcastError } from '../../contract/errors.ts';
import { MAX_DEPTH } from '../../core/json.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { type Along, type Batch, BatchWriter } from './crossing.ts';
import {
  type EventParts,
  FIRST_NUMBERS,
  FRESH,
  HEAD,
  MARKED_STATE,
  OTHER_STREAM,
  type Plan,
  SEPARATOR,
} from './eventPlans.ts';
import { GUEST_DECIMAL } from './guestDecimal.ts';
import { GUEST_FOLD } from './guestFold.ts';
import { copyNumbers, guestNumbers, guestText } from './guestMemory.ts';
import { GUEST_WORLD } from './guestWorld.ts';
import { beat, cancelled, forgetSandbox, markRunning, sandbox } from './quickjs.ts';
import { AS_BEFORE, AS_TEXT, MOST_TOLD, NO_KEY, watchedRoom, watchedStates } from './watchedStates.ts';
import { jsonText } from './wire.ts';

export const SCRIPT_LIMITS = {
  /** Bytes of everything a script holds. */
  memory: 96 * 1024 * 1024,
  /** Bytes of its call stack. */
  stack: 256 * 1024,
  /** Bytes of a state, roughly as text. */
  state: 16 * 1024 * 1024,
  /** Times QuickJS asks whether to go on (each 10,000 jumps and calls) during one event; about half a second. */
  ticks: 2000,
  /** The same while the script is loaded. */
  loadTicks: 400,
  /** Events at which a script may be stopped before it is given up. */
  stops: 5,
};
const FILE = 'reducer';
/** Characters of states that come back at once, but for the last of them. */
const MOST_EACH = 4_000_000;
/** The guest checks by recursion, and the text of a state must be readable afterwards. */
const GUEST = `'use strict';
const DEEPEST = ${MAX_DEPTH - 10};
const LARGEST = ${SCRIPT_LIMITS.state};
const SEPARATOR = ${JSON.stringify(SEPARATOR)};
const HEAD = ${HEAD};
const FIRST_NUMBERS = ${FIRST_NUMBERS};
const OTHER_STREAM = ${OTHER_STREAM};
const FRESH = ${FRESH};
const MARKED_STATE = ${MARKED_STATE};
const MOST_EACH = ${MOST_EACH};
const MOST_TOLD = ${MOST_TOLD};
const AS_TEXT = ${AS_TEXT};
const AS_BEFORE = ${AS_BEFORE};
const NO_KEY = ${NO_KEY};
${GUEST_DECIMAL}${GUEST_WORLD}
Object.freeze(globalThis);
${GUEST_FOLD}`;

export interface ScriptFault {
  /** Index in the batch. */
  at: number;
  message: string;
}

/** Index in the batch, message, stack. */
type Problem = [number, string, string];

const faultOf = ([at, message, stack]: Problem): ScriptFault => ({ at, message: inWords(message, stack) });

export interface BatchResult {
  faults: ScriptFault[];
  /** JSON text of the state after the batch. */
  state: string;
}

/** The states after events of a batch. */
export interface BatchWalk {
  faults: ScriptFault[];
  /** JSON text after each; empty: that of before. Fewer than events where they are long; the rest is not folded. */
  texts: string[];
}

/** The states after events of a batch, as far as they are looked at. */
export interface BatchWatch {
  faults: ScriptFault[];
  /** After each; fewer than events where they are long, the rest is not folded. */
  states: Json[];
  /** JSON text of the whole state after the last of them. */
  last: string;
}

/** How the guest tells of the states after each event. */
interface Each {
  /** Of these keys, as numbers; null: as texts. */
  watched: { keys: readonly string[]; told: Float64Array } | null;
}

/** The place in the person's source, from a stack of the guest: ` (line 3, column 12)`. */
function placeIn(stack: string): string {
  const match = new RegExp(`\\b${FILE}:(\\d+)(?::(\\d+))?`).exec(stack);
  if (match === null) return '';
  return match[2] === undefined ? ` (line ${match[1]})` : ` (line ${match[1]}, column ${match[2]})`;
}

const LONGEST_MESSAGE = 500;
function inWords(message: string, stack: string): string {
  const short =
    message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message || 'an error';
  if (/out of memory/.test(short))
    return `it needs more than ${SCRIPT_LIMITS.memory / 1024 / 1024} MB of memory`;
  return short + placeIn(stack);
}

/** The script had to be stopped at one event of a batch; what it holds is lost. */
export class ScriptStopped extends Error {}

/** Thrown inside when a call into the guest ended otherwise than by returning. */
class GuestFault extends Error {}

export class ScriptVm {
  readonly initial: string;
  /** Types the script says it handles; null: all. */
  readonly handles: ReadonlySet<string> | null;
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #api = new Map<string, QuickJSHandle>();
  readonly #name: string;
  readonly #module: QuickJSWASMModule;
  readonly #writer: BatchWriter;
  #ticks = 0;
  #ticksAllowed = SCRIPT_LIMITS.loadTicks;
  #eventSeen = -1;
  #alive = true;
  /** Keys that the guest watches, as JSON text. */
  #watched = '[]';

  /**
   * @param parts of events that the script may read
   * @throws HindcastError `reducer.invalid` with line and column; SandboxMissing
   */
  constructor(name: string, code: string, parts: EventParts) {
    this.#name = name;
    this.#writer = new BatchWriter(parts, (plan) => this.#tell(plan));
    this.#module = sandbox();
    this.#runtime = this.#module.newRuntime();
    this.#runtime.setMemoryLimit(SCRIPT_LIMITS.memory);
    this.#runtime.setMaxStackSize(SCRIPT_LIMITS.stack);
    this.#context = this.#runtime.newContext();
    this.#runtime.setInterruptHandler(() => this.#isOver());
    try {
      const guest = this.#unwrap(this.#context.evalCode(`(() => {${GUEST}})()`, 'hindcast'));
      for (const name of ['progress', 'load', 'begin', 'watch', 'plan', 'run'])
        this.#api.set(name, this.#context.getProp(guest, name));
      guest.dispose();
      const module = this.#unwrap(
        this.#guarded(() => this.#context.evalCode(code, FILE, { type: 'module', strict: true })),
      );
      let loaded: string;
      try {
        loaded = this.#call('load', module);
      } finally {
        module.dispose();
      }
      const facts = JSON.parse(loaded) as { initial: string; handles: string[] | null };
      this.initial = facts.initial;
      this.handles = facts.handles === null ? null : new Set(facts.handles);
    } catch (error) {
      this.dispose();
      if (error instanceof GuestFault)
        throw new HindcastError('reducer.invalid', { name, problem: error.message });
      throw error;
    }
    this.#ticksAllowed = SCRIPT_LIMITS.ticks;
  }

  /** False after it was disposed of, and after a fault of the module took all its runtimes along. */
  get alive(): boolean {
    return this.#alive && sandbox() === this.#module;
  }

  /** Sets the state. */
  begin(state: Json): void {
    const { text, marked } = jsonText(state);
    const handle = guestText(this.#context, text);
    const flag = marked ? this.#context.true : this.#context.false;
    try {
      this.#call('begin', handle, flag);
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      throw new HindcastError('reducer.invalid', { name: this.#name, problem: error.message });
    } finally {
      if (this.alive) handle.dispose();
    }
  }

  /**
   * Takes as many of `events` from index `from` on as cross at once; {@link run} folds them.
   */
  batch(events: readonly StreamEvent[], from: number, along: Along): Batch {
    return this.#writer.write(events, from, along);
  }

  /**
   * Folds a batch.
   * @throws ScriptStopped HindcastError `cancelled`
   */
  run(batch: Batch): BatchResult {
    const found = this.#fold(batch, null);
    if (!found.startsWith('!')) return { faults: [], state: found };
    const [problems, state] = JSON.parse(found.slice(1)) as [Problem[], string];
    return { faults: problems.map(faultOf), state };
  }

  /**
   * Folds events of a batch, and tells of the state after each.
   * @throws ScriptStopped HindcastError `cancelled`
   */
  walk(batch: Batch): BatchWalk {
    const [problems, ...texts] = this.#fold(batch, { watched: null }).split(SEPARATOR);
    return { faults: (JSON.parse(problems!) as Problem[]).map(faultOf), texts };
  }

  /**
   * As {@link walk}, where only these keys of the states are looked at.
   * @throws ScriptStopped HindcastError `cancelled`
   */
  watch(batch: Batch, keys: readonly string[]): BatchWatch {
    const told = watchedRoom(batch.events.length, keys);
    const [problems, last, ...texts] = this.#fold(batch, { watched: { keys, told } }).split(SEPARATOR);
    const faults = (JSON.parse(problems!) as Problem[]).map(faultOf);
    return { faults, states: watchedStates(keys, told, texts), last: last! };
  }

  #fold(batch: Batch, each: Each | null): string {
    const found = this.#cross(batch, each);
    return found === '#' ? this.#cross(this.#writer.asRows(batch), each) : found;
  }

  #cross({ text, numbers }: Batch, each: Each | null): string {
    const handles = [guestText(this.#context, text), guestNumbers(this.#context, numbers)];
    const watched = each?.watched ?? null;
    try {
      if (watched !== null) {
        this.#watch(JSON.stringify(watched.keys));
        handles.push(guestNumbers(this.#context, watched.told));
      }
      const [textHandle, numberHandle, ...ofWatched] = handles as [QuickJSHandle, QuickJSHandle];
      const withEach = each === null ? this.#context.false : this.#context.true;
      const found = this.#call('run', textHandle, numberHandle, withEach, ...ofWatched);
      for (const handle of ofWatched) copyNumbers(this.#context, handle, watched!.told);
      return found;
    } catch (error) {
      if (error instanceof GuestFault) throw new ScriptStopped(error.message);
      throw error;
    } finally {
      if (this.alive) for (const handle of handles) handle.dispose();
    }
  }

  #watch(keys: string): void {
    if (this.#watched === keys) return;
    const handle = guestText(this.#context, keys);
    try {
      this.#call('watch', handle);
      this.#watched = keys;
    } finally {
      if (this.alive) handle.dispose();
    }
  }

  #tell({ source, texts, numbers }: Plan): boolean {
    const context = this.#context;
    const handles: QuickJSHandle[] = [];
    try {
      const code = `(P,B,D,J,R)=>(T,t,N,n)=>(${source})`;
      handles.push(this.#unwrap(this.#guarded(() => context.evalCode(code, 'plan'))));
      handles.push(context.newNumber(texts), context.newNumber(numbers));
      this.#call('plan', ...handles);
      return true;
    } catch (error) {
      // Out of memory, most likely; the events cross without a plan.
      if (error instanceof GuestFault) return false;
      throw error;
    } finally {
      if (this.alive) for (const handle of handles) handle.dispose();
    }
  }

  dispose(): void {
    if (!this.#alive) return;
    this.#alive = false;
    try {
      for (const handle of this.#api.values()) handle.dispose();
      this.#context.dispose();
      this.#runtime.dispose();
    } catch {
      // The module counts what is still referenced and refuses; a fresh one owes nothing to what a script left behind.
      forgetSandbox();
    }
  }

  #call(name: string, ...args: QuickJSHandle[]): string {
    this.#ticks = 0;
    this.#eventSeen = -1;
    const context = this.#context;
    const value = this.#unwrap(
      this.#guarded(() => context.callFunction(this.#api.get(name)!, context.undefined, ...args)),
    );
    const text = context.typeof(value) === 'string' ? context.getString(value) : '';
    value.dispose();
    return text;
  }

  /** A fault of the WebAssembly itself: the module cannot be trusted any more, the thread can. */
  #guarded<T>(work: () => T): T {
    markRunning(true);
    beat();
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Error && /^(?:RuntimeError|RangeError)$/.test(error.name))) throw error;
      this.#alive = false;
      if (sandbox() === this.#module) forgetSandbox();
      const problem =
        error.name === 'RangeError' ? 'its calls or its values are nested too deeply' : error.message;
      throw new HindcastError('reducer.invalid', { name: this.#name, problem });
    } finally {
      markRunning(false);
    }
  }

  #unwrap(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
    if (result.error === undefined) return result.value;
    const isCancelled = cancelled();
    const over = this.#ticks > this.#ticksAllowed;
    const told = this.#context.dump(result.error) as
      | { name?: string; message?: string; stack?: string }
      | string;
    result.error.dispose();
    if (isCancelled) throw new HindcastError('cancelled', { what: this.#name });
    if (over) throw new GuestFault('it was stopped: it ran for too many steps, as an endless loop does');
    if (typeof told !== 'object' || told === null) throw new GuestFault(`it threw ${String(told)}`);
    const { name = 'Error', message = '', stack = '' } = told;
    const words = name === 'Error' || name === '' ? message : `${name}: ${message}`;
    throw new GuestFault(inWords(words, stack));
  }

  #progress(): number {
    const bytes = this.#context.getArrayBuffer(this.#api.get('progress')!);
    const { buffer, byteOffset } = bytes.value;
    const at = new DataView(buffer, byteOffset, 4).getInt32(0, true);
    bytes.dispose();
    return at;
  }

  /** Steps are counted anew for each event: a long batch is no long event. */
  #isOver(): boolean {
    beat();
    if (cancelled()) return true;
    if (this.#api.has('progress')) {
      const at = this.#progress();
      if (at !== this.#eventSeen) this.#ticks = 0;
      this.#eventSeen = at;
    }
    this.#ticks += 1;
    return this.#ticks > this.#ticksAllowed;
  }
}
