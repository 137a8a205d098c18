import type { aggregates } from '../../../contract/aggregates.ts';
import { int64 } from '../../../contract/common.ts';
import type { Input } from '../../../contract/contract.ts';
import { parseMoment } from '../../lib/moment.ts';

export type GoTo =
  | { to: 'time'; time: number }
  | { to: 'version'; version: number }
  /** Number in the list, from 1. */
  | { to: 'number'; number: number }
  | { to: 'event'; eventId: string }
  /** A record's place in Kafka; the offset as decimal text. */
  | { to: 'place'; topic: string; partition: number; offset: string };
export type GoToAnswer = { ok: true; target: GoTo } | { ok: false; problem: string };

/** Whole numbers of so many digits are milliseconds since 1970 (1973 and later); shorter ones are versions. */
const MILLIS_DIGITS = 12;

/**
 * Reads where a person wants to go: `v388` or `388` (version), `#388` (place in the list), a time with a zone, an
 * event id, or a place in Kafka as `topic:partition:offset`. A time without zone is refused with the hint.
 */
export function parseGoTo(text: string): GoToAnswer {
  const wanted = text.trim();
  if (wanted === '')
    return { ok: false, problem: 'Type a time with a zone, a version, an offset or an event id.' };
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
  const kafka = /^(\S+?)(?::(\d{1,9}):|\s*\[(\d{1,9})\]\s*@\s*)(\d[\d\s\u202f]*)$/.exec(wanted);
  if (kafka !== null) {
    const [, topic, plain, bracketed, offset] = kafka;
    // `2025-12-31T23:59:59` is a time without a zone, not a topic.
    if (!/^\d{4}-\d\d-\d\d/.test(topic!))
      return {
        ok: true,
        target: {
          to: 'place',
          topic: topic!,
          partition: Number(plain ?? bracketed),
          offset: offset!.replace(/\D/g, ''),
        },
      };
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

/** What the engine is asked for to find it; a place in the list needs no question. */
export function questionFor(
  target: Exclude<GoTo, { to: 'number' }>,
): Input<(typeof aggregates)['locate']>['target'] {
  switch (target.to) {
    case 'time':
      return { time: target.time };
    case 'version':
      return { version: target.version };
    case 'place':
      return {
        topic: target.topic,
        partition: target.partition,
        offset: int64(BigInt(target.offset)),
      };
    case 'event':
      return { eventId: target.eventId };
  }
}
