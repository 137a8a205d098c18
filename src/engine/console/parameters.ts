/** Values of named parameters, bound as they were typed: no text of a person becomes part of a statement. */
import Big from 'big.js';
import { HindcastError } from '../../contract/errors.ts';
import { parametersOf, parameterValue } from '../../core/sqlParameters.ts';
import { type Stored, storeDecimal } from '../projection/values.ts';

const WHOLE = /^[+-]?\d+$/;

function bound(typed: string): Stored {
  const { kind, text } = parameterValue(typed);
  if (kind === 'null') return null;
  if (kind === 'text') return text;
  // The same storage form as a column has, so that equal decimals are equal.
  const exact = new Big(text.replace(/^\+/, '')).toFixed();
  return WHOLE.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
    ? BigInt(text)
    : storeDecimal(exact);
}

/**
 * What is bound to a statement; null: it has no parameters.
 * @param typed values by name, as a person typed them
 * @throws HindcastError `sql.invalid` for a parameter without name or without value
 */
export function bindings(
  sql: string,
  typed: Readonly<Record<string, string>>,
): Record<string, Stored> | null {
  const { names, nameless } = parametersOf(sql);
  if (nameless !== null)
    throw new HindcastError('sql.invalid', {
      problem: `the parameter ? at character ${nameless + 1} has no name; write it as :name`,
    });
  const missing = names.filter((name) => !Object.hasOwn(typed, name));
  if (missing.length > 0)
    throw new HindcastError('sql.invalid', {
      problem: `${missing.map((name) => `:${name}`).join(', ')} ${missing.length === 1 ? 'has' : 'have'} no value`,
    });
  if (names.length === 0) return null;
  return Object.fromEntries(names.map((name) => [name, bound(typed[name]!)]));
}
