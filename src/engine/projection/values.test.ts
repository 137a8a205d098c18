import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../core/json.ts';
import { storeDecimal, toColumn } from './values.ts';

const column = (type: Parameters<typeof toColumn>[0], json: string) => toColumn(type, parseJson(json));

describe('storeDecimal', () => {
  it('stores a number only when it is the decimal itself', () => {
    expect(storeDecimal('14820.50')).toBe(14820.5);
    expect(storeDecimal('0.1')).toBe(0.1);
    expect(storeDecimal('9007199254740993')).toBe(9007199254740993n);
    expect(storeDecimal('9007199254740993.00')).toBe(9007199254740993n);
    expect(storeDecimal('0.12345678901234567890')).toBe('0.12345678901234567890');
    expect(storeDecimal('99999999999999999999.5')).toBe('99999999999999999999.5');
    expect(storeDecimal('1e999999')).toBe('1e999999');
    expect(Object.is(storeDecimal('-0.00'), 0)).toBe(true);
  });

  it('never changes a value: any decimal up to 15 digits comes back from its number', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
        fc.integer({ min: 0, max: 8 }),
        (units, places) => {
          const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
          const cut = digits.length - places;
          const text = `${units < 0n ? '-' : ''}${digits.slice(0, cut)}${places > 0 ? `.${digits.slice(cut)}` : ''}`;
          const stored = storeDecimal(text);
          expect(Number(text)).toBe(Number(stored) + 0);
          if (typeof stored === 'number' && !String(stored).includes('e'))
            expect(BigInt(stored.toFixed(places).replace('.', ''))).toBe(units);
        },
      ),
    );
  });
});

describe('toColumn', () => {
  it('keeps what does not fit as text with a note', () => {
    expect(column('integer', '12.5')).toEqual({ value: '12.5', note: '12.5 is no integer; kept as text' });
    expect(column('integer', '1e999999')).toMatchObject({ value: '1e999999' });
    expect(column('decimal', '"abc"')).toEqual({ value: 'abc', note: 'abc is no decimal; kept as text' });
    expect(column('boolean', '"yes"')).toMatchObject({ value: 'yes' });
    expect(column('time', '"soon"')).toMatchObject({ value: 'soon' });
  });

  it('knows each type', () => {
    expect(column('integer', '"12"')).toEqual({ value: 12n });
    expect(column('integer', '12.00')).toEqual({ value: 12n });
    expect(column('decimal', '"61.76"')).toEqual({ value: 61.76, scale: 2 });
    expect(column('boolean', 'true')).toEqual({ value: 1n });
    expect(column('text', '1250.00')).toEqual({ value: '1250.00' });
    expect(column('json', '{"a":1.00}')).toEqual({ value: '{"a":1.00}' });
    expect(column('time', '"2025-01-01T01:00:00.5+01:00"')).toEqual({ value: '2025-01-01T00:00:00.500Z' });
    expect(column('text', 'null')).toEqual({ value: null });
    expect(toColumn('decimal', undefined)).toEqual({ value: null });
  });
});
