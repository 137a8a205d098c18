import { expect, test } from 'vitest';
import { shown } from './escape.ts';
import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatDecimal,
  formatDuration,
  formatIso,
  formatNumber,
  formatSigned,
  formatSpan,
  formatTime,
  plural,
} from './format.ts';

const NEW_YEAR = Date.UTC(2025, 11, 31, 2, 0, 4, 117);

test('counts are grouped, exact and may exceed 2^53', () => {
  expect(formatCount(1203114)).toBe('1\u202f203\u202f114');
  expect(formatCount('9007199254740993')).toBe('9\u202f007\u202f199\u202f254\u202f740\u202f993');
  expect(formatCount(-1)).toBe('\u22121');
  expect(formatCount(4096)).toBe('4\u202f096');
});

test('decimals keep every digit of their text', () => {
  expect(formatDecimal('14820.550')).toBe('14\u202f820.550');
  expect(formatDecimal('-0.10')).toBe('\u22120.10');
  expect(formatDecimal('1e400')).toBe('1e400');
  expect(formatSigned('61.76')).toBe('+61.76');
  expect(formatSigned('-15000.00')).toBe('\u221215\u202f000.00');
  expect(formatSigned('0.00')).toBe('0.00');
});

test('amounts of a state are grouped; years, ids and clocks stand as they are', () => {
  expect(formatNumber('-14820.50')).toBe('\u221214\u202f820.50');
  expect(formatNumber('120000')).toBe('120\u202f000');
  expect(formatNumber('2025')).toBe('2025');
  expect(formatNumber('-7')).toBe('\u22127');
  expect(formatNumber('9007199254740993')).toBe('9007199254740993');
  expect(formatNumber('9007199254740993.10')).toBe('9007199254740993.10');
  expect(formatNumber('1e400')).toBe('1e400');
});

test('times are UTC with milliseconds', () => {
  expect(formatTime(NEW_YEAR)).toBe('31 Dec 2025 02:00:04.117');
  expect(formatClock(NEW_YEAR, 's')).toBe('02:00:04');
  expect(formatIso(NEW_YEAR)).toBe('2025-12-31T02:00:04.117Z');
});

test('ages and durations name their largest units', () => {
  expect(formatAge(NEW_YEAR, NEW_YEAR + 4000)).toBe('4 s ago');
  expect(formatAge(NEW_YEAR + 86_400_000, NEW_YEAR)).toBe('in 1 day');
  expect(formatSpan(300)).toBe('now');
  expect(formatSpan(305 * 86_400_000)).toBe('10 months');
  expect(formatDuration(0.64)).toBe('0.6 ms');
  expect(formatDuration(125_000)).toBe('2 min 5 s');
  expect(formatDuration(604_800_000)).toBe('7 days');
});

test('sizes', () => {
  expect(formatBytes(1)).toBe('1 byte');
  expect(formatBytes(999)).toBe('999 bytes');
  expect(formatBytes(1_200_000)).toBe('1.2 MB');
  expect(formatBytes(999_999)).toBe('1.0 MB');
  expect(plural('1', 'event')).toBe('1 event');
  expect(plural(412, 'event')).toBe('412 events');
});

test('what cannot be seen is made visible', () => {
  expect(shown('abc\u202egnp.exe')).toBe('abc⟨U+202E⟩gnp.exe');
  expect(shown('a\u0000b\nc')).toBe('a⟨U+0000⟩b⟨U+000A⟩c');
  expect(shown('a\n\tb\r', true)).toBe('a\n\tb⟨U+000D⟩');
  expect(shown('a\u{e0041}b')).toBe('a⟨U+E0041⟩b');
  expect(shown('\ud800x')).toBe('⟨U+D800⟩x');
  expect(shown('Zoë 😀 日本')).toBe('Zoë 😀 日本');
});
