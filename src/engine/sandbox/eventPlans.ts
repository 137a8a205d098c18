/**
 * Plans: for each shape of an event that comes often, a function of the guest that puts such an event together from
 * texts and numbers. Most events of a type differ in their values only, and a parser that reads every key of every one
 * anew takes longer than all the rest of a fold.
 *
 * A shape is the way through a tree: type, event id, version, data, and what each value is. The plan stands at its end.
 */
import type { Json, StreamEvent } from '../../core/model.ts';
import { isJsonObject, isNumeric, numberText } from '../../core/numbers.ts';
import { type Crossing, eventText, jsonText, numberKind, typeOf } from './wire.ts';

/** Between the texts of a crossing. One that holds it itself crosses as JSON, which escapes it. */
export const SEPARATOR = '\u0001';

/** Steps of a shape; how a plan writes each stands in {@link SOURCES}. */
const NULL = 0;
const TRUE = 1;
const FALSE = 2;
const TEXT = 3;
const NUMBER = 4;
const INTEGER = 5;
const DECIMAL = 6;
/** Lists, and objects that are too large or too deep for a shape. */
const JSON_TEXT = 7;
const MARKED_JSON = 8;
const OPEN = 9;
const CLOSE = 10;

/** `T` stands for the next text, `N` for the next number. */
const SOURCES = ['null', 'true', 'false', 'T', 'N', 'B(T)', 'D(T)', 'J(T)', 'R(J(T))'] as const;

const LIMITS = {
  /** A shape is worth a plan when it comes so often. */
  seen: 4,
  plans: 512,
  nodes: 20_000,
  depth: 6,
  keys: 64,
  /** Texts and numbers of one event. */
  parts: 256,
};
/** Stands where a plan would: the next text says what stream the events after it are of. */
export const OTHER_STREAM = -1;
/** Stand there, too: the state before the next event is the initial one, or the next text says it. */
export const FRESH = -2;
export const STATE = -3;
export const MARKED_STATE = -4;
/** Numbers that a crossing begins with: how many events, and how many texts in all. */
export const FIRST_NUMBERS = 2;
/** Numbers before those of the data: plan, occurred and recorded time. */
export const HEAD = 3;
/**
 * Numbers that an event takes at most: an object is opened only while there is room for its keys, so the rest of those
 * around it is what can come on top, and the event id and version.
 */
const MOST_NUMBERS = 2 + HEAD + LIMITS.parts + LIMITS.depth * LIMITS.keys + 2;

interface Node {
  parent: Node | null;
  /** A step or a key. */
  step: number | string;
  steps: (Node | undefined)[];
  keys: Map<string, Node> | null;
  seen: number;
  /** Number of the plan; 0: none yet; −1: the guest would not have it. */
  plan: number;
}

export interface Plan {
  /** JavaScript of an object literal, with the names that the guest gives it (`plan` in guestFold.ts); in which `T[t+i]` is a text and `N[n+i]` a number. */
  source: string;
  texts: number;
  /** With those of the head. */
  numbers: number;
}

/** What the program may read of events beside their types and payloads; what it does not read stays out of them. */
export interface EventParts {
  eventId: boolean;
  version: boolean;
  /** The whole value. */
  value: boolean;
  /** What the stream is. */
  stream: boolean;
}

/** Own key of an object literal: `__proto__` written plainly would set the prototype. */
const keySource = (key: string): string => (key === '__proto__' ? '["__proto__"]' : JSON.stringify(key));

function sourceOf(type: string, steps: readonly (number | string)[], parts: EventParts): Plan {
  let at = 0;
  let texts = 0;
  let numbers = HEAD;
  const value = (): string => {
    const step = steps[at++] as number;
    if (step !== OPEN)
      return SOURCES[step]!.replace('T', () => `T[t+${texts++}]`).replace('N', () => `N[n+${numbers++}]`);
    const members: string[] = [];
    while (steps[at] !== CLOSE) {
      const key = steps[at++] as string;
      members.push(`${keySource(key)}:${value()}`);
    }
    at += 1;
    return `{${members.join(',')}}`;
  };
  const eventId = parts.eventId ? `,eventId:${value()}` : '';
  const version = parts.version ? `,version:${value()}` : '';
  const data = value();
  const whole = parts.value ? `,value:${value()}` : '';
  const source = `{__proto__:P,type:${JSON.stringify(type)},data:${data}${eventId}${version}${whole}}`;
  return { source, texts, numbers };
}

/** Numbers of one crossing: about as many as a batch of usual events has. */
const CAPACITY = 16_384;

/** Takes events apart along their plans. */
export class EventPlans {
  readonly #types = new Map<string, Node>();
  readonly #taken: EventParts;
  /** Tells the guest of a plan; false: it could not take it. Plans are numbered from 1 in the order told. */
  readonly #tell: (plan: Plan) => boolean;
  #nodes = 0;
  #plans = 0;
  /** Where the event under way has come to, and its parts so far. */
  #node: Node | null = null;
  #parts = 0;
  readonly #numbers = new Float64Array(CAPACITY);
  #used = 0;
  /** Texts so far, each behind a separator. */
  text = '';
  texts = 0;

  constructor(taken: EventParts, tell: (plan: Plan) => boolean) {
    this.#taken = taken;
    this.#tell = tell;
  }

  /** Begins a crossing. @param text what its first events are of */
  begin(text: string): void {
    this.#used = FIRST_NUMBERS;
    this.text = text;
    this.texts = 1;
  }

  /** Room for one more event. */
  get hasRoom(): boolean {
    return this.#used + MOST_NUMBERS <= CAPACITY;
  }

  /** All numbers of the crossing. They stand until the next begins. */
  numbers(events: number): Float64Array {
    this.#numbers[0] = events;
    this.#numbers[1] = this.texts;
    return this.#numbers.subarray(0, this.#used);
  }

  /** The state before the next event; null: the initial one. */
  addStart(state: Crossing | null): void {
    this.#numbers[this.#used++] = state === null ? FRESH : state.marked ? MARKED_STATE : STATE;
    if (state !== null) this.#put(state.text);
  }

  /** What the next events are of. */
  addStream(text: string): void {
    this.#numbers[this.#used++] = OTHER_STREAM;
    this.#put(text);
  }

  /** An event that crosses as one JSON text. */
  addRow(event: StreamEvent): void {
    this.#head(0, event);
    this.#put(eventText(event, this.#taken.value));
  }

  #head(plan: number, { occurredAt, recordedAt }: StreamEvent, at = this.#used): void {
    this.#numbers[at] = plan;
    this.#numbers[at + 1] = occurredAt ?? Number.NaN;
    this.#numbers[at + 2] = recordedAt;
    this.#used = Math.max(this.#used, at + HEAD);
  }

  #put(text: string): void {
    this.text += SEPARATOR + text;
    this.texts += 1;
  }

  /** Adds the parts of an event; false, with nothing added, where no plan fits. There must be room for its numbers. */
  add(event: StreamEvent): boolean {
    const { text, texts } = this;
    const taken = this.#taken;
    const start = this.#used;
    this.#used += HEAD;
    this.#parts = 0;
    this.#node = this.#root(typeOf(event));
    const isWhole =
      this.#node !== null &&
      (!taken.eventId || this.#take(event.eventId, 0)) &&
      (!taken.version || this.#take(event.version, 0)) &&
      this.#take(event.data, 0) &&
      (!taken.value || this.#take(event.value ?? event.data, 0));
    const plan = isWhole ? this.#planAt(this.#node!, typeOf(event)) : 0;
    if (plan > 0) {
      this.#head(plan, event, start);
      return true;
    }
    this.text = text;
    this.#used = start;
    this.texts = texts;
    return false;
  }

  #root(type: string): Node | null {
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    const node = this.#made(null, '');
    if (node !== null) this.#types.set(type, node);
    return node;
  }

  #made(parent: Node | null, step: number | string): Node | null {
    if (this.#nodes === LIMITS.nodes) return null;
    this.#nodes += 1;
    return { parent, step, steps: [], keys: null, seen: 0, plan: 0 };
  }

  #step(step: number): boolean {
    const node = this.#node!;
    let next = node.steps[step];
    if (next === undefined) {
      const made = this.#made(node, step);
      if (made === null) return false;
      node.steps[step] = made;
      next = made;
    }
    this.#node = next;
    return true;
  }

  #key(key: string): boolean {
    const node = this.#node!;
    node.keys ??= new Map();
    let next = node.keys.get(key);
    if (next === undefined) {
      const made = this.#made(node, key);
      if (made === null) return false;
      node.keys.set(key, made);
      next = made;
    }
    this.#node = next;
    return true;
  }

  #add(step: number, text: string): boolean {
    this.#put(text);
    this.#parts += 1;
    return this.#step(step);
  }

  #take(value: Json | undefined, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#add(TEXT, value);
      case 'boolean':
        return this.#step(value ? TRUE : FALSE);
      case 'number':
        // The same border as that of `numberKind`, which reads texts.
        if (Number.isInteger(value) && Math.abs(value) < 1e15 && !Object.is(value, -0)) {
          this.#numbers[this.#used++] = value;
          this.#parts += 1;
          return this.#step(NUMBER);
        }
        return this.#number(numberText(value));
      case 'object':
        if (value === null) return this.#step(NULL);
        if (isNumeric(value)) return this.#number(numberText(value));
        return this.#object(value, depth);
      default:
        return false;
    }
  }

  #number(text: string): boolean {
    const kind = numberKind(text);
    if (kind === 'integer') return this.#add(INTEGER, text);
    if (kind === 'decimal') return this.#add(DECIMAL, text);
    this.#numbers[this.#used++] = Number(text);
    this.#parts += 1;
    return this.#step(NUMBER);
  }

  #object(value: Json, depth: number): boolean {
    const keys = isJsonObject(value) ? Object.keys(value) : null;
    if (
      keys === null ||
      depth === LIMITS.depth ||
      keys.length > LIMITS.keys ||
      this.#parts + keys.length > LIMITS.parts
    ) {
      const { text, marked } = jsonText(value);
      return this.#add(marked ? MARKED_JSON : JSON_TEXT, text);
    }
    if (!this.#step(OPEN)) return false;
    const object = value as { [key: string]: Json };
    for (const key of keys) if (!this.#key(key) || !this.#take(object[key], depth + 1)) return false;
    return this.#step(CLOSE);
  }

  #planAt(node: Node, type: string): number {
    if (node.plan !== 0) return node.plan;
    node.seen += 1;
    if (node.seen < LIMITS.seen || this.#plans === LIMITS.plans) return 0;
    const steps: (number | string)[] = [];
    for (let each = node; each.parent !== null; each = each.parent) steps.push(each.step);
    const isTaken = this.#tell(sourceOf(type, steps.reverse(), this.#taken));
    node.plan = isTaken ? ++this.#plans : -1;
    return node.plan;
  }
}
