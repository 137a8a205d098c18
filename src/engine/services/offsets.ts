import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';

/** An offset of the wire as a number. @throws HindcastError `input.invalid` below 0 or at 2^40 and above */
export function offsetOf(text: string, field: string): number {
  const value = Number(text);
  if (value >= 0 && value < LIMITS.maxOffset) return value;
  throw new HindcastError('input.invalid', {
    procedure: 'capture.start',
    problem: `${field}: ${text} is not between 0 and 2^40`,
  });
}
