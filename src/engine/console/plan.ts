/**
 * SQLite's query plan in plain words. The forms of the lines are those of its documentation, "EXPLAIN QUERY PLAN"
 * (https://sqlite.org/eqp.html); what is not known is shown as it is.
 */
export interface PlanStep {
  /** How deep it stands under the step that it is part of, from 0. */
  depth: number;
  words: string;
  /** As SQLite says it. */
  detail: string;
  /** It reads a whole table or sorts: what takes long when there is much. */
  heavy: boolean;
}

export interface PlanRow {
  id: number;
  parent: number;
  detail: string;
}

/** Names inside of the views that a statement asks, by what a person calls them. */
export type TableNames = ReadonlyMap<string, string>;

type Rule = [
  form: RegExp,
  words: (match: RegExpExecArray, name: (raw: string) => string) => string,
  heavy?: boolean,
];

/** `rowid=? AND at>?` → ` by number and at from a limit on`. */
function conditions(text: string | undefined): string {
  if (text === undefined) return '';
  const parts = text.split(/\s+AND\s+/).map((part) => {
    const [, column = part, sign = ''] = /^(.*?)(=|>=?|<=?)\?$/.exec(part) ?? [];
    const name = column === 'rowid' ? 'number' : column;
    return sign.startsWith('>')
      ? `${name} from a limit on`
      : sign.startsWith('<')
        ? `${name} up to a limit`
        : name;
  });
  return ` by ${parts.join(' and ')}`;
}

const RULES: readonly Rule[] = [
  [/^SCAN CONSTANT ROW$/, () => 'takes one row of constants'],
  [
    /^SCAN (.+?) USING (?:COVERING )?INDEX (\S+)(.*)$/,
    ([, table, index], name) => `reads all of ${name(table!)} in the order of the index ${index}`,
    true,
  ],
  [/^SCAN (.+?) VIRTUAL TABLE INDEX (.*)$/, ([, table], name) => `goes through what ${name(table!)} gives`],
  [/^SCAN (.+?)( LEFT-JOIN)?$/, ([, table], name) => `reads all rows of ${name(table!)}`, true],
  [
    /^SEARCH (.+?) USING INTEGER PRIMARY KEY(?: \((.*)\))?( LEFT-JOIN)?$/,
    ([, table, by], name) => `finds rows of ${name(table!)}${conditions(by)}`,
  ],
  [
    /^SEARCH (.+?) USING (?:COVERING )?(?:INDEX (\S+)|PRIMARY KEY)(?: \((.*)\))?( LEFT-JOIN)?$/,
    ([, table, index, by], name) =>
      `finds rows of ${name(table!)}${conditions(by)}${index === undefined ? '' : ` with the index ${index}`}`,
  ],
  [
    /^SEARCH (.+?) USING AUTOMATIC (?:PARTIAL )?(?:COVERING )?INDEX(?: \((.*)\))?( LEFT-JOIN)?$/,
    ([, table, by], name) =>
      `makes an index of ${name(table!)} for this question, then finds rows${conditions(by)}`,
    true,
  ],
  [
    /^BLOOM FILTER ON (.+?)(?: \((.*)\))?$/,
    ([, table], name) => `passes over rows of ${name(table!)} that cannot fit`,
  ],
  [/^USE TEMP B-TREE FOR GROUP BY$/, () => 'sorts to form the groups', true],
  [/^USE TEMP B-TREE FOR (?:LAST (?:\d+ )?TERMS? OF )?ORDER BY$/, () => 'sorts the result', true],
  [/^USE TEMP B-TREE FOR DISTINCT$/, () => 'remembers rows to leave out repeated ones', true],
  [/^USE TEMP B-TREE FOR (.+)$/, ([, what]) => `keeps rows aside for ${what!.toLowerCase()}`, true],
  [/^MATERIALIZE (.+)$/, ([, table], name) => `works out ${name(table!)} first and keeps it`],
  [/^CO-ROUTINE (.+)$/, ([, table], name) => `works out ${name(table!)} row by row`],
  [
    /^CORRELATED (?:SCALAR |LIST )?SUBQUERY (\d+)$/,
    () => 'a question inside, answered again for every row',
    true,
  ],
  [/^(?:SCALAR |LIST )?SUBQUERY (\d+)$/, () => 'a question inside, answered once'],
  [/^REUSE (?:LIST )?SUBQUERY (\d+)$/, () => 'takes the answer of the question inside again'],
  [/^MULTI-INDEX OR$/, () => 'finds rows by each side of OR'],
  [/^INDEX (\d+)$/, ([, number]) => `side ${number} of OR`],
  [/^COMPOUND QUERY$/, () => 'puts several questions together'],
  [/^LEFT-MOST SUBQUERY$/, () => 'the first of them'],
  [/^(UNION ALL|UNION|INTERSECT|EXCEPT)(?: USING TEMP B-TREE)?$/, ([, how]) => `the next, by ${how}`],
  [/^MERGE \((.+)\)$/, ([, how]) => `puts sorted answers together by ${how}`],
  [/^(LEFT|RIGHT)$/, ([, side]) => `its ${side!.toLowerCase()} side`],
  [/^RECURSIVE STEP$/, () => 'the step that is repeated'],
  [/^SETUP$/, () => 'the beginning'],
];

/** Puts every line of a plan into words. */
export function planInWords(rows: readonly PlanRow[], names: TableNames): PlanStep[] {
  const depths = new Map<number, number>([[0, -1]]);
  const name = (raw: string): string => {
    const table = raw.replace(/^(?:TABLE|main\.|temp\.|derived\.)\s*/, '').replace(/ AS \S+$/, '');
    return names.get(table) ?? (/^\(?subquery-\d+\)?$/i.test(table) ? 'the question inside' : table);
  };
  return rows.map(({ id, parent, detail }) => {
    const depth = (depths.get(parent) ?? -1) + 1;
    depths.set(id, depth);
    for (const [form, words, heavy = false] of RULES) {
      const match = form.exec(detail);
      if (match !== null) return { depth, words: words(match, name), detail, heavy };
    }
    return { depth, words: detail, detail, heavy: false };
  });
}
