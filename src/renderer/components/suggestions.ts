/** What both editors suggest at a place of their text, for CodeMirror. */
import { type CompletionSource, closeCompletion, pickedCompletion } from '@codemirror/autocomplete';
import { EditorView } from '@codemirror/view';

export interface Suggestion {
  label: string;
  /** What it is, at the right. */
  detail?: string;
  /** What is written; the label when absent. */
  insert?: string;
  /** Where the cursor comes to stand in it; its end when absent. */
  caret?: number;
  /** Characters before `from` that it takes the place of as well, such as a dot. */
  before?: number;
  look: 'field' | 'keyword' | 'text' | 'number';
  /** Higher stands further up. */
  rank?: number;
}

export interface Suggestions {
  from: number;
  to: number;
  options: readonly Suggestion[];
  /** While the text there is like this, the same suggestions hold. */
  while: RegExp;
  /** Characters after `to` that a suggestion takes the place of as well, such as a closing quote. */
  over?: number;
}

/**
 * Suggestions as a source of CodeMirror.
 * @param suggest null: nothing can come at that place; `asked`: by a key of its own, not by typing
 * @param typeOf name of the class of what looks so
 */
export const suggestionSource =
  (
    suggest: (text: string, cursor: number, asked: boolean) => Promise<Suggestions | null> | null,
    typeOf: (look: Suggestion['look']) => string,
  ): CompletionSource =>
  async ({ state, pos, explicit }) => {
    // After a source that failed CodeMirror asks no more: what cannot be asked is no more than no suggestion.
    const found = await suggest(state.doc.toString(), pos, explicit)?.catch(() => null);
    if (found === undefined || found === null || found.options.length === 0) return null;
    return {
      from: found.from,
      to: found.to,
      validFor: found.while,
      options: found.options.map(({ label, detail, insert = label, caret, before = 0, look, rank }) => ({
        label,
        ...(detail === undefined ? {} : { detail }),
        apply: (view, completion, from, to) =>
          view.dispatch({
            changes: { from: from - before, to: to + (found.over ?? 0), insert },
            selection: { anchor: from - before + (caret ?? insert.length) },
            annotations: pickedCompletion.of(completion),
            userEvent: 'input.complete',
          }),
        type: typeOf(look),
        boost: rank ?? 0,
      })),
    };
  };

/** CodeMirror closes what is open when the focus goes; what is still on its way must not open then. */
export const noneWithoutFocus = EditorView.domEventHandlers({
  blur: (_event, view) => void setTimeout(() => !view.hasFocus && closeCompletion(view), 10),
});
