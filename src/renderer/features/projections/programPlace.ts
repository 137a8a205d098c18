/**
 * Where the cursor is in a program that is being written: which member of event or state is asked for, by the names that
 * the program gives them. Reads tokens and the few forms in which reducers take things apart; anything else is unknown.
 */

/** A path from `event` or `state`; `[]` stands for any item of a list. */
export type MemberPath = readonly string[];

export type ProgramPlace = {
  /** The stretch that a suggestion replaces: what is typed of a name, or of a text within its quotes. */
  from: number;
  to: number;
  /** Event type of the branch around, where it is told by `case '…'` or a comparison before. */
  eventType: string | null;
  /** Keys that the program gives the state somewhere: in `initial`, and in what it returns. */
  stateKeys: ReadonlySet<string>;
} & (
  | { at: 'member'; of: MemberPath; taken: ReadonlySet<string>; in: 'chain' | 'pattern' }
  /** Behind the brackets of a call that makes an exact number. */
  | { at: 'number' }
  | { at: 'eventType' }
  | { at: 'name'; names: ReadonlyMap<string, MemberPath | null> }
);

interface Token {
  kind: 'word' | 'mark' | 'text' | 'number' | 'comment' | 'template' | 'regexp';
  text: string;
  from: number;
  to: number;
}

const COMMENT: [Token['kind'], RegExp] = ['comment', /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y];
const FORMS: [Token['kind'], RegExp][] = [
  ['text', /"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?/y],
  ['template', /`(?:[^`\\]|\\[\s\S])*`?/y],
  ['number', /\d[\w.]*/y],
  ['word', /[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ['mark', /\?\.(?!\d)|=>|\.\.\.|[=!]==?|[^\s\p{L}\p{N}_$]/uy],
];
const REGEXP = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const BEFORE_REGEXP = /^(?:[([{,;=:!&|?]|=>|return|case|[=!]==?)$/;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let last = ';';
  for (let at = 0; at < text.length; ) {
    const read = (kind: Token['kind'], form: RegExp): boolean => {
      form.lastIndex = at;
      const found = form.exec(text)?.[0];
      if (found === undefined) return false;
      tokens.push({ kind, text: found, from: at, to: at + found.length });
      at += found.length;
      if (kind !== 'comment') last = found;
      return true;
    };
    if (/\s/.test(text.charAt(at))) at += 1;
    else if (read(...COMMENT)) continue;
    else if (text.charAt(at) === '/' && BEFORE_REGEXP.test(last) && read('regexp', REGEXP)) continue;
    else if (!FORMS.some(([kind, form]) => read(kind, form))) at += 1;
  }
  return tokens;
}

/** Braces of a pattern such as `{ type, data: { amount } }`, and what is taken apart in them. */
interface Pattern {
  from: number;
  to: number;
  of: MemberPath;
  taken: Set<string>;
}

const OPEN = new Set(['(', '[', '{']);
const CLOSE = new Set([')', ']', '}']);

class Scope {
  readonly names = new Map<string, MemberPath | null>();
  readonly patterns: Pattern[] = [];
  readonly stateKeys = new Set<string>();
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens.filter(({ kind }) => kind !== 'comment');
    this.#readReducer();
    this.#readDeclarations();
    this.#readStateKeys();
  }

  #is(at: number, ...texts: string[]): boolean {
    return texts.includes(this.#tokens[at]?.text ?? '');
  }

  /** Index behind the bracket that closes the one at `at`. */
  #behind(at: number): number {
    let depth = 0;
    for (let each = at; each < this.#tokens.length; each += 1) {
      const { text, kind } = this.#tokens[each]!;
      if (kind !== 'mark') continue;
      if (OPEN.has(text)) depth += 1;
      else if (CLOSE.has(text) && --depth === 0) return each + 1;
    }
    return this.#tokens.length;
  }

  #readReducer(): void {
    for (const [at, { text, kind }] of this.#tokens.entries()) {
      const isNamed = kind === 'word' && (text === 'reduce' || text === 'default');
      if (!isNamed) continue;
      let open = at + 1;
      while (this.#is(open, '=', 'function', 'reduce')) open += 1;
      if (!this.#is(open, '(')) continue;
      const end = this.#behind(open) - 1;
      const next = this.#skip(this.#pattern(open + 1, ['state']), end, ',');
      this.#pattern(next + 1, ['event']);
      return;
    }
  }

  /** The next place with this text at the same depth: types and defaults in between are passed over. */
  #skip(from: number, end: number, text: string): number {
    let at = from;
    let angles = 0;
    while (at < end) {
      if (angles === 0 && this.#is(at, text)) return at;
      if (this.#is(at, '<')) angles += 1;
      if (this.#is(at, '>')) angles -= 1;
      at = OPEN.has(this.#tokens[at]!.text) ? this.#behind(at) : at + 1;
    }
    return end;
  }

  /** Takes in a name or a pattern; returns the index behind it. */
  #pattern(at: number, of: MemberPath | null): number {
    const token = this.#tokens[at];
    if (token === undefined) return at;
    if (token.kind === 'word') {
      this.names.set(token.text, of);
      return at + 1;
    }
    if (token.text !== '{') return token.text === '[' ? this.#behind(at) : at;
    const behind = this.#behind(at);
    const taken = new Set<string>();
    const closing = this.#tokens[behind - 1];
    const to = closing?.text === '}' ? closing.from : Number.MAX_SAFE_INTEGER;
    if (of !== null) this.patterns.push({ from: token.to, to, of, taken });
    for (let each = at + 1; each < behind - 1; ) {
      if (this.#is(each, '...')) {
        each = this.#pattern(each + 1, null);
      } else {
        const key = this.#tokens[each]!;
        const inner = of === null ? null : [...of, textOf(key)];
        if (key.kind === 'word' || key.kind === 'text') taken.add(textOf(key));
        each = this.#is(each + 1, ':') ? this.#pattern(each + 2, inner) : this.#pattern(each, inner);
      }
      each = this.#skip(each, behind - 1, ',') + 1;
    }
    return behind;
  }

  #readDeclarations(): void {
    for (let at = 0; at < this.#tokens.length; at += 1) {
      if (this.#tokens[at]!.kind !== 'word') continue;
      if (this.#is(at, 'function') && this.#tokens[at + 1]?.kind === 'word')
        this.names.set(this.#tokens[at + 1]!.text, this.names.get(this.#tokens[at + 1]!.text) ?? null);
      if (!this.#is(at, 'const', 'let', 'var')) continue;
      const isPattern = this.#is(at + 1, '{');
      const behind = isPattern ? this.#behind(at + 1) : at + 2;
      let sign = behind;
      if (this.#is(sign, ':')) sign = this.#skip(sign, this.#tokens.length, '=');
      const found = this.#is(sign, '=', 'of') ? this.#value(sign + 1) : null;
      const isItem = this.#is(sign, 'of');
      this.#pattern(at + 1, found === null ? null : isItem ? [...found, '[]'] : found);
    }
  }

  #readStateKeys(): void {
    for (let at = 1; at < this.#tokens.length; at += 1) {
      const isState = this.#is(at - 1, 'return') || (this.#is(at - 1, '=') && this.#is(at - 2, 'initial'));
      if (!isState || !this.#is(at, '{')) continue;
      const end = this.#behind(at) - 1;
      for (let each = at + 1; each < end; each = this.#skip(each, end, ',') + 1) {
        const key = this.#tokens[each]!;
        const isKey = key.kind === 'text' || key.kind === 'word';
        if (isKey && this.#is(each + 1, ':', ',', '}')) this.stateKeys.add(textOf(key));
      }
    }
  }

  /** The member that a chain beginning here names; null: it is none, or goes on as something else. */
  #value(at: number): MemberPath | null {
    const first = this.#tokens[at];
    const root = first?.kind === 'word' ? this.names.get(first.text) : undefined;
    if (root === undefined || root === null) return null;
    const path = [...root];
    let each = at + 1;
    for (;;) {
      if (this.#is(each, '.', '?.') && this.#tokens[each + 1]?.kind === 'word') {
        path.push(this.#tokens[each + 1]!.text);
        each += 2;
      } else if (this.#is(each, '[') && this.#is(each + 2, ']')) {
        const key = this.#tokens[each + 1]!;
        path.push(key.kind === 'text' ? textOf(key) : '[]');
        each += 3;
      } else return this.#is(each, '(', '+', '-', '*', '/') ? null : path;
    }
  }
}

const textOf = ({ kind, text }: Token): string =>
  kind === 'text' ? text.slice(1).replace(/["']$/, '').replaceAll(/\\(.)/g, '$1') : text;

/** Reads back from `at` (the token behind the last dot) what the chain before it names. */
function chainBefore(tokens: readonly Token[], at: number, scope: Scope): MemberPath | 'number' | null {
  const path: string[] = [];
  for (let each = at; each >= 0; ) {
    const token = tokens[each]!;
    if (token.text === ']') {
      const key = tokens[each - 1];
      if (tokens[each - 2]?.text !== '[' || key === undefined) return null;
      path.unshift(key.kind === 'text' ? textOf(key) : '[]');
      each -= 3;
      continue;
    }
    if (token.text === ')') return path.length === 0 ? callBefore(tokens, each) : null;
    if (token.kind !== 'word') return null;
    const isMember = ['.', '?.'].includes(tokens[each - 1]?.text ?? '');
    if (isMember) {
      path.unshift(token.text);
      each -= 2;
      continue;
    }
    const root = scope.names.get(token.text);
    return root === undefined || root === null ? null : [...root, ...path];
  }
  return null;
}

const MAKES_NUMBER = new Set(['Decimal', 'plus', 'minus', 'times', 'div', 'round', 'neg', 'abs', 'BigInt']);
function callBefore(tokens: readonly Token[], at: number): 'number' | null {
  let depth = 0;
  for (let each = at; each >= 0; each -= 1) {
    const { text, kind } = tokens[each]!;
    if (kind !== 'mark') continue;
    if (CLOSE.has(text)) depth += 1;
    else if (OPEN.has(text) && --depth === 0)
      return MAKES_NUMBER.has(tokens[each - 1]?.text ?? '') ? 'number' : null;
  }
  return null;
}

/** The event type that the nearest `case '…'` or comparison before the cursor tells. */
function typeBefore(tokens: readonly Token[], scope: Scope): string | null {
  for (let at = tokens.length - 1; at > 0; at -= 1) {
    if (tokens[at]!.text === 'default' && tokens[at + 1]?.text === ':') return null;
    if (tokens[at]!.kind === 'text' && asksForType(tokens, at, scope) && tokens[at - 1]!.text !== '!==')
      return textOf(tokens[at]!);
  }
  return null;
}

/** The text at `at` stands where an event type does. */
function asksForType(tokens: readonly Token[], at: number, scope: Scope): boolean {
  const before = tokens[at - 1]?.text ?? '';
  if (before === 'case') return true;
  if (/^[=!]==?$/.test(before)) {
    const compared = chainBefore(tokens, at - 2, scope);
    return Array.isArray(compared) && compared.join('.') === 'event.type';
  }
  for (let each = at - 1; each > 1; each -= 1) {
    if (tokens[each]!.text === '[')
      return tokens[each - 1]!.text === '=' && tokens[each - 2]!.text === 'handles';
    if (tokens[each]!.kind !== 'text' && tokens[each]!.text !== ',') return false;
  }
  return false;
}

/** Null where nothing can be suggested: in a comment, or behind something unknown. */
export function programPlace(text: string, cursor: number): ProgramPlace | null {
  const all = tokensOf(text);
  const under = all.find(
    ({ from, to, kind }) => from < cursor && (cursor < to || (cursor === to && kind !== 'mark')),
  );
  const isEnded =
    under?.kind === 'text' && cursor === under.to && under.to - under.from > 1 && /["']$/.test(under.text);
  if (
    under?.kind === 'comment' ||
    under?.kind === 'template' ||
    under?.kind === 'regexp' ||
    under?.kind === 'number'
  )
    return null;
  if (isEnded) return null;
  const scope = new Scope(all);
  const before = all.filter(({ to, kind }) => kind !== 'comment' && to <= cursor && to !== under?.to);
  const eventType = typeBefore(before, scope);
  if (under?.kind === 'text') {
    const end = /["']$/.test(under.text) && under.to - under.from > 1 ? under.to - 1 : under.to;
    if (!asksForType([...before, under], before.length, scope)) return null;
    return { at: 'eventType', from: under.from + 1, to: end, eventType, stateKeys: scope.stateKeys };
  }
  const from = under?.kind === 'word' ? under.from : cursor;
  const stretch = { from, to: cursor, eventType, stateKeys: scope.stateKeys };
  const last = before.at(-1);
  if (last?.text === '.' || last?.text === '?.') {
    const of = chainBefore(before, before.length - 2, scope);
    if (of === null) return null;
    return of === 'number'
      ? { ...stretch, at: 'number' }
      : { ...stretch, at: 'member', of, taken: new Set(), in: 'chain' };
  }
  const pattern = scope.patterns.findLast((each) => each.from <= cursor && cursor <= each.to);
  if (pattern !== undefined && (last?.text === '{' || last?.text === ',')) {
    const taken = new Set(pattern.taken);
    if (under !== undefined) taken.delete(under.text);
    return { ...stretch, at: 'member', of: pattern.of, taken, in: 'pattern' };
  }
  return { ...stretch, at: 'name', names: scope.names };
}
