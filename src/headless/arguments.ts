import type { AggregateRef, Cut } from '../contract/common.ts';
import { HindcastError } from '../contract/errors.ts';
import { parseTime, TimeProblem } from '../core/time.ts';

/** ISO 8601 with a zone, or milliseconds since 1970. @throws HindcastError time.no-zone */
export function parseMoment(text: string): number {
  try {
    return parseTime(text);
  } catch (problem) {
    if (!(problem instanceof TimeProblem)) throw problem;
    const sentence = problem.message.slice(0, -problem.hint.length - 2);
    throw new HindcastError('time.no-zone', { text, problem: sentence }, { cause: problem });
  }
}

/** `TYPE/ID`; the id may hold slashes, the type not. @throws HindcastError input.invalid */
export function parseAggregate(text: string): AggregateRef {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1)
    throw new HindcastError('input.invalid', {
      procedure: '--aggregate',
      problem: `“${text}” is not TYPE/ID`,
    });
  return { type: text.slice(0, slash), id: text.slice(slash + 1) };
}

export type Clock = 'recorded' | 'occurred';
export const NO_CUT: Cut = { knownOn: null, trueOn: null };

/** The cut of `--at TIME` on the chosen clock. */
export function cutAt(text: string | undefined, clock: Clock): Cut {
  if (text === undefined) return NO_CUT;
  const ms = parseMoment(text);
  return clock === 'recorded' ? { knownOn: ms, trueOn: null } : { knownOn: null, trueOn: ms };
}

/** `2025-09-12T12:00:00` without a zone has the form of a place too, and nobody means that. */
const LIKE_A_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:/i;

/** `TOPIC:PARTITION:OFFSET`, or null when the text has another form. */
export function parsePlace(text: string): { topic: string; partition: number; offset: string } | null {
  if (LIKE_A_TIME.test(text)) return null;
  const match = /^([A-Za-z0-9._-]{1,249}):(\d{1,10}):(\d{1,19})$/.exec(text);
  return match ? { topic: match[1]!, partition: Number(match[2]), offset: match[3]! } : null;
}

/** A whole number of at least 1. @throws HindcastError input.invalid */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new HindcastError('input.invalid', {
      procedure: '--limit',
      problem: `“${text}” is not a whole number from 1`,
    });
  return limit;
}

/** The longest that a timer can wait, in seconds. */
const MOST_SECONDS = 2_000_000;

/** A number of seconds above 0. @throws HindcastError input.invalid */
export function parseSeconds(text: string, option = '--timeout'): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= MOST_SECONDS))
    throw new HindcastError('input.invalid', {
      procedure: option,
      problem: `“${text}” is not a number of seconds above 0`,
    });
  return seconds;
}

/** A TCP port to listen on. @throws HindcastError input.invalid */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new HindcastError('input.invalid', {
      procedure: '--port',
      problem: `“${text}” is not a port from 0 to 65535`,
    });
  return port;
}
