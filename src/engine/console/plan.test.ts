import { expect, it } from 'vitest';
import { planInWords } from './plan.ts';

it('puts the lines of a plan into words, and leaves what it does not know as it is', () => {
  const names = new Map([
    ['r', 'events'],
    ['_data_3', 'orders'],
  ]);
  const lines: [number, number, string][] = [
    [2, 0, 'SCAN r'],
    [3, 0, 'SEARCH derived._data_3 USING PRIMARY KEY (key=?)'],
    [4, 0, 'SEARCH p USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN'],
    [5, 0, 'SEARCH r USING COVERING INDEX by_time (ts>? AND ts<?)'],
    [6, 0, 'MULTI-INDEX OR'],
    [7, 6, 'INDEX 1'],
    [8, 7, 'SEARCH x USING AUTOMATIC COVERING INDEX (a=?)'],
    [9, 0, 'USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY'],
    [10, 0, 'CORRELATED SCALAR SUBQUERY 1'],
    [11, 0, 'SOMETHING NEW'],
  ];
  const steps = planInWords(
    lines.map(([id, parent, detail]) => ({ id, parent, detail })),
    names,
  );
  expect(steps.map(({ depth, words, heavy }) => `${'  '.repeat(depth)}${words}${heavy ? ' !' : ''}`)).toEqual(
    [
      'reads all rows of events !',
      'finds rows of orders by key',
      'finds rows of p by number',
      'finds rows of events by ts from a limit on and ts up to a limit with the index by_time',
      'finds rows by each side of OR',
      '  side 1 of OR',
      '    makes an index of x for this question, then finds rows by a !',
      'sorts the result !',
      'a question inside, answered again for every row !',
      'SOMETHING NEW',
    ],
  );
});
