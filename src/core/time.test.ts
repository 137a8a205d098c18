import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { formatTime, lacksZone, occurredMillis, parseTime, TimeProblem } from './time.ts';

const NEW_YEAR = Date.UTC(2025, 11, 31, 23, 59, 59);

describe('parseTime', () => {
  it('reads ISO 8601 with a zone, and milliseconds', () => {
    expect(parseTime('2025-12-31T23:59:59Z')).toBe(NEW_YEAR);
    expect(parseTime('2026-01-01T01:59:59+02:00')).toBe(NEW_YEAR);
    expect(parseTime('2025-12-31 18:29:59.123-0530')).toBe(NEW_YEAR + 123);
    expect(parseTime(String(NEW_YEAR))).toBe(NEW_YEAR);
    expect(parseTime('2025-12-31T23:59Z')).toBe(NEW_YEAR - 59_000);
    expect(parseTime('0050-01-01T00:00:00Z')).toBe(new Date('0050-01-01T00:00:00Z').getTime());
  });
  it.each([
    ['2025-12-31T23:59:59', /has no zone.*Add Z for UTC \(2025-12-31T23:59:59Z\)/],
    ['2025-12-31', /has no zone.*2025-12-31T00:00:00Z/],
    ['yesterday', /is not a time.*Write it as/],
    ['2025-02-29T00:00:00Z', /is not a time/],
    ['2025-13-01T00:00:00Z', /is not a time/],
    ['2025-12-31T24:00:00Z', /is not a time/],
    ['2025-12-31T23:59:59+25:00', /is not a time/],
    ['31/12/2025', /is not a time/],
    ['99999999999999999', /beyond the last time/],
  ])('refuses %s with a hint', (text, message) => {
    expect(() => parseTime(text)).toThrow(message);
    expect(() => parseTime(text)).toThrow(TimeProblem);
  });
  it('reads back every time it writes', () => {
    const times = fc.integer({ min: Date.UTC(0, 0, 1), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(times, (ms) => {
        expect(parseTime(formatTime(ms))).toBe(ms);
        expect(occurredMillis(formatTime(ms))).toBe(ms);
      }),
    );
  });
});

describe('occurredMillis', () => {
  it.each([
    ['"2025-12-31T23:59:59Z"', 0],
    ['"2025-12-31T23:59:59.1Z"', 100],
    ['"2025-12-31T23:59:59.123456789Z"', 123],
    ['"2025-12-31T23:59:59.123456+00:00"', 123],
    ['"2025-12-31T23:59:59"', 0],
    ['1767225599', 0],
    ['1767225599.250', 250],
    ['1767225599123', 123],
    ['1767225599123456', 123],
    ['1767225599123456789', 123],
    ['"1767225599123"', 123],
  ])('reads %s', (text, milliseconds) => {
    expect(occurredMillis(parseJson(text))).toBe(NEW_YEAR + milliseconds);
  });
  it.each(['"soon"', '""', 'true', '{}', '"2025-12-31T23:59:60Z"', '"2025-12-31T2x:59:59Z"', '1e300'])(
    'does not guess at %s',
    (text) => expect(occurredMillis(parseJson(text))).toBeNull(),
  );
  it('tells when a zone was assumed', () => {
    expect(lacksZone('2025-12-31T23:59:59')).toBe(true);
    expect(lacksZone('2025-12-31T23:59:59Z')).toBe(false);
    expect(lacksZone(1767225599)).toBe(false);
  });
});
