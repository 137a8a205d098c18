import { describe, expect, it } from 'vitest';
import { compileFilter } from './evaluate.ts';
import {
  caretLines,
  completionAt,
  FilterProblem,
  parseFilter,
  planFilter,
  printFilter,
  textQueryOf,
} from './filter.ts';
import { subjectOf } from './testing/subject.ts';

const fits = (filter: string, value: string, facts: Parameters<typeof subjectOf>[1] = {}) =>
  compileFilter(parseFilter(filter))(subjectOf(value, facts));

function problemOf(text: string): FilterProblem {
  try {
    parseFilter(text);
  } catch (error) {
    if (error instanceof FilterProblem) return error;
    throw error;
  }
  throw new Error(`“${text}” was read`);
}

describe('reading', () => {
  it('reads the example of the design and prints it the same', () => {
    const text =
      'data.amount > 100 and type = "FeeCharged" and header.tenant = "x" and recorded >= 2026-03-01T00:00:00Z';
    expect(printFilter(parseFilter(text))).toBe(text);
  });

  it('binds “and” closer than “or”, and “not” closest', () => {
    expect(printFilter(parseFilter('key = "a" or key = "b" and not key = "c"'))).toBe(
      'key = "a" or key = "b" and not key = "c"',
    );
    expect(parseFilter('(key = "a" or key = "b") and key exists')).toMatchObject({ kind: 'and' });
    expect(parseFilter("NOT data['a b'][0].x[*] IN (1, 2.50, null, true)")).toMatchObject({
      kind: 'not',
      item: { field: { path: ['a b', 0, 'x', null] }, values: [1, { value: '2.50' }, null, true] },
    });
  });

  it.each([
    ['', 0, /empty/, /FeeCharged/],
    ['typ = "A"', 0, /no field typ/, /Did you mean type\?/],
    ['event_type = "A"', 0, /no field event_type/, /Did you mean type\?/],
    ['amount > 5', 0, /no field amount/, /data\.amount/],
    ['type = FeeCharged', 7, /found FeeCharged/, /"FeeCharged"/],
    ['type == "A"', 5, /found ==/, /Write =\./],
    ['type = "A" && key = "b"', 11, /found &&/, /Write and/],
    ['type = "A" adn key = "b"', 11, /Expected “and”, “or” or the end/, /Did you mean and\?/],
    ['type = "A', 7, /no closing quote/, /^$/],
    ['data.a >', 8, /at the end, a value/, /^$/],
    ['(type = "A"', 11, /“\)” is missing/, /^$/],
    ['recorded > 2026-03-01T00:00:00', 11, /no zone/, /Add Z/],
    ['recorded > "2026-03-01T00:00:00Z"', 11, /recorded is a time/, /without quotes/],
    ['recorded > 2026-13-01T00:00:00Z', 11, /not a time/, /2025-12-31T23:59:59Z/],
    ['partition = "1"', 12, /partition is a number/, /without quotes/],
    ['verdict = "abborted"', 10, /no verdict/, /Did you mean aborted/],
    ['header = "x"', 0, /name of one header/, /header\.tenant/],
    ['header.a > 5', 11, /A header is text/, /number\(header/],
    ['key.a = "x"', 0, /key has no parts/, /data\.key/],
    ['text = "x"', 7, /searched, not compared/, /text contains/],
    ['data.x > true', 7, /neither before nor after/, /Write = or !=/],
    ['data.x contains 5', 16, /text in quotes/, /Write "5"/],
    ['data.x = "a\\q"', 11, /is no escape/, /backslash/],
    ['data.x[-1] = 1', 7, /an index/, /^$/],
    ['match "…"', 6, /no word/, /letters or digits/],
    ['data.x ; 1', 7, /means nothing/, /^$/],
    ['data.x is 5', 10, /“null” or “not null”/, /^$/],
    ['data.x starts "a"', 14, /“with”/, /^$/],
  ])('points at what is wrong in %s', (text, position, message, hint) => {
    const problem = problemOf(text);
    expect(problem.message).toMatch(message);
    expect(problem.hint).toMatch(hint);
    expect(problem.position).toBe(position);
  });

  it('bounds length, depth and values', () => {
    expect(problemOf('x'.repeat(10_001)).message).toMatch(/longer than/);
    expect(problemOf(`${'('.repeat(101)}type = "A"`).message).toMatch(/deeper than 100/);
    expect(problemOf(`${'not '.repeat(5000)}type = "A"`.slice(0, 9999)).message).toMatch(/deeper than 100/);
    expect(problemOf(`data.x in (${'1,'.repeat(1001)}1)`).message).toMatch(/More than 1000/);
  });

  it('marks the place with a caret, also far into a long text', () => {
    const text = `type = "A" and ${'key = "b" and '.repeat(20)}typ = 5`;
    const [line, marks] = caretLines(text, problemOf(text)).split('\n');
    expect(line!.slice(marks!.indexOf('^'), marks!.length)).toBe('typ');
  });
});

describe('answers', () => {
  it('compares numbers exactly', () => {
    expect(fits('data.n > 9007199254740992', '{"n":9007199254740993}')).toBe(true);
    expect(fits('data.n = 9007199254740992', '{"n":9007199254740993}')).toBe(false);
    expect(fits('data.n = 0.3', '{"n":0.30000000000000004}')).toBe(false);
    expect(fits('data.n = 1250', '{"n":1250.00}')).toBe(true);
    expect(fits('data.n in (1.25e3)', '{"n":1250.00}')).toBe(true);
    expect(fits('data.n < 1e401', '{"n":1e400}')).toBe(true);
    expect(fits('data.n > -1', '{"n":-0}')).toBe(true);
  });

  it('never takes text for a number, unless it is asked to', () => {
    expect(fits('data.n > 100', '{"n":"150"}')).toBe(false);
    expect(fits('data.n != 100', '{"n":"150"}')).toBe(false);
    expect(fits('not data.n = 100', '{"n":"150"}')).toBe(true);
    expect(fits('number(data.n) > 100', '{"n":"150.00"}')).toBe(true);
    expect(fits('number(data.n) > 100', '{"n":"a lot"}')).toBe(false);
    expect(fits('number(data.n) exists', '{"n":"a lot"}')).toBe(false);
    expect(fits('data.n = "5"', '{"n":5}')).toBe(false);
    expect(fits('data.n = true', '{"n":"true"}')).toBe(false);
  });

  it('tells missing, null and empty apart', () => {
    expect(fits('data.n exists', '{"n":null}')).toBe(true);
    expect(fits('data.n is null', '{"n":null}')).toBe(true);
    expect(fits('data.n = null', '{"n":null}')).toBe(true);
    expect(fits('data.n is null', '{"m":1}')).toBe(false);
    expect(fits('data.n exists', '{"m":1}')).toBe(false);
    expect(fits('data.n is not null', '{"m":1}')).toBe(false);
    expect(fits('data.n != "x"', '{"m":1}')).toBe(false);
    expect(fits('key is null', '{}')).toBe(true);
    expect(fits('key exists', '{}')).toBe(false);
    expect(fits('key = ""', '{}', { key: '' })).toBe(true);
    expect(fits('header.a is null', '{}', { headers: [['a', null]] })).toBe(true);
    expect(fits('header.a is null', '{}')).toBe(false);
  });

  it('takes any item, any member and any header of a name', () => {
    const value = '{"items":[{"sku":"a","n":1},{"sku":"b","n":2}],"by":{"x":{"n":5}}}';
    expect(fits('data.items[*].sku = "b"', value)).toBe(true);
    expect(fits('data.items[1].sku = "a"', value)).toBe(false);
    expect(fits('not data.items[*].n > 2', value)).toBe(true);
    expect(fits('data.by[*].n = 5', value)).toBe(true);
    expect(fits('data.items.sku = "b"', value)).toBe(false);
    expect(fits('data.__proto__ exists', value)).toBe(false);
    expect(
      fits('header.t = "2"', '{}', {
        headers: [
          ['t', '1'],
          ['t', '2'],
        ],
      }),
    ).toBe(true);
  });

  it('reads times of the payload in any zone and any unit', () => {
    expect(fits('data.at = 2026-03-01T02:00:00+02:00', '{"at":"2026-03-01T00:00:00Z"}')).toBe(true);
    expect(fits('data.at < 2026-03-01T00:00:00Z', '{"at":1772323199}')).toBe(true);
    expect(fits('data.at < 2026-03-01T00:00:00Z', '{"at":"soon"}')).toBe(false);
    expect(fits('recorded >= 2026-03-01T00:00:00Z', '{}', { recorded: 1772323200000 })).toBe(true);
    expect(fits('occurred > 0', '{}')).toBe(false);
  });

  it('searches text', () => {
    expect(fits('data.a starts with "SA-"', '{"a":"SA-1"}')).toBe(true);
    expect(fits('data.a ends with "1"', '{"a":"SA-1"}')).toBe(true);
    expect(fits('data.a contains "sa"', '{"a":"SA-1"}')).toBe(false);
    expect(fits('data.a ~ "sa"', '{"a":"SA-1"}')).toBe(true);
    expect(fits('data.a not contains "SA"', '{"a":"SA-1"}')).toBe(false);
    expect(fits('data.a > "\uffee"', '{"a":"\u{10000}"}')).toBe(true);
    expect(fits('text contains "\\"a\\":"', '{"a":"SA-1"}')).toBe(true);
    expect(fits('match "fee CHARGED"', '{"note":"a fee charged twice"}')).toBe(true);
    expect(fits('match "fee charged"', '{"note":"a fee was charged"}')).toBe(false);
    expect(fits('match "charge"', '{"note":"a fee was charged"}')).toBe(false);
    expect(fits('match "ΟΔΟΣ"', '{"note":"οδος"}')).toBe(true);
  });
});

describe('planning', () => {
  it('splits off columns and lookups and says which bytes must be there', () => {
    const plan = planFilter(
      parseFilter(
        'type = "A" and (topic = "t" or verdict != "open") and eventId in ("e1", "e2") and data.items[*].sku = "b" and not data.x = 1',
      ),
    );
    expect(printFilter(plan.columns!)).toBe('type = "A" and (topic = "t" or verdict != "open")');
    expect(plan.lookups).toEqual([{ field: 'eventId', values: ['e1', 'e2'] }]);
    expect(printFilter(plan.bytes!)).toBe('data.items[*].sku = "b" and not data.x = 1');
    expect(plan.needles).toEqual([
      { texts: ['b'], inJson: true },
      { texts: ['"items"'], inJson: true },
    ]);
  });

  it('asks an index only for words that must be whole', () => {
    const query = (text: string) => textQueryOf(parseFilter(text));
    expect(query('text contains "FeeCharged"')).toBeNull();
    expect(query('text contains "SA-1000"')).toEqual({
      kind: 'all',
      items: [{ kind: 'word', word: '1000', prefix: true }],
    });
    expect(query('data.a = "Fee Charged"')).toMatchObject({
      kind: 'any',
      items: [{ kind: 'all' }, { kind: 'escaped' }],
    });
    expect(query('match "a" or data.x > 1')).toBeNull();
    expect(query('not match "a"')).toBeNull();
  });
});

describe('suggestions', () => {
  const expectedAt = (text: string) => {
    const cursor = text.indexOf('|');
    return completionAt(text.replace('|', ''), cursor);
  };
  it.each([
    ['|', { what: 'condition' }, ''],
    ['ty|', { what: 'condition' }, 'ty'],
    ['type |', { what: 'operator', field: 'type' }, ''],
    ['type = |', { what: 'value', field: 'type', path: 'type' }, ''],
    ['type = "Fee|', { what: 'value', field: 'type', path: 'type' }, 'Fee'],
    ['type in ("A", "B|")', { what: 'value', field: 'type', path: 'type' }, 'B'],
    ['type = "A" |', { what: 'join' }, ''],
    ['type = "A" an|', { what: 'join' }, 'an'],
    ['type = "A" and data.acc|', { what: 'condition' }, 'data.acc'],
    ['data.|', { what: 'condition' }, 'data.'],
    ['not (data.items[*].s|', { what: 'condition' }, 'data.items[*].s'],
    ['data.items[*].sku |', { what: 'operator', field: 'data' }, ''],
    ['number(data.n) > |', { what: 'value', field: 'data', path: 'data.n' }, ''],
  ])('at %s', (text, expected, typed) => {
    expect(expectedAt(text)).toMatchObject({ expected, typed });
  });
});
