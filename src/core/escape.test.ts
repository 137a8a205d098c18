import { expect, test } from 'vitest';
import { shown, shownJson } from './escape.ts';

const HOSTILE = 'a\u0000b\u001b[2Jc\u0085d\u202ee\u200bf\ufeffg\u{e0041}h\ud800i\nj\tk';

test('what cannot be seen is marked, and nothing else changes', () => {
  expect(shown('Zoë 牛 \u{1f404} “ok”')).toBe('Zoë 牛 \u{1f404} “ok”');
  expect(shown(HOSTILE)).toBe(
    'a⟨U+0000⟩b⟨U+001B⟩[2Jc⟨U+0085⟩d⟨U+202E⟩e⟨U+200B⟩f⟨U+FEFF⟩g⟨U+E0041⟩h⟨U+D800⟩i⟨U+000A⟩j⟨U+0009⟩k',
  );
  expect(shown('a\n\tb\u001b', true)).toBe('a\n\tb⟨U+001B⟩');
  expect(shown(shown(HOSTILE))).toBe(shown(HOSTILE));
});

test('JSON text keeps its meaning and shows nothing unseen', () => {
  const value = { [HOSTILE]: [HOSTILE, 1] };
  for (const indent of [0, 2]) {
    const text = shownJson(JSON.stringify(value, null, indent));
    expect(JSON.parse(text)).toEqual(value);
    expect(shown(text, true)).toBe(text);
  }
});
