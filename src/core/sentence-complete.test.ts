import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateMarks, templatePlace } from './sentence-complete.ts';

/** The place at the sign `^`, with the text that a suggestion would take the place of. */
function placeAt(marked: string) {
  const cursor = marked.indexOf('^');
  const text = marked.replace('^', '');
  const place = templatePlace(text, cursor);
  return place === null ? null : [place.expected, text.slice(place.from, place.to), place.isOpen];
}

describe('templatePlace', () => {
  it.each([
    ['Paid ^', null],
    ['Paid {^', ['field', '', true]],
    ['Paid {data.am^', ['field', 'data.am', true]],
    ['Paid {data.am^ount} now', ['field', 'data.amount', false]],
    ['{data.a|^', ['format', '', true]],
    ['{data.a|mo^}', ['format', 'mo', false]],
    ['{data.a|money data.c^}', ['field', 'data.c', false]],
    ['{data.a} and ^', null],
    ['\\{data^', null],
    ['[ for {data.p^]', ['field', 'data.p]', true]],
    ['{data["a}b"].^}', ['field', 'b"].', false]],
  ])('%s', (marked, place) => {
    expect(placeAt(marked)).toEqual(place);
  });
});

describe('templateMarks', () => {
  it('tells the parts apart', () => {
    const text = 'Paid {data.a|money "EUR"}[ to {data["x}"]|short}] \\{';
    expect(templateMarks(text).map(({ from, to, what }) => [what, text.slice(from, to)])).toEqual([
      ['bracket', '{'],
      ['field', 'data.a'],
      ['format', '|money'],
      ['text', ' "EUR"'],
      ['bracket', '}'],
      ['bracket', '['],
      ['bracket', '{'],
      ['field', 'data["x}"]'],
      ['format', '|short'],
      ['bracket', '}'],
      ['bracket', ']'],
    ]);
  });

  it('stays inside the text and in order, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        let last = 0;
        for (const { from, to } of templateMarks(text)) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(to).toBeGreaterThan(from);
          last = to;
        }
        expect(last).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
