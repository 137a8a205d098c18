/**
 * Which streams hold nothing that a rule about single streams could find, told from the columns in the order in which they
 * lie in memory: an object for each event and a jump to its rows would take most of the time, and nearly all streams are so.
 */
import type { SharedId } from '../../core/check/links.ts';
import { isAfterwards, LATE_MS, type Usual } from '../../core/check/streamRules.ts';
import { mergeLanes } from '../reads/columnOrder.ts';
import { partitionNoOf } from '../store/ids.ts';
import { spreadAggregates } from '../store/spread.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns, Groups } from './columns.ts';
import { lanesOfRows } from './lanes.ts';
import type { Payloads } from './payloadLook.ts';

/** Rows between two chances to stop. */
const STEP_ROWS = 100_000;

/** What an event type means in the life of an aggregate of some type; 0: it was not asked yet. */
const LIFE = { known: 1, creates: 2, closes: 4, reopens: 8, mayFollow: 16 } as const;

export const NO_LEVEL = 0xffff;
/** Its levels are of several names. */
export const MIXED_LEVELS = 0xfffd;
/** One of its levels is below zero. */
export const LEVEL_BELOW = 0xfffe;

/** By aggregate. */
export interface PlainStreams {
  /** 1: its stream has to be looked at event by event. */
  isOdd: Uint8Array;
  /** 1: it lies in several partitions. */
  isSpread: Uint8Array;
  /** 1: a row of it is in scope. */
  isAsked: Uint8Array;
  /** Of streams that are not odd: the one level that its events name, by number; {@link NO_LEVEL}, {@link MIXED_LEVELS}, {@link LEVEL_BELOW}. */
  level: Uint16Array;
  /** How many of its events name it. */
  levelCount: Uint32Array;
}

export interface PlainQuestion {
  contextOf: () => ReadContext;
  columns: Columns;
  groups: Groups;
  payloads: Payloads;
  /** Aggregate types by the number of their aggregate. */
  typeOf: readonly string[];
  /** By aggregate type. */
  usual: ReadonlyMap<string, Usual>;
  /** By row: 1 in scope. */
  asked: Uint8Array;
  /** Pairs of records that may have one event id. */
  shared: readonly SharedId[];
  rowOf: (id: number) => number;
}

/**
 * One pass over all rows, and a second over those of streams that lie in several topics, in the order of each. What counts
 * as odd here is at least what `checkStream` and its neighbours would look at twice.
 */
export function* findPlainStreams(question: PlainQuestion): Generator<void, PlainStreams> {
  const { contextOf, columns, groups, payloads, typeOf, asked, shared, rowOf } = question;
  const { count, id, ts, mono, occurred, aggregate, kind, verdict, key } = columns;
  const { isSigned } = payloads;
  const { dictionary } = contextOf();
  const most = typeOf.length;
  const isOdd = new Uint8Array(most);
  const isAsked = new Uint8Array(most);
  const isSpread = spreadAggregates(columns);
  const partition = new Int32Array(most).fill(-1);
  const latestMoment = new Float64Array(most);
  const firstKey = new Float64Array(most);
  for (const { id: one, twin } of shared) for (const each of [one, twin]) isOdd[aggregate[rowOf(each)]!] = 1;
  const story = new Stories(question, most);
  let no = -1;
  let tolerance = 0;
  for (let row = 0; row < count; row++) {
    if (row % STEP_ROWS === 0) yield;
    const of = aggregate[row]!;
    if (of === 0) continue;
    if (asked[row] !== 0) isAsked[of] = 1;
    if (isOdd[of] !== 0) continue;
    const own = partitionNoOf(id[row]!);
    if (own !== no) {
      no = own;
      tolerance = dictionary.placeOf(id[row]!).toleranceMs;
    }
    if (partition[of] !== own) {
      partition[of] = own;
      firstKey[of] = key[row]!;
      latestMoment[of] = Number.NEGATIVE_INFINITY;
    }
    const delay = ts[row]! - occurred[row]!;
    // NaN says nothing: no comparison with it holds.
    if (
      kind[row] !== KIND.event ||
      verdict[row] !== VERDICT.committed ||
      isSigned[row] !== 0 ||
      !Object.is(firstKey[of], key[row]) ||
      ts[row]! < mono[row]! ||
      mono[row]! < latestMoment[of]! ||
      delay < -tolerance ||
      delay > LATE_MS ||
      (isSpread[of] === 0 && !story.goesOn(of, row, tolerance))
    )
      isOdd[of] = 1;
    latestMoment[of] = mono[row]!;
  }
  const { start, rows } = groups;
  let looked = 0;
  for (let of = 1; of + 1 < start.length; of++) {
    if (isSpread[of] === 0 || isOdd[of] !== 0) continue;
    const own = rows.subarray(start[of]!, start[of + 1]!);
    const lanes = lanesOfRows(columns, own, dictionary);
    // Where Kafka does not keep the order of a stream, or a newer log has taken its place, more is to be said.
    const isSplit = lanes.some(({ topic, isOlder }, at) => isOlder || topic === lanes[at + 1]?.topic);
    const smallest = Math.min(...lanes.map(({ toleranceMs }) => toleranceMs));
    if (isSplit || !mergeLanes(lanes, columns.version).every((row) => story.goesOn(of, row, smallest)))
      isOdd[of] = 1;
    looked += own.length;
    if (looked < STEP_ROWS) continue;
    looked = 0;
    yield;
  }
  for (let of = 1; of < most; of++) if (partition[of] !== -1 && !story.isBegun(of)) isOdd[of] = 1;
  return { isOdd, isSpread, isAsked, level: story.level, levelCount: story.levelCount };
}

/** What the rows of each aggregate have said so far, in the order of its stream. */
class Stories {
  readonly #columns: Columns;
  readonly #payloads: Payloads;
  readonly #typeOf: readonly string[];
  readonly #usual: ReadonlyMap<string, Usual>;
  readonly #typeName: (no: number) => string;
  readonly #lifeOf: Uint8Array[];
  readonly #isClosed: Uint8Array;
  readonly #isCreated: Uint8Array;
  /** Version; NaN: none was declared yet. */
  readonly #highest: Float64Array;
  /** Occurred time. */
  readonly #latest: Float64Array;
  readonly level: Uint16Array;
  readonly levelCount: Uint32Array;

  constructor({ columns, payloads, typeOf, usual, contextOf }: PlainQuestion, most: number) {
    this.#columns = columns;
    this.#payloads = payloads;
    this.#typeOf = typeOf;
    this.#usual = usual;
    this.#typeName = (no) => contextOf().dictionary.typeName(no);
    this.#lifeOf = livesOf(typeOf, highestOf(columns.type, columns.count));
    this.#isClosed = new Uint8Array(most);
    this.#isCreated = new Uint8Array(most);
    this.#highest = new Float64Array(most).fill(Number.NaN);
    this.#latest = new Float64Array(most).fill(Number.NEGATIVE_INFINITY);
    this.level = new Uint16Array(most).fill(NO_LEVEL);
    this.levelCount = new Uint32Array(most);
  }

  /** Whether the next row of an aggregate is one that could be expected. */
  goesOn(of: number, row: number, tolerance: number): boolean {
    const { version, occurred, type } = this.#columns;
    const before = this.#highest[of]!;
    const its = version[row]!;
    const at = occurred[row]!;
    if (Number.isNaN(before) ? its > 1 : its < before + 1 || its > before + 1) return false;
    if (at < this.#latest[of]! - tolerance) return false;
    if (!Number.isNaN(its)) this.#highest[of] = its;
    if (at > this.#latest[of]!) this.#latest[of] = at;
    const life = this.#lifeOf[of]![type[row]!]! || this.#learn(of, type[row]!);
    if ((life & LIFE.creates) !== 0) this.#isCreated[of] = 1;
    if ((life & LIFE.closes) !== 0) this.#isClosed[of] = 1;
    else if ((life & LIFE.reopens) !== 0) this.#isClosed[of] = 0;
    else if (this.#isClosed[of] !== 0 && (life & LIFE.mayFollow) === 0) return false;
    const value = this.#payloads.level[row]!;
    if (Number.isNaN(value)) return true;
    const { level } = this;
    const named = this.#payloads.levelOf[row]!;
    if (value < 0) level[of] = LEVEL_BELOW;
    else if (level[of] === NO_LEVEL) level[of] = named;
    else if (level[of] !== named && level[of] !== LEVEL_BELOW) level[of] = MIXED_LEVELS;
    this.levelCount[of]! += 1;
    return true;
  }

  /** It was created, or aggregates of its type need not be. */
  isBegun = (of: number): boolean =>
    this.#isCreated[of] !== 0 || this.#usual.get(this.#typeOf[of]!)!.creationTypes.size === 0;

  #learn(of: number, no: number): number {
    const { creationTypes, closingTypes, afterTypes } = this.#usual.get(this.#typeOf[of]!)!;
    const name = this.#typeName(no);
    let life: number = LIFE.known;
    if (creationTypes.has(name)) life |= LIFE.creates;
    if (closingTypes.has(name)) life |= LIFE.closes;
    else if (isAfterwards(name)) life |= LIFE.reopens;
    else if (afterTypes.has(name)) life |= LIFE.mayFollow;
    this.#lifeOf[of]![no] = life;
    return life;
  }
}

/** By aggregate: what is known of each event type, shared by all aggregates of one type. */
function livesOf(typeOf: readonly string[], mostTypes: number): Uint8Array[] {
  const lives = new Map<string, Uint8Array>();
  return typeOf.map((name) => {
    let life = lives.get(name);
    if (life === undefined) {
      life = new Uint8Array(mostTypes + 1);
      lives.set(name, life);
    }
    return life;
  });
}

function highestOf(numbers: Uint32Array, count: number): number {
  let highest = 0;
  for (let row = 0; row < count; row++) if (numbers[row]! > highest) highest = numbers[row]!;
  return highest;
}
