/** Why a text is no filter. */

/** `message` is one sentence without the place; `position` and `length` count UTF-16 units from 0. */
export class FilterProblem extends Error {
  readonly position: number;
  readonly length: number;
  /** What to write instead; empty: nothing near is known. */
  readonly hint: string;

  constructor(message: string, position: number, length: number, hint = '') {
    super(message);
    this.name = 'FilterProblem';
    this.position = position;
    this.length = Math.max(length, 1);
    this.hint = hint;
  }
}

const CONTEXT = 60;

/** Two lines: the part of the text around the problem, and a caret under it. */
export function caretLines(
  text: string,
  { position, length }: Pick<FilterProblem, 'position' | 'length'>,
): string {
  // One character a column: what has no width or another would shift the caret.
  const line = [...text.replace(/[\s\p{C}]/gu, ' ')].join('');
  const from = Math.max(0, position - CONTEXT);
  const to = Math.min(line.length, position + CONTEXT);
  const lead = from > 0 ? '…' : '';
  const shown = `${lead}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
  const marks = '^'.repeat(Math.max(1, Math.min(length, to - position)));
  return `${shown}\n${' '.repeat(lead.length + position - from)}${marks}`;
}
