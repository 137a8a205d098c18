import { describe, expect, it } from 'vitest';
import { parametersOf, parameterValue } from './sqlParameters.ts';

describe('parameters of a statement', () => {
  it('are found where SQLite finds them, once each', () => {
    const sql = `SELECT ':no', ":no", [:no], \`:no\` -- :no
      /* :no */ FROM t WHERE a = :from AND b < @to OR c = $x AND d = :from AND e = 'it''s :no'`;
    expect(parametersOf(sql)).toEqual({ names: ['from', 'to', 'x'], nameless: null });
    expect(parametersOf('SELECT ?')).toEqual({ names: [], nameless: 7 });
    expect(parametersOf("SELECT 'open :no")).toEqual({ names: [], nameless: null });
    expect(parametersOf('SELECT a1$b, 12')).toEqual({ names: [], nameless: null });
  });

  it('are numbers, NULL or text by how they are typed', () => {
    expect(parameterValue(' 12.50 ')).toEqual({ kind: 'number', text: '12.50' });
    expect(parameterValue('9007199254740993')).toEqual({ kind: 'number', text: '9007199254740993' });
    expect(parameterValue("'12'")).toEqual({ kind: 'text', text: '12' });
    expect(parameterValue('null')).toEqual({ kind: 'null', text: '' });
    expect(parameterValue('2025-01-01')).toEqual({ kind: 'text', text: '2025-01-01' });
    expect(parameterValue('')).toEqual({ kind: 'text', text: '' });
    expect(parameterValue("'it''s'")).toEqual({ kind: 'text', text: "it's" });
  });
});
