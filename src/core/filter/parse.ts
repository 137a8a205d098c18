/**
 * Reads a filter.
 *
 * ```
 * filter    = and { "or" and }                    and = unary { "and" unary }
 * unary     = "not" unary | "(" filter ")" | "match" string | condition
 * condition = operand ( op literal | ["not"] "in" "(" literal { "," literal } ")" | "exists" | "is" ["not"] "null"
 *             | ["not"] ( "contains" | "starts" "with" | "ends" "with" | "~" ) string )
 * operand   = field | "number" "(" field ")"      field = name { "." key | "[" (index | "*" | string) "]" }
 * ```
 */
import { exactNumber, isNumeric } from '../numbers.ts';
import { parseTime, TimeProblem } from '../time.ts';
import { checkLiteral, checkTextOperator } from './check.ts';
import type {
  CompareOperator,
  Expression,
  FieldRef,
  FieldStep,
  Literal,
  TextOperator,
} from './expression.ts';
import { FIELDS, isFieldName, meantField } from './fields.ts';
import { FILTER_LIMITS } from './limits.ts';
import { nearest } from './nearest.ts';
import { FilterProblem } from './problem.ts';
import { stringOf, type Token, tokenize } from './tokens.ts';
import { wordsOf } from './words.ts';

/** Words with a meaning of their own, always in lower case. */
export const KEYWORDS = [
  'and', 'or', 'not', 'in', 'exists', 'is', 'null', 'contains', 'starts', 'ends', 'with', 'match', 'true', 'false', 'number',
] as const; // biome-ignore format: one line reads better

const AFTER_FIELD = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'contains',
  'starts with',
  'ends with',
  'exists',
  'is null',
];
const FOREIGN: Record<string, string> = { '==': '=', '<>': '!=', '&&': 'and', '||': 'or', '!': 'not' };

/** @throws FilterProblem with the place, what was expected and a hint */
export const parseFilter = (text: string): Expression => new Parser(text, 'record').whole();

/**
 * Reads a condition on a state: the same language, but its names are paths of the state (`balance >= 0`,
 * `items[*].quantity > 0`), which the tree has below `data`. Compared with a number, text that spells one is read as it.
 * @throws FilterProblem with the place, what was expected and a hint
 */
export const parseStateCondition = (text: string): Expression => new Parser(text, 'state').whole();

const EXAMPLE = { record: 'type = "FeeCharged"', state: 'balance >= 0' };

class Parser {
  readonly #text: string;
  readonly #tokens: Token[];
  /** What the names are of. */
  readonly #names: keyof typeof EXAMPLE;
  #at = 0;
  #depth = 0;

  constructor(text: string, names: keyof typeof EXAMPLE) {
    if (text.length > FILTER_LIMITS.text)
      throw new FilterProblem(
        `The filter is longer than ${FILTER_LIMITS.text} characters`,
        FILTER_LIMITS.text,
        1,
      );
    this.#text = text;
    this.#names = names;
    this.#tokens = tokenize(text);
    for (const token of this.#tokens)
      if (token.problem !== null) throw new FilterProblem(token.problem, token.from, token.text.length);
  }

  whole(): Expression {
    if (this.#tokens.length === 0)
      throw new FilterProblem(
        `The ${this.#names === 'record' ? 'filter' : 'condition'} is empty`,
        0,
        1,
        `Write a condition, such as ${EXAMPLE[this.#names]}.`,
      );
    const expression = this.#or();
    const rest = this.#peek();
    if (rest !== null) throw this.#unexpected('“and”, “or” or the end', ['and', 'or']);
    return expression;
  }

  #peek(): Token | null {
    return this.#tokens[this.#at] ?? null;
  }

  #isWord(word: string): boolean {
    const token = this.#peek();
    return token?.kind === 'name' && token.text.toLowerCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#at += 1;
    return true;
  }

  #takeText(text: string): boolean {
    const token = this.#peek();
    if (token === null || token.kind === 'string' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  /** What stands here instead of what was expected. */
  #unexpected(expected: string, candidates: readonly string[] = []): FilterProblem {
    const token = this.#peek();
    if (token === null) {
      const end = this.#text.trimEnd().length;
      return new FilterProblem(`Here, at the end, ${expected} is missing`, end, 1);
    }
    const foreign = FOREIGN[token.text];
    const meant = foreign ?? (token.kind === 'name' ? nearest(token.text, candidates) : null);
    const hint = meant === null ? '' : foreign === undefined ? `Did you mean ${meant}?` : `Write ${meant}.`;
    return new FilterProblem(
      `Expected ${expected}, found ${token.text.slice(0, 40)}`,
      token.from,
      token.text.length,
      hint,
    );
  }

  #expectText(text: string, what = `“${text}”`): void {
    if (!this.#takeText(text)) throw this.#unexpected(what);
  }

  #list(kind: 'and' | 'or', next: () => Expression): Expression {
    const first = next();
    const items = [first];
    while (this.#takeWord(kind)) items.push(next());
    return items.length === 1 ? first : { kind, items };
  }

  #or(): Expression {
    return this.#list('or', () => this.#and());
  }

  #and(): Expression {
    return this.#list('and', () => this.#unary());
  }

  #nested<T>(read: () => T): T {
    const token = this.#peek();
    this.#depth += 1;
    if (this.#depth > FILTER_LIMITS.depth)
      throw new FilterProblem(
        `Nested deeper than ${FILTER_LIMITS.depth} levels`,
        token?.from ?? this.#text.length,
        1,
      );
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #unary(): Expression {
    if (this.#takeWord('not')) return this.#nested(() => ({ kind: 'not', item: this.#unary() }));
    if (this.#takeText('(')) {
      const inner = this.#nested(() => this.#or());
      if (!this.#takeText(')')) throw this.#unexpected('“and”, “or” or “)”', ['and', 'or']);
      return inner;
    }
    if (this.#names === 'record' && this.#isWord('match') && this.#tokens[this.#at + 1]?.kind === 'string') {
      this.#at += 1;
      return this.#match();
    }
    return this.#condition();
  }

  #match(): Expression {
    const token = this.#peek()!;
    const words = this.#string();
    if (wordsOf(words).length === 0)
      throw new FilterProblem(
        'There is no word in this text',
        token.from,
        token.text.length,
        'A word has letters or digits.',
      );
    return { kind: 'match', words };
  }

  #condition(): Expression {
    const { field, token } = this.#operand();
    const start = this.#peek();
    if (start?.kind === 'operator' && start.text !== '~') return this.#compare(field);
    if (this.#takeWord('exists')) return { kind: 'exists', field };
    if (this.#takeWord('is')) {
      const isNull = !this.#takeWord('not');
      if (!this.#takeWord('null'))
        throw this.#unexpected(isNull ? '“null” or “not null”' : '“null”', ['null', 'not']);
      return { kind: 'null', field, isNull };
    }
    const isNot = this.#takeWord('not');
    const condition = this.#takeWord('in') ? this.#in(field) : this.#textCondition(field, token, isNot);
    return isNot ? { kind: 'not', item: condition } : condition;
  }

  #compare(field: FieldRef): Expression {
    const token = this.#peek()!;
    if (token.text in FOREIGN) throw this.#unexpected('a comparison');
    this.#at += 1;
    const literal = this.#literal(field);
    const operator = token.text as CompareOperator;
    if ((literal === null || typeof literal === 'boolean') && operator !== '=' && operator !== '!=')
      throw new FilterProblem(
        `${String(literal)} is neither before nor after anything`,
        token.from,
        token.text.length,
        'Write = or !=.',
      );
    return { kind: 'compare', field: this.#comparedWith(field, literal), operator, value: literal };
  }

  /** States often hold amounts as text; a condition on one that is compared with a number means the number. */
  #comparedWith(field: FieldRef, literal: Literal): FieldRef {
    return this.#names === 'state' && isNumeric(literal) ? { ...field, asNumber: true } : field;
  }

  #in(field: FieldRef): Expression {
    this.#expectText('(', '“(” and the values');
    const values: Literal[] = [];
    do {
      if (values.length === FILTER_LIMITS.values) {
        const token = this.#peek();
        throw new FilterProblem(
          `More than ${FILTER_LIMITS.values} values`,
          token?.from ?? this.#text.length,
          1,
        );
      }
      values.push(this.#literal(field));
    } while (this.#takeText(','));
    this.#expectText(')', '“,” or “)”');
    return { kind: 'in', field, values };
  }

  #textCondition(field: FieldRef, token: Token, isNot: boolean): Expression {
    const operator = this.#textOperator(isNot);
    checkTextOperator(field, operator, token);
    return { kind: 'text', field, operator, value: this.#string() };
  }

  #textOperator(isNot: boolean): TextOperator {
    if (this.#takeText('~')) return 'like';
    if (this.#takeWord('contains')) return 'contains';
    for (const operator of ['starts', 'ends'] as const) {
      if (!this.#takeWord(operator)) continue;
      if (!this.#takeWord('with')) throw this.#unexpected('“with”', ['with']);
      return operator;
    }
    throw this.#unexpected(
      isNot
        ? '“in”, “contains”, “starts with”, “ends with” or “~”'
        : 'a comparison (= != < <= > >= ~ in, contains, starts with, ends with, exists, is null)',
      AFTER_FIELD,
    );
  }

  #string(): string {
    const token = this.#peek();
    if (token?.kind !== 'string') {
      const problem = this.#unexpected('a text in quotes');
      if (token === null || problem.hint !== '') throw problem;
      throw new FilterProblem(
        problem.message,
        problem.position,
        problem.length,
        `Write ${JSON.stringify(token.text)}.`,
      );
    }
    this.#at += 1;
    return stringOf(token);
  }

  #literal(field: FieldRef): Literal {
    const token = this.#peek();
    const value = this.#readLiteral();
    checkLiteral(field, value, token!);
    return value;
  }

  #readLiteral(): Literal {
    const token = this.#peek();
    if (token === null) throw this.#unexpected('a value');
    if (token.kind === 'string') return this.#string();
    if (token.kind === 'number') {
      this.#at += 1;
      return exactNumber(token.text);
    }
    if (token.kind === 'time') {
      this.#at += 1;
      return this.#time(token);
    }
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const)
      if (this.#takeWord(word)) return value;
    const problem = this.#unexpected('a value: text in quotes, a number, a time, true, false or null');
    const quoted =
      token.kind === 'name' ? `Text stands in quotes: ${JSON.stringify(token.text)}.` : problem.hint;
    throw new FilterProblem(problem.message, problem.position, problem.length, quoted);
  }

  #time(token: Token): Literal {
    try {
      return { time: parseTime(token.text), text: token.text };
    } catch (error) {
      if (!(error instanceof TimeProblem)) throw error;
      const sentence = error.message.slice(0, -error.hint.length - 2);
      throw new FilterProblem(sentence, token.from, token.text.length, `${error.hint}.`);
    }
  }

  #operand(): { field: FieldRef; token: Token } {
    const token = this.#peek();
    if (
      token?.kind === 'name' &&
      token.text.toLowerCase() === 'number' &&
      this.#tokens[this.#at + 1]?.text === '('
    ) {
      this.#at += 2;
      const { field } = this.#field();
      this.#expectText(')');
      return { field: { ...field, asNumber: true }, token };
    }
    return this.#field();
  }

  #stateField(): { field: FieldRef; token: Token } {
    const token = this.#peek();
    const isName = token?.kind === 'name';
    if (!isName && token?.text !== '[') throw this.#unexpected('a path of the state, such as balance');
    const path: FieldStep[] = [];
    if (isName) {
      this.#at += 1;
      path.push(token.text);
    }
    path.push(...this.#path());
    return { field: { name: 'data', path, asNumber: false }, token };
  }

  #field(): { field: FieldRef; token: Token } {
    if (this.#names === 'state') return this.#stateField();
    const token = this.#peek();
    if (token?.kind !== 'name') throw this.#unexpected('a field, such as type, data.amount or header.tenant');
    const name = token.text;
    if (!isFieldName(name)) {
      const meant = meantField(name);
      const isPath = this.#tokens[this.#at + 1]?.text === '.' || this.#tokens[this.#at + 1]?.text === '[';
      const hint =
        meant === null || (isPath && FIELDS[meant as keyof typeof FIELDS]?.kind !== 'path')
          ? `A field of the payload is data.${name}; the names are ${Object.keys(FIELDS).join(', ')}.`
          : `Did you mean ${meant}? A field of the payload would be data.${name}.`;
      throw new FilterProblem(`There is no field ${name}`, token.from, name.length, hint);
    }
    this.#at += 1;
    const path = this.#path();
    const isPathField = FIELDS[name].kind === 'path';
    if (path.length > 0 && !isPathField)
      throw new FilterProblem(
        `${name} has no parts`,
        token.from,
        name.length,
        `A field of the payload is data.${name}….`,
      );
    if (name === 'header' && (path.length !== 1 || typeof path[0] !== 'string'))
      throw new FilterProblem(
        'header needs the name of one header',
        token.from,
        name.length,
        'Write header.tenant or header["a b"].',
      );
    return { field: { name, path, asNumber: false }, token };
  }

  #path(): FieldStep[] {
    const path: FieldStep[] = [];
    for (;;) {
      if (this.#takeText('.')) {
        const token = this.#peek();
        if (token?.kind !== 'name') throw this.#unexpected('a key after the dot');
        this.#at += 1;
        path.push(token.text);
      } else if (this.#takeText('[')) {
        path.push(this.#step());
        this.#expectText(']');
      } else return path;
    }
  }

  #step(): FieldStep {
    const token = this.#peek();
    if (this.#takeText('*')) return null;
    if (token?.kind === 'string') return this.#string();
    if (token?.kind === 'number' && /^\d{1,15}$/.test(token.text)) {
      this.#at += 1;
      return Number(token.text);
    }
    throw this.#unexpected('an index, * or a key in quotes');
  }
}
