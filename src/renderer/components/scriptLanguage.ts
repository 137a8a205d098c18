/** Colours for JavaScript and TypeScript, token by token: enough to read a reducer by, without a parser. */
import { indentService, StreamLanguage, type StringStream } from '@codemirror/language';

const KEYWORDS = new Set(
  'as async await break case catch class const continue debugger default delete do else export extends finally for from function if implements import in instanceof interface keyof let new of readonly return satisfies static super switch this throw try type typeof var void while with yield'.split(
    ' ',
  ),
);
const WORDS = new Set(['true', 'false', 'null', 'undefined', 'NaN', 'Infinity']);
const TYPES = new Set([
  'string',
  'number',
  'boolean',
  'bigint',
  'unknown',
  'any',
  'never',
  'object',
  'Decimal',
]);

interface State {
  /** What goes on in the next line. */
  inside: 'comment' | 'template' | null;
}

function rest(stream: StringStream, state: State): string {
  const end = state.inside === 'comment' ? '*/' : '`';
  const look = state.inside === 'comment' ? 'comment' : 'string';
  while (!stream.eol()) {
    if (state.inside === 'template' && stream.match('\\')) {
      stream.next();
      continue;
    }
    if (stream.match(end)) {
      state.inside = null;
      return look;
    }
    stream.next();
  }
  return look;
}

function token(stream: StringStream, state: State): string | null {
  if (state.inside !== null) return rest(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match('//')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match('/*') || stream.match('`')) {
    state.inside = stream.string.charAt(stream.pos - 1) === '`' ? 'template' : 'comment';
    return rest(stream, state);
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?|^'(?:[^'\\]|\\.)*'?/)) return 'string';
  if (stream.match(/^(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)n?/i)) return 'number';
  const word = stream.match(/^[\p{L}_$][\p{L}\p{N}_$]*/u);
  if (word === null || typeof word === 'boolean') {
    stream.next();
    return null;
  }
  const [name] = word;
  if (KEYWORDS.has(name)) return 'keyword';
  if (WORDS.has(name)) return 'atom';
  return TYPES.has(name) ? 'typeName' : 'variableName';
}

const language = StreamLanguage.define<State>({
  name: 'script',
  startState: () => ({ inside: null }),
  copyState: (state) => ({ ...state }),
  token,
  languageData: {
    commentTokens: { line: '//', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['(', '[', '{', "'", '"', '`'] },
    indentOnInput: /^\s*[})\]]$/,
  },
});

/** A line after an opened bracket stands further in; one that begins by closing it, further out. */
const indent = indentService.of((context, at) => {
  const { doc } = context.state;
  const isBreak = context.simulatedBreak === at;
  const line = doc.lineAt(at);
  if (!isBreak && line.number === 1) return 0;
  const above = isBreak ? context.lineAt(at, -1).text : doc.line(line.number - 1).text;
  const opens = /[{([]\s*$/.test(above) ? context.unit : 0;
  const closes = /^\s*[})\]]/.test(context.lineAt(at, 1).text) ? context.unit : 0;
  return Math.max(0, /^\s*/.exec(above)![0].length + opens - closes);
});

export const scriptMode = [language, indent];
