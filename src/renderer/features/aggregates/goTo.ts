import { parseMoment } from '../../lib/moment.ts';

export type GoTo =
  | { to: 'time'; time: number }
  | { to: 'version'; version: number }
  /** Number in the list, from 1. */
  | { to: 'number'; number: number }
  | { to: 'event'; eventId: string };
export type GoToAnswer = { ok: true; target: GoTo } | { ok: false; problem: string };

/** Whole numbers of so many digits are milliseconds since 1970 (1973 and later); shorter ones are versions. */
const MILLIS_DIGITS = 12;

/**
 * Reads where a person wants to go: `v388` or `388` (version), `#388` (place in the list), a time with a zone, or an
 * event id. A time without zone is refused with the hint.
 */
export function parseGoTo(text: string): GoToAnswer {
  const wanted = text.trim();
  if (wanted === '') return { ok: false, problem: 'Type a time with a zone, a version or an event id.' };
  const place = /^#\s?(\d{1,10})$/.exec(wanted);
  if (place !== null) {
    const number = Number(place[1]);
    return number === 0
      ? { ok: false, problem: 'The list begins at #1.' }
      : { ok: true, target: { to: 'number', number } };
  }
  const version = /^v?(\d+)$/i.exec(wanted);
  if (version !== null && (wanted.length < MILLIS_DIGITS || /^v/i.test(wanted))) {
    const number = Number(version[1]);
    return Number.isSafeInteger(number)
      ? { ok: true, target: { to: 'version', version: number } }
      : { ok: false, problem: `Version ${version[1]} is beyond what a version can be.` };
  }
  // What begins like a date, or is a long whole number, is meant as a time: its problem is the person's problem.
  if (/^\d{4}-\d/.test(wanted) || /^-?\d+$/.test(wanted)) {
    const moment = parseMoment(wanted);
    return moment.ok
      ? { ok: true, target: { to: 'time', time: moment.at } }
      : { ok: false, problem: moment.problem };
  }
  return { ok: true, target: { to: 'event', eventId: wanted } };
}
