/**
 * Everything from Kafka is shown as what it is: control characters, bidi overrides, zero-width and tag characters and
 * lone surrogates become visible, so that no value can pretend to be another one, move a cursor or hide what follows.
 */
const UNSEEN =
  '\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\p{Cs}';
const HIDDEN = new RegExp(`[\\u0000-\\u001f${UNSEEN}]`, 'gu');

/** The same in text of several lines: line feeds and tabs do their work there. */
export const HIDDEN_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${UNSEEN}]`, 'gu');

/** `⟨U+202E⟩` for the first character of a text. */
export const mark = (found: string): string =>
  `⟨U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** Text as it may be put on a screen or terminal. `lines` keeps line feeds and tabs, for text shown in a block. */
export function shown(text: string, lines = false): string {
  return text.replace(lines ? HIDDEN_IN_LINES : HIDDEN, mark);
}

/** The same for JSON text: such characters, which stand in strings only, become `\uXXXX`; its meaning stays. */
export function shownJson(text: string): string {
  return text.replace(HIDDEN_IN_LINES, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
