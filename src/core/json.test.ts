import fc from 'fast-check';
import { isLosslessNumber, LosslessNumber } from 'lossless-json';
import { describe, expect, it } from 'vitest';
import {
  addExact,
  canonicalJson,
  compareExact,
  exactNumber,
  formatJson,
  JsonProblem,
  parseApproximate,
  parseJson,
  stateHash,
  subtractExact,
} from './json.ts';
import { parseSlowly } from './json-parser.ts';
import type { Json, JsonObject } from './model.ts';

const add = (a: string, b: string) => formatJson(addExact(exactNumber(a), exactNumber(b)));

/** JSON text with numbers as systems write them, in every place a number can stand. */
const numberText = fc.oneof(
  fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
  fc.tuple(fc.integer(), fc.stringMatching(/^\d{1,20}$/)).map(([whole, digits]) => `${whole}.${digits}`),
  fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: -400, max: 400 })).map(([n, e]) => `${n}e${e}`),
  fc.constantFrom('-0', '0.0', '-0.00', '1E5', '0.000001', '0.0000001', '1e+2', '123456789012345.6'),
);

describe('parseJson', () => {
  it.each([
    '1250.00',
    '9007199254740993',
    '1e400',
    '-0',
    '0.0000001',
    '1E5',
    '0.10',
    '123456789012345678901234567890',
    '1234567890123456',
    '0.30000000000000004441',
    '-1250.50',
    '1.0',
  ])('keeps %s digit for digit at the top, in lists and in objects', (text) => {
    for (const document of [text, `[${text}]`, `{"a":${text}}`, `{"a": ${text} ,"b":[1,${text}]}`]) {
      expect(formatJson(parseJson(document)).replaceAll(' ', '')).toBe(document.replaceAll(' ', ''));
    }
  });

  it('uses JS numbers exactly where they print the same text', () => {
    expect(parseJson('[1, 1.5, -3, 0, 14820.55, 9007199254740991]')).toEqual([
      1, 1.5, -3, 0, 14820.55, 9007199254740991,
    ]);
    expect(isLosslessNumber(parseJson('1250.00'))).toBe(true);
  });

  it('never loses a digit of any number', () => {
    fc.assert(
      fc.property(fc.array(numberText), (numbers) => {
        const text = `{"list":[${numbers.join(',')}]}`;
        expect(formatJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it('agrees with JSON.parse on everything JSON.stringify writes, by either way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(JSON.parse(formatJson(parseJson(text))))).toBe(text);
        expect(JSON.parse(formatJson(parseSlowly(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts exactly the texts that JSON.parse accepts', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('"', ',', '}', '[', '\\', '\u0001', 'x', '-', '.', ' '))
      .map(
        ([text, at, noise]) =>
          text.slice(0, at % (text.length + 1)) + noise + text.slice((at % (text.length + 1)) + 1),
      );
    const accepts = (parse: (text: string) => unknown, text: string): boolean => {
      try {
        parse(text);
        return true;
      } catch (error) {
        expect(error instanceof SyntaxError || error instanceof JsonProblem).toBe(true);
        return false;
      }
    };
    fc.assert(
      fc.property(broken, (text) => {
        const expected = accepts(JSON.parse, text);
        expect(accepts(parseJson, text)).toBe(expected);
        expect(accepts(parseSlowly, text)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('treats __proto__ and constructor as ordinary keys', () => {
    for (const text of ['{"__proto__":{"admin":true},"constructor":1}', '{"__proto__":{"admin":1.00}}']) {
      const value = parseJson(text) as JsonObject;
      expect(Object.keys(value)).toContain('__proto__');
      expect((value as { admin?: unknown }).admin).toBeUndefined();
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
      expect(formatJson(value)).toBe(text);
    }
  });

  it('lets the last of repeated keys win and reports each', () => {
    const duplicates: string[] = [];
    const value = parseJson('{"a":1,"b":{"x y":1,"x y":1},"a":2,"c":[{"k":1,"k":2}]}', { duplicates });
    expect(value).toEqual({ a: 2, b: { 'x y': 1 }, c: [{ k: 2 }] });
    expect(duplicates).toEqual(['b["x y"]', 'a', 'c[0].k']);
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it('refuses nesting beyond 500 levels by either way, however deep', () => {
    const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
    expect(() => parseJson(nested(500, '[', ']'))).not.toThrow();
    for (const depth of [501, 5_000, 300_000]) {
      expect(() => parseJson(nested(depth, '[', ']'))).toThrow(/nested deeper than 500 levels/);
      expect(() => parseApproximate(nested(depth, '[', ']'))).toThrow(JsonProblem);
      expect(() => parseJson(nested(depth, '{"a":', '}').replace('}', '1}'))).toThrow(/nested deeper/);
    }
    const wide = `[${Array(2000).fill('{"a":[1.50]}').join(',')}]`;
    expect(formatJson(parseJson(wide))).toBe(wide);
  });

  it('reads a key with an escape as it is, whatever keys objects had before', () => {
    for (const parse of [parseJson, parseApproximate]) {
      const keysOf = (text: string) => Object.keys(parse(text) as object);
      for (const [first, second] of [
        ['\\', '\n'],
        ['\\', '"'],
        ['a\\', 'a\n'],
        ['\\u', '\u0007b'],
      ] as const) {
        for (const key of [first, second, first, second])
          expect(keysOf(`{"x":0,${JSON.stringify(key)} :"a\\n"}`)).toEqual(['x', key]);
      }
    }
    // Approximate numbers stay JavaScript's.
    expect(parseApproximate('{"\\u0061":1e3,"b":[1.50,{"__proto__":-0.0}]}')).toEqual(
      JSON.parse('{"a":1000,"b":[1.5,{"__proto__":-0}]}'),
    );
    const text = JSON.stringify({ a: 'line\n "quoted"', b: ['\\'] });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('keeps lone surrogates', () => {
    expect((parseJson('"\\ud800x"') as string).charCodeAt(0)).toBe(0xd800);
    expect(formatJson(parseJson('["\\ud800",1.0]'))).toBe('["\\ud800",1.0]');
  });

  it('keeps numbers of 10,000 digits', () => {
    const text = `-${'7'.repeat(10_000)}.${'3'.repeat(10_000)}`;
    expect(formatJson(parseJson(text))).toBe(text);
    expect(canonicalJson(parseJson(`${text}000`))).toBe(canonicalJson(parseJson(text)));
    expect(canonicalJson(parseJson(`${text}1`))).not.toBe(canonicalJson(parseJson(text)));
  });

  it.each([
    ['NaN', /a value expected, found "N"/],
    ['[Infinity]', /a value expected/],
    ['', /the text is empty/],
    ['{"a":1', /ends where “,” or “}” should be/],
    ['{"a":1,}', /a key in quotes expected/],
    ['[1,]', /a value expected/],
    ['01', /the end of the text expected/],
    ['"abc', /no closing quote/],
    ['"a\nb"', /control character/],
    ['"\\x"', /unknown escape/],
    ['{"a":1} x', /the end of the text expected, found "x" \(character 9\)/],
  ])('says in words what is wrong with %j', (text, message) => {
    expect(() => parseJson(text)).toThrow(message);
    expect(() => parseJson(text)).toThrow(JsonProblem);
  });
});

describe('formatJson', () => {
  it('indents like JSON.stringify', () => {
    const text = '{"a":[],"b":{},"c":[1,{"d":null}],"e":true}';
    expect(formatJson(parseJson(text), 2)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });
  it('refuses NaN', () => {
    expect(() => formatJson(Number.NaN)).toThrow(/NaN is not a number that JSON can hold/);
  });
});

describe('canonical form', () => {
  it('is one text for equal values', () => {
    expect(canonicalJson(parseJson('{"10":"x","9":null,"a":true}'))).toBe('{"10":"x","9":null,"a":true}');
    expect(canonicalJson(parseJson('{"b":"\\ud800","a":"é"}'))).toBe(
      canonicalJson(parseJson('{"a":"é","b":"\\ud800"}')),
    );
    expect(canonicalJson(parseJson('{"b":1250.00,"a":[1e2,-0,0.10]}'))).toBe('{"a":[100,0,0.1],"b":1250}');
    expect(stateHash(parseJson('{"a":1.0,"b":2}'))).toBe(stateHash(parseJson('{"b":2.00,"a":1}')));
    expect(stateHash(parseJson('9007199254740993'))).not.toBe(stateHash(parseJson('9007199254740992')));
  });
  it('is the SHA-256 of that text', () => {
    expect(stateHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

describe('exact arithmetic', () => {
  it('keeps the larger number of decimal places', () => {
    expect(add('14820.55', '61.76')).toBe('14882.31');
    expect(add('10.00', '5.00')).toBe('15.00');
    expect(add('0', '1250.00')).toBe('1250.00');
    expect(add('0.1', '0.2')).toBe('0.3');
    expect(add('9007199254740993', '1')).toBe('9007199254740994');
    expect(add('9007199254740991', '9007199254740991')).toBe('18014398509481982');
    expect(add('1e3', '0.5')).toBe('1000.5');
    expect(formatJson(subtractExact(5, new LosslessNumber('5.00')))).toBe('0.00');
  });
  it('equals integer arithmetic on scaled numbers', () => {
    const cents = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const text = (value: bigint) => {
      const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
      return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
    };
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const [x, y] = [exactNumber(text(a)), exactNumber(text(b))];
        expect(compareExact(addExact(x, y), exactNumber(text(a + b)))).toBe(0);
        expect(formatJson(subtractExact(addExact(x, y), y) as Json)).toMatch(
          new RegExp(
            `^${text(a)
              .replace(/\.?0+$/, '')
              .replace('.', '\\.')}`,
          ),
        );
        expect(compareExact(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
  it('refuses to write out powers of ten without end', () => {
    expect(() => add('1e999999', '1')).toThrow(/too large or too small/);
  });
});
