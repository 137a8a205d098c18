import { describe, expect, it } from 'vitest';
import { formatCsv, formatJsonRows } from './export.ts';
import type { Cell } from './projections.ts';

const columns = [{ name: 'a' }, { name: 'b,"c"' }];

describe('formatCsv', () => {
  it('quotes as RFC 4180 and keeps null, empty and "null" apart', () => {
    const rows: Cell[][] = [
      [null, ''],
      ['null', 'one\r\ntwo'],
      ['say "hi"', { base64: 'AAE=' }],
    ];
    expect(formatCsv(columns, rows)).toBe(
      'a,"b,""c"""\r\n,""\r\nnull,"one\r\ntwo"\r\n"say ""hi""",base64:AAE=\r\n',
    );
  });

  it('guards formulas and leaves numbers alone', () => {
    const texts = ['=1+1', '+cmd', '-x', '@sum', '\tx', '-37.40', '+4', '1e5', '-2e-3'];
    const lines = formatCsv(
      [{ name: 'v' }],
      texts.map((text) => [text]),
    ).split('\r\n');
    expect(lines.slice(1, -1)).toEqual([
      "'=1+1",
      "'+cmd",
      "'-x",
      "'@sum",
      "'\tx",
      '-37.40',
      '+4',
      '1e5',
      '-2e-3',
    ]);
    expect(formatCsv([{ name: 'v' }], [[-5], [{ decimal: '-0.10' }]])).toBe('v\r\n-5\r\n-0.10\r\n');
  });
});

describe('formatJsonRows', () => {
  it('writes exact numbers and makes names unique', () => {
    const rows: Cell[][] = [[{ integer: '9007199254740993' }, { decimal: '1250.00' }, 'x']];
    const twice = [{ name: 'n' }, { name: 'n' }, { name: '"q"' }];
    expect(formatJsonRows(twice, rows)).toBe('[\n{"n":9007199254740993,"n_2":1250.00,"\\"q\\"":"x"}\n]\n');
    expect(formatJsonRows(twice, rows, 'lines')).toBe('{"n":9007199254740993,"n_2":1250.00,"\\"q\\"":"x"}\n');
    expect(formatJsonRows(twice, [])).toBe('[]\n');
  });
});
