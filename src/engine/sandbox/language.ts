/** TypeScript as JavaScript, with every remaining character at its place: lines and columns in errors stay right. */
import * as nodeModule from 'node:module';
import { HindcastError } from '../../contract/errors.ts';
import type { ScriptReducer } from '../../core/model.ts';

type Strip = (source: string) => string;

/** Node tells the place only in what it would print: `:2`, the line, and a mark under the column. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, line, marked] = /^:(\d+)\n(?:[^\n]*\n)*?([ \t]*)\^+\n/.exec(stack) ?? [];
  if (line !== undefined) return ` (line ${line}, column ${marked!.length + 1})`;
  const whole = /^:(\d+)\n/.exec(stack)?.[1];
  return whole === undefined ? '' : ` (line ${whole})`;
}

/** @throws HindcastError `reducer.invalid` for types that cannot be stripped, such as enums */
export function javaScriptOf({ name, language, source }: ScriptReducer): string {
  if (language === 'javascript') return source;
  const strip = (nodeModule as { stripTypeScriptTypes?: Strip }).stripTypeScriptTypes;
  if (strip === undefined)
    throw new HindcastError('reducer.invalid', {
      name,
      problem: 'this runtime cannot read TypeScript; save it as JavaScript',
    });
  const { emitWarning } = process;
  // Node announces on the terminal that this function is new; whoever folds a reducer did not ask.
  process.emitWarning = () => {};
  try {
    return strip(source);
  } catch (error) {
    const problem = error instanceof Error ? error.message.trim().replace(/\s+/g, ' ') : String(error);
    throw new HindcastError('reducer.invalid', { name, problem: `TypeScript: ${problem}${placeOf(error)}` });
  } finally {
    process.emitWarning = emitWarning;
  }
}
