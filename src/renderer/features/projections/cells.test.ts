import { describe, expect, it } from 'vitest';
import { cellCopy, cellKind, cellText, columnWidths, isNumberColumn } from './cells.ts';

describe('cells of a SQL answer', () => {
  it('keep every digit and group only the whole part', () => {
    expect(cellText({ integer: '9007199254740993' })).toBe('9\u202f007\u202f199\u202f254\u202f740\u202f993');
    expect(cellText({ integer: '9007199254740993' }, '_last_event')).toBe('9007199254740993');
    expect(cellText({ decimal: '14820.50' })).toBe('14\u202f820.50');
    expect(cellCopy({ decimal: '14820.50' })).toBe('14820.50');
  });

  it('tell NULL, the empty text and the text NULL apart', () => {
    expect([null, '', 'NULL', 0].map(cellKind)).toEqual(['null', 'empty', 'text', 'number']);
  });

  it('count bytes, not base64 letters', () => {
    expect(cellText({ base64: 'AAEC' })).toBe('3 bytes');
    expect(cellText({ base64: 'AA==' })).toBe('1 byte');
  });

  it('stand right when all that is there is a number', () => {
    const column = { name: 'n', type: null };
    expect(isNumberColumn(column, [1, null, { decimal: '2.50' }])).toBe(true);
    expect(isNumberColumn(column, [1, 'x'])).toBe(false);
    expect(isNumberColumn({ name: 'n', type: 'decimal' }, [null])).toBe(true);
    expect(isNumberColumn({ name: 'n', type: null }, [])).toBe(false);
  });

  it('get a width between the bounds', () => {
    const [narrow, wide] = columnWidths(
      [
        { name: 'a', type: null },
        { name: 'b', type: null },
      ],
      [['x', 'y'.repeat(500)]],
    );
    expect(narrow).toBe(64);
    expect(wide).toBe(320);
  });
});
