/** What the capture dialog asks for: as it is typed, what is wrong with it, and as the engine wants it. */
import { int64 } from '../../../contract/common.ts';
import type { CaptureFrom, CaptureTo } from '../../../contract/connections.ts';
import { parseMoment } from '../../lib/moment.ts';

export type Range = 'go-on' | 'earliest' | 'latest' | 'time' | 'offset';

/** Texts as they stand in the fields; empty: not given. */
export interface Choice {
  range: Range;
  latest: string;
  /** What the latest are counted of. */
  latestOf: 'partition' | 'topic';
  fromTime: string;
  toTime: string;
  fromOffset: string;
  toOffset: string;
  key: string;
}

export const FIRST_CHOICE: Choice = {
  range: 'earliest',
  latest: '10000',
  latestOf: 'partition',
  fromTime: '',
  toTime: '',
  fromOffset: '0',
  toOffset: '',
  key: '',
};

type Field = Exclude<keyof Choice, 'range' | 'key' | 'latestOf'>;
export type Problems = Partial<Record<Field, string>>;

const OFFSET = /^\d{1,13}$/;
const MOST = 2 ** 40;

/** What is wrong with the fields that are shown. */
export function problemsOf(choice: Choice): Problems {
  const problems: Problems = {};
  if (choice.range === 'latest') {
    const count = Number(choice.latest.trim());
    if (!/^\d+$/.test(choice.latest.trim()) || count < 1 || count > MOST)
      problems.latest = 'A whole number from 1.';
  }
  if (choice.range === 'time') {
    const from = parseMoment(choice.fromTime);
    const to = choice.toTime.trim() === '' ? null : parseMoment(choice.toTime);
    if (!from.ok) problems.fromTime = from.problem;
    if (to !== null && !to.ok) problems.toTime = to.problem;
    if (from.ok && to?.ok && to.at < from.at) problems.toTime = 'It lies before the beginning.';
  }
  if (choice.range === 'offset') {
    const { fromOffset, toOffset } = choice;
    if (!OFFSET.test(fromOffset)) problems.fromOffset = 'An offset is a whole number from 0.';
    if (toOffset !== '' && !OFFSET.test(toOffset)) problems.toOffset = 'An offset is a whole number from 0.';
    else if (toOffset !== '' && problems.fromOffset === undefined && Number(toOffset) < Number(fromOffset))
      problems.toOffset = 'It lies before the beginning.';
  }
  return problems;
}

/** Following goes on with all that comes: it has no end and takes no single key. */
export const canFollow = ({ range, toTime, toOffset, key }: Choice): boolean =>
  key === '' && (range !== 'time' || toTime.trim() === '') && (range !== 'offset' || toOffset === '');

/** As the engine wants it. Only for a choice without problems. */
export function askedOf(choice: Choice): { from: CaptureFrom; to?: CaptureTo; key?: string } {
  return { ...rangeOf(choice), ...(choice.key === '' ? {} : { key: choice.key }) };
}

function rangeOf(choice: Choice): { from: CaptureFrom; to?: CaptureTo } {
  if (choice.range === 'latest') {
    const count = Number(choice.latest);
    return { from: choice.latestOf === 'topic' ? { newest: count } : { latest: count } };
  }
  if (choice.range === 'time') {
    const to = parseMoment(choice.toTime);
    return { from: { time: momentAt(choice.fromTime) }, ...(to.ok ? { to: { time: to.at } } : {}) };
  }
  if (choice.range === 'offset') {
    const { fromOffset, toOffset } = choice;
    const from = { offset: int64(BigInt(fromOffset)) };
    return { from, ...(toOffset === '' ? {} : { to: { offset: int64(BigInt(toOffset)) } }) };
  }
  return { from: choice.range };
}

function momentAt(text: string): number {
  const moment = parseMoment(text);
  if (!moment.ok) throw new RangeError(moment.problem);
  return moment.at;
}
