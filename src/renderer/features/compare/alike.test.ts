import { expect, it } from 'vitest';
import { alikeUntil } from './alike.ts';

it('texts that begin alike are shown from shortly before they part', () => {
  const [a, b] = ['"2025-12-31T02:00:00.103Z"', '"2025-12-31T02:00:04.117Z"'];
  expect([a.slice(alikeUntil(a, b)), b.slice(alikeUntil(a, b))]).toEqual(['0:00.103Z"', '0:04.117Z"']);
  expect(alikeUntil('"Active"', '"Active"')).toBe(0);
  expect(alikeUntil('"Open"', '"Opened"')).toBe(0);
  expect('"balance was held"'.slice(alikeUntil('"balance was held"', '"balance was gone"'))).toBe('as held"');
  const clocks = '"abcdefgh\u{1f550}\u{1f551}x"';
  expect(clocks.slice(alikeUntil(clocks, '"abcdefgh\u{1f550}\u{1f551}y"'))).toBe('\u{1f550}\u{1f551}x"');
});
