import {
  autocompletion,
  type CompletionSource,
  closeBrackets,
  closeCompletion,
  completeFromList,
  completionKeymap,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { keywordCompletionSource, SQLite, schemaCompletionSource } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type ChangeSpec, Compartment, EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
  tooltips,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { flushSync } from 'react-dom';
import { HIDDEN_IN_LINES, mark } from '../lib/escape.ts';
import styles from './CodeEditor.module.css';
import { type EditorMark, editorMarks, setMarks } from './editorMarks.ts';
import { scriptMode } from './scriptLanguage.ts';
import { noneWithoutFocus, type Suggestions, suggestionSource } from './suggestions.ts';
import { topLayerPlace } from './topLayer.ts';

export type { EditorMark } from './editorMarks.ts';

const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--fg)', backgroundColor: 'var(--panel)', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono-family)', lineHeight: '20px', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--fg)', padding: '6px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--panel)', color: 'var(--fg3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--raise)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--sel)',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-bg)', outline: '1px solid var(--accent)' },
  '.cm-placeholder': { color: 'var(--fg3)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--line2)',
    borderRadius: '6px',
    boxShadow: 'var(--float-shadow)',
    color: 'var(--fg)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono-family)',
    maxHeight: '240px',
    minWidth: '240px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex',
    gap: '16px',
    padding: '2px 8px',
    lineHeight: '18px',
  },
  '.cm-completionDetail': {
    marginLeft: 'auto',
    color: 'var(--fg3)',
    fontStyle: 'normal',
    fontFamily: 'var(--sans)',
    minWidth: '0',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700', color: 'var(--accent)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--sel)', color: 'var(--fg)' },
});
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--accent)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--str)' },
  { tag: tags.number, color: 'var(--num)' },
  { tag: [tags.bool, tags.null], color: 'var(--chg)' },
  { tag: [tags.propertyName, tags.typeName], color: 'var(--fg2)' },
  { tag: tags.comment, color: 'var(--fg3)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

/** What cannot be seen is shown as what it is, as everywhere on the page. */
const visibleControls = highlightSpecialChars({
  specialChars: HIDDEN_IN_LINES,
  render(code) {
    const element = document.createElement('span');
    element.textContent = mark(String.fromCodePoint(code));
    element.style.color = 'var(--warn)';
    return element;
  },
});

export interface CodeEditorHandle {
  /** Puts the cursor there, in sight, and the keyboard on the editor. */
  goTo(at: number): void;
}

interface CodeEditorProps {
  value: string;
  onValue?: (value: string) => void;
  language: 'sql' | 'json' | 'script';
  /** Name for screen readers. */
  label: string;
  readOnly?: boolean;
  placeholder?: string;
  /** Ctrl/Cmd+Enter. */
  onSubmit?: () => void;
  /** Tables and their columns, offered while typing SQL. */
  schema?: Record<string, string[]>;
  /** Functions that SQL may call beside the words of the language. */
  functions?: readonly string[];
  autoFocus?: boolean;
  /** Places that are wrong. */
  marks?: readonly EditorMark[];
  /** What may come at a place, instead of what the language offers. `asked`: by Ctrl+Space, not by typing. */
  suggest?: (text: string, cursor: number, asked: boolean) => Promise<Suggestions | null>;
  ref?: Ref<CodeEditorHandle>;
}

const MOST_SENT = 100;
const NO_MARKS: readonly EditorMark[] = [];
const NONE: readonly string[] = [];
const LOOKS = { field: 'property', keyword: 'keyword', text: 'text', number: 'constant' } as const;

/** Not right after a dot: there only the columns of the table before it fit. */
const notAfterDot =
  (source: CompletionSource): CompletionSource =>
  (context) =>
    context.matchBefore(/\.\w*/) === null ? source(context) : null;

/** SQL of SQLite; columns are offered also where no table is named before them. */
function sqlMode(schema: Record<string, string[]> | undefined, functions: readonly string[]) {
  const { language } = SQLite;
  const offer = (autocomplete: CompletionSource) => language.data.of({ autocomplete });
  const columns = [...new Set(Object.values(schema ?? {}).flat())];
  return [
    language,
    schema === undefined ? [] : offer(schemaCompletionSource({ dialect: SQLite, schema })),
    offer(notAfterDot(keywordCompletionSource(SQLite))),
    offer(
      notAfterDot(
        completeFromList([
          ...columns.map((label) => ({ label, type: 'property', boost: 2 })),
          ...functions.map((label) => ({ label, type: 'function', detail: 'exact', boost: 1 })),
        ]),
      ),
    ),
  ];
}

/**
 * An editor for SQL, JSON or a program. It stands in a shadow root, where CodeMirror uses constructed style sheets: the CSP
 * of the page allows no style elements.
 */
export function CodeEditor(props: CodeEditorProps) {
  const { value, language, label, readOnly = false, schema, functions = NONE } = props;
  const { autoFocus, marks = NO_MARKS } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const newest = useRef(props);
  newest.current = props;
  /** Texts that were told and have not come back as the value yet. */
  const sent = useRef<readonly string[]>([]);
  const isTaking = useRef(false);
  const mode = useRef(new Compartment());
  const lock = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes is passed on below.
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const beside = topLayerPlace(root);
    const complete = suggestionSource(
      (text, cursor, asked) => newest.current.suggest?.(text, cursor, asked) ?? null,
      (look) => LOOKS[look],
    );
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          visibleControls,
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, ...(props.suggest === undefined ? {} : { override: [complete] }) }),
          noneWithoutFocus,
          tooltips({ parent: beside }),
          editorMarks,
          highlightActiveLine(),
          EditorView.lineWrapping,
          keymap.of([
            {
              key: 'Mod-Enter',
              run: (at) => {
                closeCompletion(at);
                newest.current.onSubmit?.();
                return newest.current.onSubmit !== undefined;
              },
            },
            { key: 'Alt-Space', run: startCompletion },
            // Tab would trap the keyboard: Esc then Tab leaves the editor, as CodeMirror documents.
            ...completionKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          placeholder(props.placeholder ?? ''),
          // An editor that scrolls must be reached by keyboard, also where nothing in it can be edited.
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            sent.current = [...sent.current.slice(-MOST_SENT), text];
            const tell = () => newest.current.onValue?.(text);
            // As with fields of React: a key that follows at once finds what was typed before it.
            if (isTaking.current) tell();
            else flushSync(tell);
          }),
          syntaxHighlighting(colours),
          theme,
          mode.current.of([]),
          lock.current.of([]),
        ],
      }),
    });
    view.current = editor;
    if (autoFocus) editor.focus();
    return () => {
      editor.destroy();
      beside.remove();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({
      effects: mode.current.reconfigure(
        language === 'json' ? json() : language === 'script' ? scriptMode : sqlMode(schema, functions),
      ),
    });
  }, [language, schema, functions]);

  useEffect(() => {
    view.current?.dispatch({
      effects: lock.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
      ]),
    });
  }, [readOnly]);

  useEffect(() => {
    const editor = view.current;
    // What comes back late, when more was typed already, must not take that away.
    const echo = sent.current.lastIndexOf(value);
    sent.current = sent.current.slice(echo + 1);
    if (echo !== -1 || editor === null || editor.state.doc.toString() === value) return;
    isTaking.current = true;
    editor.dispatch({ changes: changeTo(editor.state.doc.toString(), value) });
    isTaking.current = false;
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: setMarks.of(marks) });
  }, [marks]);

  useImperativeHandle(
    props.ref,
    () => ({
      goTo(at) {
        const editor = view.current;
        if (editor === null) return;
        const anchor = Math.min(at, editor.state.doc.length);
        editor.dispatch({
          selection: { anchor },
          effects: EditorView.scrollIntoView(anchor, { y: 'center' }),
        });
        editor.focus();
      },
    }),
    [],
  );

  return <div ref={host} className={styles.host} data-editor="" />;
}

/** The change between two texts, without what they begin and end with alike: the cursor stays where it is in that. */
function changeTo(before: string, after: string): ChangeSpec {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let same = 0;
  while (same < shorter - from && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return { from, to: before.length - same, insert: after.slice(from, after.length - same) };
}
