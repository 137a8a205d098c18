/** Which row of a projection by another key each record belongs to. */
import { hashOf } from '../projection/bulk.ts';
import type { Groups } from '../projection/groups.ts';
import { placeIn } from '../store/blocks.ts';
import { PathReader, type ValueBytes } from '../store/payloadPaths.ts';
import { blocksOf } from '../store/recordBytes.ts';
import { PayloadReader } from '../store/stream.ts';
import { KIND } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { KeyBook, type KeyExchange, shareOf, takeOver } from './keyExchange.ts';
import { headOf, type StreamRows } from './streamRows.ts';

type ContextOf = () => ReadContext;

interface Numbering {
  /** Rows that may be in; whoever reads the same log says the same. */
  mayBeIn(row: number): boolean;
  isIn(row: number): boolean;
  /** Whether keys of this hash are of the part that is asked for. */
  isOwn(hash: number): boolean;
  note(looked: number): void;
  /** Other threads read keys as well; null: none does. */
  exchange: KeyExchange | null;
}

interface Numbered {
  /** By row, from 1; 0: it is in none. */
  numberOf: Uint32Array;
  nameOf(number: number): string;
}

/** Tells the rows of a projection apart, in short steps. */
export const numberKeys = (
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  numbering: Numbering,
): Generator<void, Numbered> =>
  groups.keyPath === null
    ? numberByEventId(contextOf, rows, groups, numbering)
    : numberByPath(contextOf, rows, groups, numbering);

const BLOCKS_A_STEP = 64;

/** Only a payload has a key in it. */
const hasPayload = ({ kind }: StreamRows, row: number): boolean =>
  kind[row] === KIND.event || kind[row] === KIND.plain;

/** Reads the key of every row from its bytes, in the order of the disk; with others, each a share of the rows. */
function* numberByPath(
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  { mayBeIn, isIn, isOwn, note, exchange }: Numbering,
): Generator<void, Numbered> {
  const numberOf = new Uint32Array(rows.count);
  const book = new KeyBook();
  const isAsked = exchange === null ? isIn : mayBeIn;
  const asked: number[] = [];
  for (let row = 0; row < rows.count; row += 1) if (hasPayload(rows, row) && isAsked(row)) asked.push(row);
  let looked = 0;
  const read = function* (from: number, to: number) {
    for (const row of readKeys(contextOf, rows, groups, asked.slice(from, to), book, numberOf)) {
      looked += row;
      note(looked);
      yield;
    }
  };
  if (exchange === null) yield* read(0, asked.length);
  else {
    const own: [from: number, to: number][] = [];
    for (let chunk = exchange.take(asked.length); chunk !== null; chunk = exchange.take(asked.length)) {
      own.push(chunk);
      yield* read(...chunk);
    }
    exchange.give(shareOf(rows, asked, own, book, numberOf));
    while (exchange.others === null) yield;
    const known = [...own, ...takeOver(rows, asked, exchange.others, book, numberOf)];
    for (const [from, to] of gapsIn(known, asked.length)) yield* read(from, to);
  }
  const names = book.names;
  const isMine = Uint8Array.from(names, (name, number) => Number(number > 0 && isOwn(hashOf(name))));
  for (const row of asked) if (isMine[numberOf[row]!] === 0 || !isIn(row)) numberOf[row] = 0;
  return { numberOf, nameOf: (number) => names[number]! };
}

/** What no chunk covers: another thread has seen another state of the log. */
function* gapsIn(chunks: [from: number, to: number][], count: number): Generator<[number, number]> {
  let next = 0;
  for (const [from, to] of chunks.sort((a, b) => a[0] - b[0])) {
    if (from > next) yield [next, from];
    next = Math.max(next, to);
  }
  if (next < count) yield [next, count];
}

/** Says after some blocks how many rows were read. */
function* readKeys(
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  asked: readonly number[],
  book: KeyBook,
  numberOf: Uint32Array,
): Generator<number, void> {
  const ids = asked.map((row) => rows.id[row]!);
  const reader = keyReader(contextOf(), groups);
  const value: ValueBytes = { bytes: Buffer.alloc(0), start: 0, length: 0 };
  let blocks = 0;
  let looked = 0;
  for (const { block, from, to } of blocksOf(contextOf().db, ids, null)) {
    value.bytes = block.bytes;
    for (let nth = from; nth < to; nth += 1) {
      const row = asked[nth]!;
      const at = placeIn(block, ids[nth]!);
      if (at >= 0) {
        value.start = block.valueStart[at]!;
        value.length = block.valueLength[at]!;
      }
      const key = groups.keyOf(reader.event(headOf(rows, row, contextOf()), at < 0 ? undefined : value));
      if (key !== null) numberOf[row] = book.numberOf(key);
    }
    blocks += 1;
    if (blocks % BLOCKS_A_STEP !== 0) continue;
    yield to - looked;
    looked = to;
  }
  yield ids.length - looked;
}

/** Events with nothing of their payload but the key. */
function keyReader(context: ReadContext, { keyPath }: Groups): PathReader {
  // A key that is the whole payload.
  if (keyPath === null || keyPath.length === 0) return new PathReader(context, null);
  const reads = () => [keyPath];
  return new PathReader(context, [{ reads }]);
}

const EVENTS_A_STEP = 500;

/** Every event is a row of its own, but for those that say the same id: the rows know a hash of it. */
function* numberByEventId(
  contextOf: ContextOf,
  rows: StreamRows,
  groups: Groups,
  { isIn, isOwn, note }: Numbering,
): Generator<void, Numbered> {
  const numberOf = new Uint32Array(rows.count);
  const rowOf = [-1];
  const first = new Map<number, number>();
  /** Rows of the same hash: what they say is read. */
  const alike = new Set<number>();
  for (let row = 0; row < rows.count; row += 1) {
    const hash = rows.eventHash[row]!;
    if (Number.isNaN(hash) || !isOwn(hash) || !isIn(row)) continue;
    const other = first.get(hash);
    if (other === undefined) {
      first.set(hash, row);
      numberOf[row] = rowOf.push(row) - 1;
    } else alike.add(other).add(row);
  }
  let payloads: { of: ReadContext; reader: PayloadReader } | null = null;
  const idOf = (row: number): string => {
    const context = contextOf();
    if (payloads?.of !== context) payloads = { of: context, reader: new PayloadReader(context) };
    return groups.keyOf(payloads.reader.event(headOf(rows, row, context))) ?? '';
  };
  const numbers = new Map<string, number>();
  let looked = 0;
  for (const row of [...alike].sort((a, b) => a - b)) {
    const id = idOf(row);
    const number = numbers.get(id) ?? rowOf.push(row) - 1;
    numbers.set(id, number);
    numberOf[row] = number;
    looked += 1;
    if (looked % EVENTS_A_STEP !== 0) continue;
    note(looked);
    yield;
  }
  return { numberOf, nameOf: (number) => idOf(rowOf[number]!) };
}
