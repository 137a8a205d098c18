/** Named parameters of a SQL statement: `:name`, `@name` and `$name`, as SQLite takes them. */

/** Strings, names in quotes and comments, in which nothing is a parameter; then a parameter, or one without a name. */
const PART =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`[^`]*`?|\[[^\]]*\]?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[:@$]([A-Za-z_]\w*)|(\?\d*)|[\w$]+/g;

export interface SqlParameters {
  /** Names without their sign, in the order in which they first stand. */
  names: string[];
  /** Where the statement has a `?`, which no value can be given to; null: it has none. */
  nameless: number | null;
}

/** Finds the parameters of a statement. */
export function parametersOf(sql: string): SqlParameters {
  const names = new Set<string>();
  let nameless: number | null = null;
  for (const match of sql.matchAll(PART)) {
    if (match[1] !== undefined) names.add(match[1]);
    if (match[2] !== undefined) nameless ??= match.index;
  }
  return { names: [...names], nameless };
}

/** What a typed value is: `NULL`, a number, or text; text that looks like one of these is written in quotes. */
export type ParameterKind = 'null' | 'number' | 'text';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** Reads a value as it was typed: `NULL`, `12.50`, `'12'`, anything else is text as it stands. */
export function parameterValue(typed: string): { kind: ParameterKind; text: string } {
  const bare = typed.trim();
  if (/^null$/i.test(bare)) return { kind: 'null', text: '' };
  if (NUMBER.test(bare)) return { kind: 'number', text: bare };
  if (bare.length >= 2 && bare.startsWith("'") && bare.endsWith("'"))
    return { kind: 'text', text: bare.slice(1, -1).replaceAll("''", "'") };
  return { kind: 'text', text: typed };
}
