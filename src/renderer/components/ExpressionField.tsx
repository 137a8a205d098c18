import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
  currentCompletions,
  moveCompletionSelection,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { Compartment, EditorState, Prec, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  keymap,
  placeholder,
  tooltips,
} from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { flushSync } from 'react-dom';
import styles from './ExpressionField.module.css';
import { controlsIn } from './popupFocus.tsx';
import { noneWithoutFocus, type Suggestions, suggestionSource } from './suggestions.ts';
import { topLayerPlace } from './topLayer.ts';

/** A stretch of the text that is drawn in a way of its own. */
export interface Mark {
  from: number;
  to: number;
  look: 'field' | 'keyword' | 'text' | 'number' | 'word' | 'wrong';
}

export interface ExpressionFieldHandle {
  focus(): void;
}

interface ExpressionFieldProps {
  value: string;
  onValue: (value: string) => void;
  /** Enter. */
  onSubmit: () => void;
  onEscape: () => void;
  /** Backspace in the empty field. */
  onEmptyBackspace: () => void;
  /** Name for screen readers. */
  label: string;
  placeholder: string;
  /** Id of the element that tells what is wrong; null: nothing is. */
  problemId: string | null;
  marks: (text: string) => readonly Mark[];
  /** Where the text is wrong. */
  wrong: { from: number; to: number } | null;
  /** Null: nothing can come at that place. */
  suggest: (text: string, cursor: number) => Promise<Suggestions | null> | null;
  ref?: Ref<ExpressionFieldHandle>;
}

const theme = EditorView.theme({
  '&': { color: 'var(--fg)', backgroundColor: 'transparent', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono-family)', lineHeight: '20px', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--fg)', padding: '0' },
  '.cm-line': { padding: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--sel)',
  },
  '.cm-placeholder': { color: 'var(--fg3)' },
  '.look-field': { color: 'var(--fg)' },
  '.look-keyword': { color: 'var(--accent)' },
  '.look-text': { color: 'var(--str)' },
  '.look-number': { color: 'var(--num)' },
  '.look-word': { color: 'var(--chg)' },
  '.look-wrong': { color: 'var(--bad)' },
  '.problem': {
    textDecoration: 'underline wavy var(--bad)',
    textUnderlineOffset: '3px',
    backgroundColor: 'var(--bad-bg)',
  },
  '.problem-at-end::after': { content: '"▏"', color: 'var(--bad)', fontWeight: '700' },
  '.cm-tooltip': {
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--line2)',
    borderRadius: '6px',
    boxShadow: 'var(--float-shadow)',
    marginTop: '7px',
    color: 'var(--fg)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono-family)',
    maxHeight: '264px',
    minWidth: '280px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    gap: '16px',
    padding: '3px 10px',
    lineHeight: '20px',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--sel)', color: 'var(--fg)' },
  '.cm-completionDetail': {
    marginLeft: 'auto',
    color: 'var(--fg3)',
    fontStyle: 'normal',
    fontFamily: 'var(--sans)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700', color: 'var(--accent)' },
});

const setWrong = StateEffect.define<{ from: number; to: number } | null>();
const wrongField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, change) {
    let next = change.docChanged ? Decoration.none : marks;
    for (const effect of change.effects) {
      if (!effect.is(setWrong)) continue;
      if (effect.value === null) next = Decoration.none;
      else {
        const { length } = change.state.doc;
        const from = Math.min(effect.value.from, length);
        const to = Math.min(Math.max(effect.value.to, from + 1), length);
        const mark =
          from < to
            ? Decoration.mark({ class: 'problem' }).range(from, to)
            : Decoration.line({ class: 'problem-at-end' }).range(0);
        next = Decoration.set([mark]);
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorate(marks: readonly Mark[]): DecorationSet {
  const set = new RangeSetBuilder<Decoration>();
  for (const { from, to, look } of marks) set.add(from, to, Decoration.mark({ class: `look-${look}` }));
  return set.finish();
}

/**
 * A field of one line for an expression: coloured, with suggestions, and with a mark where it is wrong. It stands in a
 * shadow root, as CodeEditor does: the CSP of the page allows no style elements.
 */
export function ExpressionField(props: ExpressionFieldProps) {
  const { value, label, wrong, problemId, placeholder: hint, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const newest = useRef(props);
  newest.current = props;
  /** What was typed and has not come back as the value yet: by then more may be typed, which must not be lost. */
  const told = useRef<string[]>([]);
  const isTaking = useRef(false);
  const attributes = useRef(new Compartment());
  const hintPart = useRef(new Compartment());
  useImperativeHandle(ref, () => ({ focus: () => view.current?.focus() }), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes is passed on below.
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const beside = topLayerPlace(root);
    const complete = suggestionSource(
      (text, cursor) => newest.current.suggest(text, cursor),
      (look) => look,
    );
    /** Tab was pressed while suggestions were on their way: the first is taken when they come. */
    let takesNext = false;
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(),
          drawSelection(),
          // An expression is one line: what is pasted loses its line ends.
          EditorState.transactionFilter.of((change) =>
            change.newDoc.lines > 1
              ? [
                  change,
                  {
                    changes: { from: 0, to: change.newDoc.length, insert: oneLine(change.newDoc.toString()) },
                    sequential: true,
                  },
                ]
              : change,
          ),
          autocompletion({
            override: [complete],
            icons: false,
            selectOnOpen: false,
            // Nothing is chosen until a person chooses it, so no key can take it by accident.
            interactionDelay: 0,
            activateOnCompletion: () => true,
          }),
          noneWithoutFocus,
          tooltips({ parent: beside }),
          EditorView.decorations.compute(['doc'], (state) =>
            decorate(newest.current.marks(state.doc.toString())),
          ),
          wrongField,
          EditorView.lineWrapping,
          Prec.highest(
            keymap.of([
              {
                key: 'Tab',
                run: (at) => {
                  if (completionStatus(at.state) !== 'pending') return takeFirst(at);
                  const coming = newest.current.suggest(
                    at.state.doc.toString(),
                    at.state.selection.main.head,
                  );
                  coming?.catch(() => {});
                  takesNext = coming !== null;
                  return takesNext;
                },
              },
              {
                key: 'Enter',
                run: (at) => {
                  if (completionStatus(at.state) === 'active' && selectedCompletion(at.state) !== null)
                    return acceptCompletion(at);
                  takesNext = false;
                  closeCompletion(at);
                  newest.current.onSubmit();
                  return true;
                },
              },
              {
                key: 'Escape',
                // A dialog around it closes by what the field says, not by the key that closed its suggestions.
                stopPropagation: true,
                run: (at) => {
                  // Suggestions that are still on their way, or of which none fits, are nothing that a person sees.
                  const isShown = currentCompletions(at.state).length > 0;
                  takesNext = false;
                  closeCompletion(at);
                  if (!isShown) newest.current.onEscape();
                  return true;
                },
              },
              {
                key: 'Backspace',
                run: (at) => {
                  if (at.state.doc.length > 0) return false;
                  newest.current.onEmptyBackspace();
                  return true;
                },
              },
            ]),
          ),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          hintPart.current.of([]),
          attributes.current.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged || update.selectionSet || update.focusChanged) takesNext = false;
            else if (takesNext && completionStatus(update.state) !== 'pending') {
              takesNext = false;
              if (!takeFirst(update.view)) leave(element);
            }
            if (!update.docChanged) return;
            const typed = update.state.doc.toString();
            if (isTaking.current) newest.current.onValue(typed);
            else {
              told.current.push(typed);
              // As with fields of React: a key that follows at once finds what was typed before it.
              flushSync(() => newest.current.onValue(typed));
            }
          }),
          theme,
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      beside.remove();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: hintPart.current.reconfigure(placeholder(hint)) });
  }, [hint]);

  useEffect(() => {
    view.current?.dispatch({
      effects: attributes.current.reconfigure(
        EditorView.contentAttributes.of({
          'aria-label': label,
          'aria-multiline': 'false',
          spellcheck: 'false',
          ...(problemId === null ? {} : { 'aria-invalid': 'true' }),
        }),
      ),
    });
  }, [label, problemId]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const echo = told.current.lastIndexOf(value);
    if (editor.state.doc.toString() === value) told.current = [];
    else if (echo !== -1) told.current.splice(0, echo + 1);
    else {
      told.current = [];
      isTaking.current = true;
      editor.dispatch({
        changes: { from: 0, to: editor.state.doc.length, insert: value },
        selection: { anchor: value.length },
      });
      isTaking.current = false;
    }
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: setWrong.of(wrong) });
  }, [wrong]);

  return <div ref={host} className={styles.host} data-editor="" />;
}

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ');

/** Takes the chosen suggestion, else the first. @returns false: there is none, and Tab leaves the field */
function takeFirst(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false;
  if (selectedCompletion(view.state) === null) moveCompletionSelection(true)(view);
  return acceptCompletion(view);
}

/** To where Tab leads from the field. */
function leave(field: HTMLElement): void {
  const within = field.closest<HTMLElement>('[role=dialog]') ?? document.body;
  controlsIn(within)
    .find((each) => field.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING)
    ?.focus();
}
