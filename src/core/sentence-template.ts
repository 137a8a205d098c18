/**
 * Templates of event sentences: `Charged {data.amount|money data.currency} to {data.customerId|short}[ for {data.period}]`.
 * Braces hold a path, read as reducers read it (`data.…` the payload, `$value.…` the whole value, `$type`, `$version`, …),
 * and perhaps a format. What stands in brackets is left out as a whole when one of its own paths has nothing to say. A
 * backslash before a brace, a bracket or a backslash makes it a plain sign. A field that is missing is said to be missing.
 */

import { nearest } from './filter/nearest.ts';
import { ENVELOPE_SOURCES, type FoldContext } from './fold.ts';
import type { Json, StreamEvent } from './model.ts';
import { getPath, PathProblem, parsePath } from './path.ts';
import { lineOf } from './sentence-details.ts';
import { FORMATS, type FormatName, formatted, isFormatName, MONEY } from './sentence-formats.ts';

/** UTF-16 units of a template. */
export const LONGEST_TEMPLATE = 1000;
/** Brackets within brackets. */
const DEEPEST = 8;
/** A sentence that got longer ends in `…`. Characters. */
const LONGEST_SENTENCE = 500;
const LONGEST_NAME = 60;

/** Why a text is no template. `position` and `length` count UTF-16 units; the message is without place and stop. */
export class TemplateProblem extends Error {
  readonly position: number;
  readonly length: number;
  /** What to write instead, without a stop at its end. */
  readonly hint: string;

  constructor(message: string, position: number, length: number, hint: string) {
    super(message);
    this.name = 'TemplateProblem';
    this.position = position;
    this.length = Math.max(1, length);
    this.hint = hint;
  }
}

type Read = (event: StreamEvent, context: FoldContext) => Json | undefined;

interface FieldPart {
  kind: 'field';
  path: string;
  read: Read;
  format: FormatName | null;
  /** Of `money`: a fixed text, or a field. */
  currency: string | { path: string; read: Read } | null;
}
interface OptionalPart {
  kind: 'optional';
  parts: readonly Part[];
}
type Part = string | FieldPart | OptionalPart;

/** A template that has been read. */
export interface Template {
  text: string;
  parts: readonly Part[];
}

const SPECIAL = /[\\{}[\]]/g;

/** A plain text as a template writes it. */
export const escapeTemplate = (text: string): string => text.replace(SPECIAL, '\\$&');

/** @throws TemplateProblem */
export function parseTemplate(text: string): Template {
  if (text.length > LONGEST_TEMPLATE)
    throw new TemplateProblem(
      `A template has at most ${LONGEST_TEMPLATE} characters`,
      LONGEST_TEMPLATE,
      text.length - LONGEST_TEMPLATE,
      'Say less',
    );
  if (text.trim() === '')
    throw new TemplateProblem(
      'The template is empty',
      0,
      text.length,
      'Write a sentence with fields in braces',
    );
  const reader = new Reader(text);
  const parts = reader.parts(0);
  return { text, parts };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the end of the text, or of the brackets it is in. `depth` 0: in none. */
  parts(depth: number): Part[] {
    const parts: Part[] = [];
    let plain = '';
    const flush = () => {
      if (plain !== '') parts.push(plain);
      plain = '';
    };
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at]!;
      const next = this.#text[this.#at + 1];
      if (sign === '\\' && next !== undefined && '\\{}[]'.includes(next)) {
        plain += next;
        this.#at += 2;
      } else if (sign === '{') {
        flush();
        parts.push(this.#field());
      } else if (sign === '[') {
        flush();
        parts.push(this.#optional(depth + 1));
      } else if (sign === ']' && depth > 0) break;
      else if (sign === ']' || sign === '}')
        throw new TemplateProblem(
          `“${sign}” closes nothing`,
          this.#at,
          1,
          `Write \\${sign} for the sign itself`,
        );
      else {
        plain += sign;
        this.#at += 1;
      }
    }
    flush();
    return parts;
  }

  #optional(depth: number): OptionalPart {
    const from = this.#at;
    if (depth > DEEPEST)
      throw new TemplateProblem(`Brackets stand in more than ${DEEPEST} others`, from, 1, 'Take some away');
    this.#at += 1;
    const parts = this.parts(depth);
    if (this.#text[this.#at] !== ']')
      throw new TemplateProblem(
        'This bracket is not closed',
        from,
        1,
        'Close it with ], or write \\[ for the sign',
      );
    this.#at += 1;
    if (!parts.some((part) => typeof part !== 'string' && part.kind === 'field'))
      throw new TemplateProblem(
        'This optional part has no field of its own',
        from,
        this.#at - from,
        'Put the field in that it depends on, or take the brackets away',
      );
    return { kind: 'optional', parts };
  }

  #field(): FieldPart {
    const open = this.#at;
    const end = endOf(this.#text, open + 1, '}');
    if (end === -1)
      throw new TemplateProblem(
        'This brace is not closed',
        open,
        1,
        'Close it with }, or write \\{ for the sign',
      );
    this.#at = end + 1;
    const bar = endOf(this.#text, open + 1, '|', end);
    const pathEnd = bar === -1 ? end : bar;
    const { path, read } = this.#path(open + 1, pathEnd);
    if (bar === -1) return { kind: 'field', path, read, format: null, currency: null };
    return { kind: 'field', path, read, ...this.#format(bar + 1, end) };
  }

  #path(from: number, to: number): { path: string; read: Read } {
    const whole = this.#text.slice(from, to);
    const path = whole.trim();
    const at = from + whole.length - whole.trimStart().length;
    if (path === '')
      throw new TemplateProblem(
        'A field is missing here',
        from - 1,
        to - from + 2,
        'Name one, such as {data.amount}',
      );
    return { path, read: readerOf(path, at) };
  }

  #format(from: number, to: number): Pick<FieldPart, 'format' | 'currency'> {
    const whole = this.#text.slice(from, to);
    const [, lead = '', name = '', gap = ''] = /^(\s*)(\S*)(\s*)/.exec(whole) ?? [];
    const at = from + lead.length;
    const rest = whole.slice(lead.length + name.length + gap.length).trimEnd();
    const restAt = at + name.length + gap.length;
    if (name === MONEY) return { format: 'number', currency: this.#currency(rest, restAt, at) };
    if (!isFormatName(name)) {
      const names = [...Object.keys(FORMATS), MONEY];
      const near = nearest(name, names);
      throw new TemplateProblem(
        name === '' ? 'A format is missing here' : `“${name.slice(0, LONGEST_NAME)}” is no format`,
        at,
        name.length,
        near === null ? `Formats are ${names.join(', ')}` : `Perhaps ${near} is meant`,
      );
    }
    if (rest !== '')
      throw new TemplateProblem(
        `${name} takes nothing more`,
        restAt,
        rest.length,
        'Only money does: its currency',
      );
    return { format: name, currency: null };
  }

  #currency(text: string, at: number, formatAt: number): FieldPart['currency'] {
    if (text === '')
      throw new TemplateProblem(
        'money needs a currency',
        formatAt,
        MONEY.length,
        'Write money data.currency, or money "EUR"',
      );
    if (!text.startsWith('"')) return this.#path(at, at + text.length);
    const fixed = quotedText(text);
    if (fixed !== null) return lineOf(fixed);
    throw new TemplateProblem('The quotes do not hold a text', at, text.length, 'Write money "EUR"');
  }
}

function quotedText(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** Where a sign stands outside of quotes; −1: nowhere before `limit`. */
function endOf(text: string, from: number, sign: string, limit = text.length): number {
  let isQuoted = false;
  for (let at = from; at < limit; at += 1) {
    const here = text[at];
    if (here === '"') isQuoted = !isQuoted;
    else if (here === '\\' && isQuoted) at += 1;
    else if (here === sign && !isQuoted) return at;
  }
  return -1;
}

/** @throws TemplateProblem */
function readerOf(path: string, at: number): Read {
  const problem = (message: string, hint: string) => new TemplateProblem(message, at, path.length, hint);
  const name = path.slice(0, LONGEST_NAME);
  const isValue = /^\$value(?:$|[.[])/.test(path);
  if (path.startsWith('$') && !isValue) {
    const source = Object.hasOwn(ENVELOPE_SOURCES, path) ? ENVELOPE_SOURCES[path] : undefined;
    if (source !== undefined) return source;
    const known = [...Object.keys(ENVELOPE_SOURCES), '$value'];
    throw problem(`“${name}” is not known`, `There are ${known.join(', ')}`);
  }
  const steps = stepsOf(path, problem);
  if (!isValue && steps[0] !== 'data')
    throw problem(
      `“${name}” begins neither with data nor with $`,
      `Write data.${name} for a field of the payload`,
    );
  const inside = steps.slice(1);
  return isValue ? (event) => getPath(event.value, inside) : (event) => getPath(event.data, inside);
}

function stepsOf(path: string, problem: (message: string, hint: string) => TemplateProblem) {
  try {
    return parsePath(path);
  } catch (error) {
    if (!(error instanceof PathProblem)) throw error;
    throw problem(
      `“${path.slice(0, LONGEST_NAME)}” is no path`,
      'Write keys with dots, indexes as [0], keys with dots or spaces as ["a b"]',
    );
  }
}

/** Nothing that a sentence could say: absent, null, or blank text. */
const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** White space, but for the narrow kind between groups of digits. */
const GAPS = /[^\S\u202f]+/g;

/** The sentence of an event: one line, never an exception, the same for the same event. */
export function renderTemplate({ parts }: Template, event: StreamEvent, context: FoldContext = {}): string {
  const text = sayAll(parts, event, context)!.replace(GAPS, ' ').trim();
  return text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE - 1)}…` : text;
}

/** Null: a field that the parts need has nothing to say, and `isOptional`. */
function sayAll(
  parts: readonly Part[],
  event: StreamEvent,
  context: FoldContext,
  isOptional = false,
): string | null {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (part.kind === 'optional') text += sayAll(part.parts, event, context, true) ?? '';
    else {
      const said = sayField(part, event, context, isOptional);
      if (said === null) return null;
      text += said;
    }
  }
  return text;
}

function sayField(
  { path, read, format, currency }: FieldPart,
  event: StreamEvent,
  context: FoldContext,
  isOptional: boolean,
): string | null {
  const value = read(event, context);
  if (isOptional && isEmpty(value)) return null;
  const said = sayValue(value, path, format);
  if (currency === null) return said;
  if (typeof currency === 'string') return `${said} ${currency}`;
  const unit = currency.read(event, context);
  if (isOptional && isEmpty(unit)) return null;
  return `${said} ${sayValue(unit, currency.path, null)}`;
}

function sayValue(value: Json | undefined, path: string, format: FormatName | null): string {
  if (value === undefined) return `‹no ${lineOf(path)}›`;
  if (typeof value === 'string' && value.trim() === '') return `‹empty ${lineOf(path)}›`;
  return formatted(value, format);
}
