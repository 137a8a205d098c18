/** What crosses between the engine and its store threads. */

import { type ErrorCode, type ErrorDetails, HindcastError } from '../../contract/errors.ts';
import type { SentenceTemplate } from '../../contract/sentences.ts';

export interface Call {
  id: number;
  name: string;
  args: unknown;
  /** One number in shared memory: not 0 when the caller has given up. Seen also by a loop that never yields. */
  cancel: SharedArrayBuffer;
}

/** To a reader thread, beside its calls: how events are said from now on. */
export interface SayMessage {
  kind: 'say';
  sentences: readonly SentenceTemplate[];
}

export type ThreadMessage =
  | { kind: 'ready'; facts: unknown }
  | { kind: 'refused'; error: WireError }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failed'; id: number; error: WireError }
  | { kind: 'progress'; id: number; state: unknown }
  /** It gave way and is to be asked again: see giveWay.ts. */
  | { kind: 'again'; id: number }
  /** The writer has committed records. */
  | { kind: 'changed'; revision: number };

export type WireError =
  | { code: ErrorCode; details: ErrorDetails; retryable: boolean }
  | { code: null; message: string; stack: string };

export function toWire(thrown: unknown): WireError {
  if (thrown instanceof HindcastError)
    return { code: thrown.code, details: thrown.details, retryable: thrown.retryable };
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { code: null, message: error.message, stack: error.stack ?? '' };
}

export function fromWire(error: WireError): HindcastError {
  if (error.code !== null)
    return new HindcastError(error.code, error.details, { retryable: error.retryable });
  const cause = new Error(error.message);
  cause.stack = error.stack;
  return new HindcastError('internal', { problem: error.message }, { cause });
}

/** Cancel flags: 4 bytes, 0 until cancelled. */
export const newCancelFlag = (): SharedArrayBuffer => new SharedArrayBuffer(4);
export const raiseFlag = (flag: SharedArrayBuffer): void => void Atomics.store(new Int32Array(flag), 0, 1);
export const isRaised = (flag: SharedArrayBuffer): boolean => Atomics.load(new Int32Array(flag), 0) !== 0;
