/**
 * Which streams hold nothing that a rule about single streams could find, told from the columns in the order in which they
 * lie in memory: an object for each event and a jump to its rows would take most of the time, and nearly all streams are so.
 */
import type { SharedId } from '../../core/check/links.ts';
import { isAfterwards, LATE_MS, type Usual } from '../../core/check/streamRules.ts';
import { partitionNoOf } from '../store/ids.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';
import type { Payloads } from './payloadLook.ts';

/** Rows between two chances to stop. */
const STEP_ROWS = 100_000;

/** What an event type means in the life of an aggregate of some type; 0: it was not asked yet. */
const LIFE = { known: 1, creates: 2, closes: 4, reopens: 8, mayFollow: 16 } as const;

export const NO_LEVEL = 0xffff;
/** Its levels are of several names, or below zero. */
export const ODD_LEVELS = 0xfffe;

/** By aggregate. */
export interface PlainStreams {
  /** 1: its stream has to be looked at event by event. */
  isOdd: Uint8Array;
  /** 1: a row of it is in scope. */
  isAsked: Uint8Array;
  /** Of streams that are not odd: the one level that its events name, by number; {@link NO_LEVEL}, {@link ODD_LEVELS}. */
  level: Uint16Array;
  /** How many of its events name it. */
  levelCount: Uint32Array;
}

export interface PlainQuestion {
  contextOf: () => ReadContext;
  columns: Columns;
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

/** One pass over all rows. What counts as odd here is at least what `checkStream` and its neighbours would look at twice. */
export function* findPlainStreams(question: PlainQuestion): Generator<void, PlainStreams> {
  const { contextOf, columns, payloads, typeOf, usual, asked, shared, rowOf } = question;
  const { count, id, ts, mono, occurred, version, type, aggregate, kind, verdict, key } = columns;
  const { isSigned } = payloads;
  const { dictionary } = contextOf();
  const most = typeOf.length;
  const isOdd = new Uint8Array(most);
  const isAsked = new Uint8Array(most);
  const isClosed = new Uint8Array(most);
  const isCreated = new Uint8Array(most);
  const partition = new Int32Array(most).fill(-1);
  const highest = new Float64Array(most).fill(Number.NaN);
  const latest = new Float64Array(most).fill(Number.NEGATIVE_INFINITY);
  const firstKey = new Float64Array(most);
  const level = new Uint16Array(most).fill(NO_LEVEL);
  const levelCount = new Uint32Array(most);
  for (const { id: one, twin } of shared) for (const each of [one, twin]) isOdd[aggregate[rowOf(each)]!] = 1;
  const lifeOf = livesOf(typeOf, highestOf(type, count));
  const learn = (of: number, no: number): number => {
    const { creationTypes, closingTypes, afterTypes } = usual.get(typeOf[of]!)!;
    const name = dictionary.typeName(no);
    let life: number = LIFE.known;
    if (creationTypes.has(name)) life |= LIFE.creates;
    if (closingTypes.has(name)) life |= LIFE.closes;
    else if (isAfterwards(name)) life |= LIFE.reopens;
    else if (afterTypes.has(name)) life |= LIFE.mayFollow;
    lifeOf[of]![no] = life;
    return life;
  };
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
    if (partition[of] === -1) {
      partition[of] = own;
      firstKey[of] = key[row]!;
    }
    const before = highest[of]!;
    const its = version[row]!;
    const at = occurred[row]!;
    const delay = ts[row]! - at;
    // NaN says nothing: no comparison with it holds.
    if (
      kind[row] !== KIND.event ||
      verdict[row] !== VERDICT.committed ||
      isSigned[row] !== 0 ||
      partition[of] !== own ||
      !Object.is(firstKey[of], key[row]) ||
      (Number.isNaN(before) ? its > 1 : its < before + 1 || its > before + 1) ||
      ts[row]! < mono[row]! ||
      delay < -tolerance ||
      delay > LATE_MS ||
      at < latest[of]! - tolerance
    ) {
      isOdd[of] = 1;
      continue;
    }
    if (!Number.isNaN(its)) highest[of] = its;
    if (at > latest[of]!) latest[of] = at;
    const life = lifeOf[of]![type[row]!]! || learn(of, type[row]!);
    if ((life & LIFE.creates) !== 0) isCreated[of] = 1;
    if ((life & LIFE.closes) !== 0) isClosed[of] = 1;
    else if ((life & LIFE.reopens) !== 0) isClosed[of] = 0;
    else if (isClosed[of] !== 0 && (life & LIFE.mayFollow) === 0) isOdd[of] = 1;
    const value = payloads.level[row]!;
    if (Number.isNaN(value)) continue;
    const named = payloads.levelOf[row]!;
    if (value < 0 || (level[of] !== NO_LEVEL && level[of] !== named)) level[of] = ODD_LEVELS;
    else level[of] = named;
    levelCount[of]! += 1;
  }
  for (let of = 1; of < most; of++)
    if (partition[of] !== -1 && isCreated[of] === 0 && usual.get(typeOf[of]!)!.creationTypes.size > 0)
      isOdd[of] = 1;
  return { isOdd, isAsked, level, levelCount };
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
