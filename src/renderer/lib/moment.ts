import { parseTime, TimeProblem } from '../../core/time.ts';

export type Moment = { ok: true; at: number } | { ok: false; problem: string };

/**
 * Reads a time that a person typed: ISO 8601 with a zone, `2025-12-31 23:59:59 UTC` as the page itself writes it, or
 * milliseconds since 1970. A time without zone is refused with a hint.
 */
export function parseMoment(text: string): Moment {
  try {
    return { ok: true, at: parseTime(text.trim().replace(/ ?UTC$/i, 'Z')) };
  } catch (error) {
    if (error instanceof TimeProblem) return { ok: false, problem: error.message };
    throw error;
  }
}
