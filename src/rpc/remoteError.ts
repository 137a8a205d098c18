import {
  type ErrorCode,
  type ErrorDetails,
  type ErrorValue,
  HindcastError,
  toErrorValue,
} from '../contract/errors.ts';

/** An error of the engine as the page gets it. `code` may be one that this page does not know yet. */
export class RemoteError extends Error {
  readonly code: ErrorCode | (string & {});
  readonly nextStep: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;
  /** Names this failure in the engine's log. */
  readonly traceId: string;

  constructor(value: ErrorValue) {
    super(value.message);
    this.name = 'RemoteError';
    this.code = value.code;
    this.nextStep = value.nextStep;
    this.retryable = value.retryable;
    this.details = value.details;
    this.traceId = value.traceId;
  }
}

/** An error that arises on this side of the connection, in the same form. */
export const localError = (code: ErrorCode, details: ErrorDetails = {}): RemoteError =>
  new RemoteError(toErrorValue(new HindcastError(code, details), crypto.randomUUID()));
