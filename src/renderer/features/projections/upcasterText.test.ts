import { expect, it } from 'vitest';
import { parseJson } from '../../../core/json.ts';
import { newStep, newUpcaster, typedValue, upcastersOf, withUpcasters } from './upcasterText.ts';

const DEFINITION = `{ "name": "payments", "reducer": { "name": "p", "version": 1, "upcasters": [
  { "topic": "shop.*", "type": "Paid", "from": null, "to": "2", "steps": [
    { "step": "rename", "from": "data.amount", "to": "data.money.value" },
    { "step": "default", "path": "data.money.tax", "value": 1.50 },
    { "step": "replace", "path": "data.state", "from": "P", "to": { "paid": true } },
    { "step": "remove", "path": "data.old" },
    { "step": "type", "name": "PaymentMade" } ] } ],
  "on": { "*": [] } }, "key": "aggregateId" }`;

it('comes out as it went in, with every digit', () => {
  const drafts = upcastersOf(DEFINITION)!;
  expect(drafts[0]).toMatchObject({ topic: 'shop.*', type: 'Paid', from: '', to: '2' });
  expect(drafts[0]!.steps.map(({ kind, value, other }) => [kind, value, other])).toEqual([
    ['rename', '', ''],
    ['default', '1.50', ''],
    ['replace', '"P"', '{"paid":true}'],
    ['remove', '', ''],
    ['type', '', ''],
  ]);
  const again = withUpcasters(DEFINITION, drafts);
  expect(parseJson(again)).toEqual(parseJson(DEFINITION));
  expect(again).toContain('"value": 1.50');
});

it('adds to a definition that has none, and leaves none behind', () => {
  const plain = '{"reducer":{"name":"p","on":{}},"key":"aggregateId"}';
  const added = {
    ...newUpcaster('Paid'),
    steps: [{ ...newStep('default'), path: 'data.currency', value: 'AUD' }],
  };
  const text = withUpcasters(plain, [added]);
  expect(parseJson(text)).toEqual({
    reducer: {
      name: 'p',
      upcasters: [
        {
          ...{ topic: '*', type: 'Paid', from: '1', to: '2' },
          steps: [{ step: 'default', path: 'data.currency', value: 'AUD' }],
        },
      ],
      on: {},
    },
    key: 'aggregateId',
  });
  expect(text.indexOf('upcasters')).toBeLessThan(text.indexOf('"on"'));
  expect(parseJson(withUpcasters(text, []))).toEqual(parseJson(plain));
});

it('is not for text that cannot be read, or upcasters that are none', () => {
  expect(upcastersOf('{"reducer":')).toBeNull();
  expect(upcastersOf('{"reducer":{"upcasters":[{"type":"A"}]}}')).toBeNull();
  expect(withUpcasters('{', [newUpcaster('A')])).toBe('{');
});

it('reads values as JSON, else as text', () => {
  expect(['12', 'true', '"12"', 'AUD', ''].map(typedValue)).toEqual([12, true, '12', 'AUD', '']);
});
