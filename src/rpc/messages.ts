import { z } from 'zod';
import { ErrorValue } from '../contract/errors.ts';

/** Values a stream may send before the page has taken any. */
export const FIRST_CREDIT = 16;
const MAX_CREDIT = 1024;
/** The id of an error that belongs to no call: the peer's frame could not be understood. */
export const NO_CALL = 0;

const CallId = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const Credit = z.number().int().min(1).max(MAX_CREDIT);

/** Headers that the page sends. */
export const Request = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('call'),
    id: CallId,
    p: z.string().max(200),
    i: z.unknown(),
    c: Credit.optional(),
  }),
  z.object({ t: z.literal('cancel'), id: CallId }),
  z.object({ t: z.literal('credit'), id: CallId, n: Credit }),
]);
export type Request = z.infer<typeof Request>;

/**
 * Headers that the engine sends. `ok` ends a query and may carry a tail, `next` is a value of a stream, `end` its
 * end, `error` ends either.
 */
export const Reply = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ok'), id: CallId, v: z.unknown() }),
  z.object({ t: z.literal('next'), id: CallId, v: z.unknown() }),
  z.object({ t: z.literal('end'), id: CallId }),
  z.object({ t: z.literal('error'), id: z.union([z.literal(NO_CALL), CallId]), e: ErrorValue }),
]);
export type Reply = z.infer<typeof Reply>;

/** The first problem of a failed check in words: where, then what. At most a few hundred characters. */
export function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'it does not fit';
  const where = issue.path.map(String).join('.');
  const text = where ? `${where}: ${issue.message}` : issue.message;
  const short = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return short.replace(/\.$/, '');
}
