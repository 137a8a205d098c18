/** Places of a text that are wrong: underlined where they are, marked at the line's number, and told on hover. */
import { type Extension, RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, GutterMarker, gutter } from '@codemirror/view';
import { shown } from '../lib/escape.ts';

export interface EditorMark {
  /** Characters of the text; `to` not included. An empty stretch marks the place. */
  from: number;
  to: number;
  /** bad: cannot be used. warn: works, but not for everything. */
  tone: 'bad' | 'warn';
  message: string;
}

export const setMarks = StateEffect.define<readonly EditorMark[]>();

class LineMarker extends GutterMarker {
  readonly tone: EditorMark['tone'];
  readonly message: string;
  constructor(tone: EditorMark['tone'], message: string) {
    super();
    this.tone = tone;
    this.message = message;
  }
  override eq(other: LineMarker): boolean {
    return other.tone === this.tone && other.message === this.message;
  }
  override toDOM(): HTMLElement {
    const element = document.createElement('span');
    element.className = `line-${this.tone}`;
    element.title = shown(this.message);
    element.textContent = '●';
    element.setAttribute('aria-hidden', 'true');
    return element;
  }
}

interface Drawn {
  stretches: DecorationSet;
  lines: RangeSet<GutterMarker>;
}
const NOTHING: Drawn = { stretches: Decoration.none, lines: RangeSet.empty };

const field = StateField.define<Drawn>({
  create: () => NOTHING,
  update(drawn, change) {
    let now = change.docChanged
      ? { stretches: drawn.stretches.map(change.changes), lines: drawn.lines.map(change.changes) }
      : drawn;
    for (const effect of change.effects) {
      if (!effect.is(setMarks)) continue;
      const end = change.newDoc.length;
      const placed = effect.value.map((mark) => {
        const from = Math.min(mark.from, end);
        const line = change.newDoc.lineAt(from);
        // An empty stretch has nothing to underline: the word it begins, else the end of the line before it.
        const to = Math.min(end, Math.max(mark.to, from + 1));
        return { ...mark, from: from === end && end > 0 ? end - 1 : from, to, line: line.from };
      });
      const stretches = placed
        .filter(({ from, to }) => to > from)
        .map(({ from, to, tone, message }) =>
          Decoration.mark({ class: `wrong-${tone}`, attributes: { title: shown(message) } }).range(from, to),
        );
      const byLine = Map.groupBy(placed, ({ line }) => line);
      const lines = [...byLine].map(([line, marks]) =>
        new LineMarker(
          marks.some(({ tone }) => tone === 'bad') ? 'bad' : 'warn',
          marks.map(({ message }) => message).join('\n'),
        ).range(line),
      );
      now = { stretches: Decoration.set(stretches, true), lines: RangeSet.of(lines, true) };
    }
    return now;
  },
  provide: (own) => EditorView.decorations.from(own, ({ stretches }) => stretches),
});

export const editorMarks: Extension = [
  field,
  gutter({ class: 'wrong-gutter', markers: (view) => view.state.field(field).lines }),
  EditorView.theme({
    '.wrong-bad': { textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
    '.wrong-warn': { textDecoration: 'underline wavy var(--warn)', textUnderlineOffset: '3px' },
    '.wrong-gutter': { width: '12px' },
    '.line-bad': { color: 'var(--bad)', fontSize: '9px' },
    '.line-warn': { color: 'var(--warn)', fontSize: '9px' },
  }),
];
