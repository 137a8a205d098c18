import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareExact, exactNumber, formatJson, isJsonObject, isNumeric, parseJson } from '../json.ts';
import type { Json } from '../model.ts';
import { occurredMillis } from '../time.ts';
import { compileFilter, type FilterSubject, UNSURE } from './evaluate.ts';
import { type Expression, type FieldRef, isTimeLiteral, type Literal } from './expression.ts';
import { parseFilter } from './parse.ts';
import { planFilter } from './plan.ts';
import { printFilter } from './print.ts';
import { subjectOf } from './testing/subject.ts';
import { type TextQuery, textQueryOf } from './textQuery.ts';
import { wordsOf } from './words.ts';

const RUNS = { numRuns: 1500 };

const key = fc.constantFrom('a', 'b', 'a b', 'x.y', '', '0', 'Ü', '__proto__');
const numberText = fc.constantFrom(
  '0',
  '-0',
  '1',
  '1.0',
  '1.50',
  '9007199254740993',
  '9007199254740992',
  '1e400',
  '-2',
  '15e-1',
);
const words = fc.constantFrom(
  'a',
  'b',
  'Fee charged',
  'fee',
  'charged',
  'say "no"',
  'a\\b',
  'line\nfeed',
  'Zoë',
  'SA-1',
  '',
  '1',
  'ΟΔΟΣ',
  '\u{10000}',
  '\uffee',
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  words,
  numberText.map(exactNumber),
  fc.boolean(),
  fc.constant(null),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const path = fc.array(fc.oneof(key, fc.nat(2), fc.constant(null)), { maxLength: 3 });
const pathField: fc.Arbitrary<FieldRef> = fc.record({
  name: fc.constantFrom('data', 'value'),
  path,
  asNumber: fc.boolean(),
}) as fc.Arbitrary<FieldRef>;
const field = (name: string, steps: string[] = []) =>
  ({ name, path: steps, asNumber: false }) as unknown as FieldRef;
const numeric = numberText.map(exactNumber);
const time = fc
  .constantFrom('2026-03-01T00:00:00Z', '2026-03-01T01:30:00+01:00')
  .map((text) => ({ time: Date.parse(text), text }));
const anyLiteral: fc.Arbitrary<Literal> = fc.oneof(words, numeric, fc.boolean(), fc.constant(null), time);

const isOrdered = (value: Literal) => value !== null && typeof value !== 'boolean';
const compare = (target: fc.Arbitrary<FieldRef>, literal: (field: FieldRef) => fc.Arbitrary<Literal>) =>
  target.chain((of) =>
    literal(of).chain((value) =>
      fc.oneof(
        fc.record({
          kind: fc.constant('compare'),
          field: fc.constant(of),
          operator: fc.constantFrom(...(isOrdered(value) ? ['=', '!=', '<', '<=', '>', '>='] : ['=', '!='])),
          value: fc.constant(value),
        }),
        fc.record({
          kind: fc.constant('in'),
          field: fc.constant(of),
          values: fc.array(literal(of), { maxLength: 3 }).map((more) => [value, ...more]),
        }),
      ),
    ),
  );

const textField = fc.constantFrom(
  field('type'),
  field('key'),
  field('eventId'),
  field('header', ['h']),
  field('aggregate'),
);
const numberField = fc.constantFrom(field('partition'), field('offset'), field('size'));
const condition = fc.oneof(
  compare(pathField, ({ asNumber }) => (asNumber ? fc.oneof(numeric, fc.constant(null)) : anyLiteral)),
  compare(textField, () => words),
  compare(numberField, () => numeric),
  compare(fc.constant(field('verdict')), () => fc.constantFrom('open', 'committed')),
  fc.record({
    kind: fc.constant('text'),
    field: fc.oneof(
      pathField.map((of) => ({ ...of, asNumber: false })),
      textField,
    ),
    operator: fc.constantFrom('contains', 'starts', 'ends', 'like'),
    value: words,
  }),
  fc.record({
    kind: fc.constant('text'),
    field: fc.constant(field('text')),
    operator: fc.constantFrom('contains', 'like'),
    value: words,
  }),
  fc.record({ kind: fc.constant('exists'), field: fc.oneof(pathField, textField) }),
  fc.record({ kind: fc.constant('null'), field: fc.oneof(pathField, textField), isNull: fc.boolean() }),
  words.filter((text) => wordsOf(text).length > 0).map((text) => ({ kind: 'match', words: text })),
) as fc.Arbitrary<Expression>;

const expression: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      items: fc.array(tie('tree'), { minLength: 2, maxLength: 4 }),
    }),
    tie('tree').map((item) => ({ kind: 'not' as const, item })),
  ),
})).tree;

const subject = fc
  .record({
    json: fc.option(json, { freq: 8 }),
    isEscaped: fc.boolean(),
    type: words,
    key: fc.option(words),
    eventId: fc.option(words),
    aggregate: fc.option(words),
    partition: fc.nat(2),
    offset: fc.nat(2),
    verdict: fc.constantFrom('open', 'committed'),
    header: fc.array(fc.option(words), { maxLength: 2 }),
  })
  .map(({ json: value, isEscaped, header, ...facts }) => {
    const plain = value === null ? null : formatJson(value);
    // Other spellings of the same text: every letter as an escape.
    const text =
      isEscaped && plain !== null
        ? plain.replace(
            /(?<!\\)[fFSZ](?=[\p{L}-])/gu,
            (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
          )
        : plain;
    return subjectOf(text, { ...facts, size: text?.length ?? 0, headers: header.map((each) => ['h', each]) });
  });

/** All values a field gives, written without a look at the evaluator. */
function valuesOf(of: FieldRef, from: FilterSubject): Json[] {
  if (of.name === 'header') return [...from.headers(of.path[0] as string)];
  if (of.name === 'text') return [from.text()];
  if (of.name !== 'data' && of.name !== 'value') return [from.fact(of.name)];
  let found: Json[] = [from.value()].filter((value) => value !== undefined);
  for (const step of of.path)
    found = found.flatMap((value): Json[] => {
      if (step === null)
        return Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
      if (Array.isArray(value)) return typeof step === 'number' && step < value.length ? [value[step]!] : [];
      return isJsonObject(value) && typeof step === 'string' && Object.hasOwn(value, step)
        ? [value[step]!]
        : [];
    });
  return found;
}

const asNumber = (value: Json): Json | undefined =>
  isNumeric(value)
    ? value
    : typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)
      ? parseJson(value)
      : undefined;

function order(value: Json, literal: Literal): number | null {
  if (literal === null) return value === null ? 0 : 1;
  if (isNumeric(literal)) return isNumeric(value) ? compareExact(value, literal) : null;
  if (isTimeLiteral(literal)) {
    const ms = occurredMillis(value);
    return ms === null ? null : ms - literal.time;
  }
  if (typeof value !== typeof literal) return null;
  if (typeof literal === 'boolean') return value === literal ? 0 : 1;
  return Buffer.compare(utf32(value as string), utf32(literal as string));
}

const utf32 = (text: string): Buffer => {
  const points = Array.from(text, (each) => each.codePointAt(0)!);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [at, point] of points.entries()) bytes.writeUInt32BE(point, at * 4);
  return bytes;
};

function oracle(of: Expression, from: FilterSubject): boolean {
  switch (of.kind) {
    case 'and':
      return !of.items.some((item) => !oracle(item, from));
    case 'or':
      return of.items.filter((item) => oracle(item, from)).length > 0;
    case 'not':
      return !oracle(of.item, from);
    case 'match': {
      const padded = (text: string) => ` ${wordsOf(text).join(' ')} `;
      return from.text() !== null && padded(from.text()!).includes(padded(of.words));
    }
    default:
  }
  const isFact = !['data', 'value', 'header'].includes(of.field.name);
  const found = valuesOf(of.field, from);
  const numbers = found.map(asNumber).filter((value) => value !== undefined);
  switch (of.kind) {
    case 'exists':
      return of.field.asNumber ? numbers.length > 0 : found.some((value) => !isFact || value !== null);
    case 'null':
      if (!of.isNull && of.field.asNumber) return numbers.length > 0;
      return found.some((value) => (value === null) === of.isNull);
    case 'text':
      return found.some((value) => {
        if (typeof value !== 'string') return false;
        if (of.operator === 'contains') return value.split(of.value).length > 1 || of.value === '';
        if (of.operator === 'starts') return value.slice(0, of.value.length) === of.value;
        if (of.operator === 'ends') return of.value === '' || value.slice(-of.value.length) === of.value;
        const lower = (text: string) => text.toLowerCase().replace(/ς/g, 'σ');
        return lower(value).includes(lower(of.value));
      });
    case 'in':
      return of.values.some((value) =>
        oracle({ kind: 'compare', field: of.field, operator: '=', value }, from),
      );
    case 'compare': {
      // What spells no number is something that is not null, and nothing else.
      const values = of.field.asNumber ? found.map((value) => asNumber(value) ?? []) : found;
      return values.some((value) => {
        const by = order(value, of.value);
        if (by === null) return false;
        return { '=': by === 0, '!=': by !== 0, '<': by < 0, '<=': by <= 0, '>': by > 0, '>=': by >= 0 }[
          of.operator
        ];
      });
    }
  }
}

it('what is printed reads back to the same tree', () => {
  fc.assert(
    fc.property(expression, (tree) => {
      expect(parseFilter(printFilter(tree))).toEqual(tree);
    }),
    RUNS,
  );
});

it('the evaluator answers as a naive one', () => {
  fc.assert(
    fc.property(expression, subject, (tree, from) => {
      expect(compileFilter(tree)(from)).toBe(oracle(tree, from));
    }),
    { numRuns: 6000 },
  );
});

it('an approximate answer is the exact one, or none', () => {
  const rough = (from: FilterSubject): FilterSubject => {
    const value = () => (from.value() === undefined ? undefined : (JSON.parse(from.text()!) as Json));
    return { ...from, value, data: value };
  };
  fc.assert(
    fc.property(expression, subject, (tree, from) => {
      try {
        expect(compileFilter(tree, true)(rough(from))).toBe(compileFilter(tree)(from));
      } catch (thrown) {
        if (thrown !== UNSURE) throw thrown;
      }
    }),
    { numRuns: 6000 },
  );
});

function fitsQuery(query: TextQuery, text: string): boolean {
  if (query.kind === 'escaped') return text.includes('\\');
  if (query.kind === 'word')
    return wordsOf(text).some((word) => (query.prefix ? word.startsWith(query.word) : word === query.word));
  const fitting = query.items.filter((item) => fitsQuery(item, text));
  return query.kind === 'all' ? fitting.length === query.items.length : fitting.length > 0;
}

it('the parts of a plan together say what the whole says, and what must be there is there', () => {
  fc.assert(
    fc.property(expression, subject, (tree, from) => {
      const { columns, lookups, bytes, needles } = planFilter(tree);
      const text = from.text() ?? '';
      const holdsNeedles = needles.every(
        ({ texts, inJson }) => texts.some((each) => text.includes(each)) || (inJson && text.includes('\\')),
      );
      const whole = compileFilter(tree)(from);
      const parts =
        (columns === null || compileFilter(columns)(from)) &&
        lookups.every(({ field: name, values }) => values.includes(from.fact(name) as string)) &&
        (bytes === null || (holdsNeedles && compileFilter(bytes)(from)));
      expect(parts).toBe(whole);
      const query = bytes === null ? null : textQueryOf(bytes);
      if (whole && query !== null) expect(fitsQuery(query, text)).toBe(true);
    }),
    { numRuns: 6000 },
  );
});

it('no text makes the reader fail otherwise than with a place inside the text', () => {
  const piece = fc.constantFrom(
    'type',
    'data',
    '.',
    'a',
    '[',
    ']',
    '*',
    '(',
    ')',
    '"x"',
    '"',
    "'",
    '=',
    '!=',
    '~',
    'not',
    'and',
    'in',
    ',',
    '1',
    '-',
    '2026-01-01',
    'is',
    'null',
    'number',
    'match',
    ' ',
    '\\',
    '§',
    '\u{1f600}',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }).map((parts) => parts.join('')),
      (text) => {
        try {
          parseFilter(text);
        } catch (error) {
          expect((error as Error).name).toBe('FilterProblem');
          const { position } = error as { position: number };
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(text.length);
        }
      },
    ),
    { numRuns: 5000 },
  );
});
