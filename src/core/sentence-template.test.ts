import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import type { Json, StreamEvent } from './model.ts';
import { sentenceOf } from './sentence.ts';
import { derivedTemplate } from './sentence-derived.ts';
import { FORMATS } from './sentence-formats.ts';
import {
  escapeTemplate,
  LONGEST_TEMPLATE,
  parseTemplate,
  renderTemplate,
  TemplateProblem,
} from './sentence-template.ts';

const eventOf = (data: string, type = 'FeeCharged', more: Partial<StreamEvent> = {}): StreamEvent => ({
  ...{ id: 1, topic: 'fees', partition: 0, offset: 7, verdict: 'committed', kind: 'event' },
  ...{
    recordedAt: 1_767_225_599_999,
    monotonicAt: 1_767_225_599_999,
    occurredAt: null,
    version: 12,
    eventId: 'e-1',
  },
  ...{ type, data: parseJson(data), value: parseJson(`{"meta":{"by":"svc"},"data":${data}}`) },
  ...more,
});

const render = (template: string, data: string): string =>
  renderTemplate(parseTemplate(template), eventOf(data), {
    aggregateId: 'SA-1',
    aggregateType: 'Account',
  }).replaceAll('\u202f', ' ');

function problemOf(template: string): { message: string; at: string; hint: string } {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { message, position, length, hint } = error;
    return { message, at: template.slice(position, position + length), hint };
  }
  throw new Error(`“${template}” is a template`);
}

describe('a template', () => {
  it.each([
    [
      'Charged {data.amount|money data.currency} to {data.customer|short}[ for {data.period|month}]',
      '{"amount":1250.00,"currency":"AUD","customer":"c0a80101-0000-4000-8000-0123456711fe","period":"2025-12"}',
      'Charged 1 250.00 AUD to c0a8…11fe for December 2025',
    ],
    [
      '{data.amount} {data.amount|number}',
      '{"amount":9007199254740993.50}',
      '9007199254740993.50 9 007 199 254 740 993.50',
    ],
    ['{data.n|amount}', '{"n":-61.760}', '61.760'],
    ['{data.n|money "EUR"}', '{"n":"25.00"}', '25.00 EUR'],
    ['{data.at|time}', '{"at":"2025-12-31T23:59:59.9991Z"}', '2025-12-31 23:59:59.999'],
    ['{data.at|date}', '{"at":1767225599}', '2025-12-31'],
    [
      '{$recordedAt|time} v{$version} {$type} {$aggregateId}',
      '{}',
      '2025-12-31 23:59:59.999 v12 FeeCharged SA-1',
    ],
    ['{$value.meta.by}', '{}', 'svc'],
    [
      '{data.items|count} items, {data.items[1].sku|quoted}',
      '{"items":[{"sku":"a"},{"sku":"b"}]}',
      '2 items, “b”',
    ],
    ['{data["a.b}"]}', '{"a.b}":"x"}', 'x'],
    ['{data|keys}', '{"a":1,"b":2,"c":3,"d":4,"e":5}', 'a, b, c, d and 1 more'],
    ['{data.k|words} {data.k|lower} {data.s|words}', '{"k":"NSF_FEE","s":"ATM"}', 'nsf fee nsf fee ATM'],
    ['\\{\\[{data.a}\\]\\} \\\\ C:\\d', '{"a":1}', '{[1]} \\ C:\\d'],
    [
      '{data.flag} {data.none} {data.list} {data.o}',
      '{"flag":true,"none":null,"list":[1],"o":{}}',
      'true null list of 1 object of 0',
    ],
    ['a[ b {data.x}] c', '{}', 'a c'],
    ['a[ {data.x}[ and {data.y}]]', '{"x":1}', 'a 1'],
    ['a[ {data.x}[ and {data.y}]]', '{"y":1}', 'a'],
    ['a[ {data.x}]', '{"x":null}', 'a'],
    ['a[ {data.x}]', '{"x":"  "}', 'a'],
    ['a[ {data.x|money data.c}]', '{"x":1}', 'a'],
    ['{data.x|number}', '{"x":"no number"}', 'no number'],
    ['{data.x|time}', '{"x":"tomorrow"}', 'tomorrow'],
    ['{data.x}', '{"x":"two\\nlines\\t and more"}', 'two lines and more'],
    ['{data.__proto__}', '{}', '‹no data.__proto__›'],
  ])('%s of %s', (template, data, text) => {
    expect(render(template, data)).toBe(text);
  });

  it('says which field is missing, empty or without a currency', () => {
    expect(render('Paid {data.amount|money data.currency} by {data.who}', '{"amount":5,"who":""}')).toBe(
      'Paid 5 ‹no data.currency› by ‹empty data.who›',
    );
  });

  it.each([
    ['', '', /empty/],
    ['a {data.x', '{', /not closed/],
    ['a [b {data.x}', '[', /not closed/],
    ['a } b', '}', /closes nothing/],
    ['a ] b', ']', /closes nothing/],
    ['a [b]', '[b]', /no field of its own/],
    ['a [[{data.x}]]', '[[{data.x}]]', /no field of its own/],
    ['{}', '{}', /field is missing/],
    ['{amount}', 'amount', /neither with data nor/],
    ['{data..x}', 'data..x', /no path/],
    ['{ data.a b }', 'data.a b', /no path/],
    ['{$offset}', '$offset', /not known/],
    ['{data.x|}', '}', /format is missing/],
    ['{data.x|mony}', 'mony', /no format/],
    ['{data.x|money}', 'money', /needs a currency/],
    ['{data.x|money "a}', '{', /not closed/],
    ['{data.x|short 4}', '4', /takes nothing more/],
    ['[[[[[[[[[{data.x}]]]]]]]]]', '[', /more than 8/],
  ])('tells where %s is wrong', (template, at, message) => {
    const problem = problemOf(template);
    expect(problem.message).toMatch(message);
    expect(problem.at).toBe(at);
    expect(problem.hint).not.toBe('');
  });

  it('is refused when it is too long', () => {
    expect(problemOf('x'.repeat(LONGEST_TEMPLATE + 1)).message).toMatch(/at most/);
  });

  it('suggests the format that was meant', () => {
    expect(problemOf('{data.x|numbre}').hint).toBe('Perhaps number is meant');
  });

  it('stays one short line whatever the payload holds', () => {
    const long = JSON.stringify({ a: 'x\n'.repeat(100_000), n: 1 });
    const text = render('{data.a|long}'.repeat(5), long);
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text).not.toContain('\n');
    expect(render('{data.n|number}', `{"n":${'7'.repeat(10_000)}}`).length).toBeLessThan(60);
  });
});

describe('any template and payload', () => {
  const key = fc.constantFrom('a', 'b', 'amount', 'x.y', 'é"', '__proto__', 'toString');
  const payload = fc.jsonValue({ maxDepth: 4 });
  const piece = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '\\',
      '|',
      '"',
      '{data.a}',
      '{data.b|money data.a}',
      '[ {data.a|count}]',
    ),
    fc
      .tuple(key, fc.constantFrom(...Object.keys(FORMATS)))
      .map(([name, format]) => `{data[${JSON.stringify(name)}]|${format}}`),
  );
  const anything = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  it('is read or refused with a place inside the text, and never says more than one line', () => {
    fc.assert(
      fc.property(anything, payload, (text, data) => {
        try {
          const said = renderTemplate(parseTemplate(text), eventOf(JSON.stringify(data)));
          expect(said).not.toMatch(/[\r\n]/);
          expect(said.length).toBeLessThanOrEqual(500);
        } catch (error) {
          if (!(error instanceof TemplateProblem)) throw error;
          expect(error.position).toBeLessThanOrEqual(text.length);
          expect(error.position).toBeGreaterThanOrEqual(0);
          expect(error.hint).not.toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('says an escaped text as it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 50, unit: 'grapheme' }), (text) => {
        fc.pre(text.trim() !== '');
        expect(renderTemplate(parseTemplate(escapeTemplate(text)), eventOf('{}'))).toBe(
          text.replace(/[^\S\u202f]+/g, ' ').trim(),
        );
      }),
    );
  });

  it('keeps every digit of a number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (value) => {
        expect(render('{data.n}', `{"n":${value}}`)).toBe(String(value));
        expect(render('{data.n|number}', `{"n":${value}}`).replaceAll(' ', '')).toBe(String(value));
      }),
    );
  });
});

describe('the default as a template', () => {
  const derived = (type: string, ...payloads: string[]) =>
    derivedTemplate(
      type,
      payloads.map((data) => ({ event: eventOf(data, type), context: {} })),
    );

  it.each([
    [
      'InterestPosted',
      'Interest[ of {data.amount|amount}] posted[ for {data.period|month}]',
      ['{"period":"2025-12","amount":61.76}'],
    ],
    [
      'DepositMade',
      'Deposit[ of {data.amount|amount}][ at branch {data.branch}]',
      ['{"amount":1250.00,"branch":"114"}'],
    ],
    [
      'FeeWaived',
      'Fee[ of {data.amount|amount}] waived[ ({data.fee_type|words})]',
      ['{"amount":"25.00","fee_type":"NSF"}', '{"amount":-5,"fee_type":"LATE_FEE"}'],
    ],
    [
      'CATTLE_SOLD',
      'Cattle sold[ for {data.price|amount}][ to {data.buyer}]',
      ['{"price":876.48,"buyer":"client-285"}', '{}'],
    ],
    ['', 'Value with {data|keys}', ['{"a":1}', '{"a":1,"b":2,"c":3,"d":4,"e":5}']],
    ['', 'List of {data|count}', ['[1,2]']],
  ])('%s → %s', (type, text, payloads) => {
    expect(derived(type, ...payloads)).toEqual({ text, same: payloads.length, of: payloads.length });
  });

  it('says of how many events it is exact', () => {
    const found = derived(
      'TransferSent',
      '{"amount":1,"from":"a","to":"b","period":"2025-01","reason":"r"}',
      '{"reason":"x"}',
    );
    expect(found).toMatchObject({ same: 1, of: 2 });
  });

  it('can be read for any type and payload', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 }),
        (type, all) => {
          const { text, same, of } = derived(type, ...all.map((each) => JSON.stringify(each)));
          expect(parseTemplate(text).text).toBe(text);
          expect(same).toBeLessThanOrEqual(of);
        },
      ),
    );
  });
});

it('changes the words of an event and nothing else', () => {
  const event = eventOf('{"amount":4.50}');
  const own = sentenceOf(event, parseTemplate('Took {data.amount}'));
  expect(own).toEqual({ ...sentenceOf(event), text: 'Took 4.50' });
  const gone: Json = null;
  const erased = { ...event, kind: 'tombstone', data: gone } as StreamEvent;
  expect(sentenceOf(erased, parseTemplate('x {data.y}'))).toEqual(sentenceOf(erased));
});
