/** The filter as the address holds it: quick conditions in `q`, the expression in `where`. */
import type { EventFilter } from '../../../contract/events.ts';
import { FilterProblem, parseFilter as parseExpression } from '../../../core/filter/filter.ts';
import { formatFilter, parseFilter } from './filterText.ts';

/** Why an expression cannot be used, and where. */
export interface ExpressionProblem {
  text: string;
  message: string;
  hint: string;
  from: number;
  to: number;
}

export interface AddressFilter {
  /** What restricts; an expression that cannot be read does not. */
  filter: EventFilter;
  problems: string[];
  /** The expression as it stands in the address. */
  where: string;
  whereProblem: ExpressionProblem | null;
}

/** Null: it can be used. */
export function problemOfExpression(text: string): ExpressionProblem | null {
  if (text.trim() === '') return null;
  try {
    parseExpression(text);
    return null;
  } catch (error) {
    if (!(error instanceof FilterProblem)) throw error;
    const { message, hint, position, length } = error;
    return { text, message, hint, from: position, to: position + length };
  }
}

export function readAddressFilter(q: string, where: string): AddressFilter {
  const { filter, problems } = parseFilter(q);
  const whereProblem = problemOfExpression(where);
  const isUsed = where.trim() !== '' && whereProblem === null;
  return { filter: isUsed ? { ...filter, where } : filter, problems, where, whereProblem };
}

/** Parameters of the address for a filter. */
export const addressOf = (filter: EventFilter): { q: string; where: string | null } => ({
  q: formatFilter(filter),
  where: filter.where ?? null,
});
