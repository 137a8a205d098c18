import { type Expression, FilterProblem, parseFilter } from '../core/filter/filter.ts';
import { HindcastError } from './errors.ts';

/** Reads the `where` of a filter. @throws HindcastError `filter.invalid` with the place in its details */
export function readWhere(text: string): Expression {
  try {
    return parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterProblem)) throw error;
    const { message, position, length, hint } = error;
    const problem = message.charAt(0).toLowerCase() + message.slice(1);
    throw new HindcastError(
      'filter.invalid',
      { text, problem, position, length, hint: hint || 'Correct the marked place.', character: position + 1 },
      { cause: error },
    );
  }
}
