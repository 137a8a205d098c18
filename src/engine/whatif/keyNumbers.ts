/** Rows of a projection by event id. */
import type { Groups } from '../projection/groups.ts';
import { PayloadReader } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { headOf, type StreamRows } from './streamRows.ts';

interface Numbered {
  /** By row, from 1. */
  numberOf: Uint32Array;
  nameOf(number: number): string;
}

const EVENTS_A_STEP = 500;

/** Every event is a row of its own, but for those that say the same id: the rows know a hash of it. */
export function* numberByEventId(
  contextOf: () => ReadContext,
  rows: StreamRows,
  groups: Groups,
  note: (looked: number) => void,
): Generator<void, Numbered> {
  const numberOf = new Uint32Array(rows.count);
  const rowOf = [-1];
  const first = new Map<number, number>();
  /** Rows of the same hash: what they say is read. */
  const alike = new Set<number>();
  for (let row = 0; row < rows.count; row += 1) {
    const hash = rows.eventHash[row]!;
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
