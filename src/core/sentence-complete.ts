/** What may be written at a place of a template, for suggestions while typing, and how its parts are told apart by eye. */

export interface TemplatePlace {
  expected: 'field' | 'format';
  /** What a suggestion replaces. */
  from: number;
  to: number;
  /** A brace has to be written behind it. */
  isOpen: boolean;
}

const IN_PATH = /[^\s|{}]/;
const IN_FORMAT = /\w/;

/** The place that the cursor is at; null: in plain text. */
export function templatePlace(text: string, cursor: number): TemplatePlace | null {
  const open = openBrace(text, cursor);
  if (open === -1) return null;
  const inside = text.slice(open + 1, cursor);
  const bar = inside.indexOf('|');
  const isCurrency = bar !== -1 && /^\s*money\s/.test(inside.slice(bar + 1));
  const expected = bar === -1 || isCurrency ? 'field' : 'format';
  const sign = expected === 'field' ? IN_PATH : IN_FORMAT;
  let from = cursor;
  while (from > open + 1 && sign.test(text[from - 1]!)) from -= 1;
  let to = cursor;
  while (to < text.length && sign.test(text[to]!)) to += 1;
  const isOpen = !/^[^{[]*}/.test(text.slice(to));
  return { expected, from, to, isOpen };
}

/** The brace that is open at the cursor; −1: none is. */
function openBrace(text: string, cursor: number): number {
  let open = -1;
  let isQuoted = false;
  for (let at = 0; at < cursor; at += 1) {
    const sign = text[at];
    if (sign === '\\' && (open === -1 || isQuoted)) at += 1;
    else if (open === -1) open = sign === '{' ? at : -1;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (sign === '}' && !isQuoted) open = -1;
  }
  return open;
}

export interface TemplateMark {
  from: number;
  to: number;
  what: 'bracket' | 'field' | 'format' | 'text';
}

const TOKEN =
  /\\[\\{}[\]]|[[\]]|\{((?:"(?:[^"\\]|\\.)*"|[^"}|])*)(?:(\|\s*\w*)((?:"(?:[^"\\]|\\.)*"|[^"}])*))?\}?/g;

/** Fields, formats, brackets and fixed currencies of a template, also of one that is not finished. */
export function templateMarks(text: string): TemplateMark[] {
  const marks: TemplateMark[] = [];
  const put = (from: number, length: number, what: TemplateMark['what']) => {
    if (length > 0) marks.push({ from, to: from + length, what });
  };
  for (const { 0: whole, 1: path, 2: format = '', 3: rest = '', index } of text.matchAll(TOKEN)) {
    if (whole.startsWith('\\')) continue;
    if (path === undefined) {
      put(index, 1, 'bracket');
      continue;
    }
    put(index, 1, 'bracket');
    put(index + 1, path.length, 'field');
    put(index + 1 + path.length, format.length, 'format');
    put(
      index + 1 + path.length + format.length,
      rest.length,
      rest.trimStart().startsWith('"') ? 'text' : 'field',
    );
    if (whole.endsWith('}')) put(index + whole.length - 1, 1, 'bracket');
  }
  return marks;
}
