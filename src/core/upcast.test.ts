import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import type { Upcaster } from './model.ts';
import { compileUpcasters, type UpcasterProblem } from './upcast.ts';

const opened = (from: string | null, to: string, steps: Upcaster['steps'], topic = 'bank.*'): Upcaster => ({
  topic,
  type: 'AccountOpened',
  from,
  to,
  steps,
});
const event = (schemaVersion: string | null, data: string) => ({
  type: 'AccountOpened',
  schemaVersion,
  data: parseJson(data),
});

describe('upcasters', () => {
  it('lead from version to version and keep every digit', () => {
    const { apply } = compileUpcasters([
      opened('1', '2', [{ step: 'rename', from: 'data.amount', to: 'data.balance.value' }]),
      opened('2', '3', [
        { step: 'default', path: 'data.balance.currency', value: 'EUR' },
        { step: 'replace', path: 'data.status', from: 'ACT', to: 'Active' },
        { step: 'remove', path: 'data.legacy' },
        { step: 'type', name: 'AccountCreated' },
      ]),
    ]);
    const original = event('1', '{"amount":1250.00,"status":"ACT","legacy":1}');
    const read = apply('bank.accounts', original);
    expect(read).toEqual({
      type: 'AccountCreated',
      schemaVersion: '3',
      data: parseJson('{"status":"Active","balance":{"value":1250.00,"currency":"EUR"}}'),
      applied: ['AccountOpened 1 → 2', 'AccountOpened 2 → 3'],
      problems: [],
    });
    expect(original.data).toEqual(parseJson('{"amount":1250.00,"status":"ACT","legacy":1}'));
  });

  it('leave other topics, types and versions alone', () => {
    const { apply } = compileUpcasters([
      opened('1', '2', [{ step: 'remove', path: 'data.a' }], 'bank.accounts'),
    ]);
    for (const [topic, version] of [
      ['bank.accounts.old', '1'],
      ['bankXaccounts', '1'],
      ['bank.accounts', '2'],
      ['bank.accounts', null],
    ] as const)
      expect(apply(topic, event(version, '{"a":1}')).applied).toEqual([]);
    expect(compileUpcasters([opened(null, '1', [])]).apply('bank.x', event(null, '{}')).schemaVersion).toBe(
      '1',
    );
  });

  it('name a path that is not there and do the rest', () => {
    const { apply } = compileUpcasters([
      opened('1', '2', [
        { step: 'rename', from: 'data.amuont', to: 'data.value' },
        { step: 'default', path: 'data.currency', value: 'EUR' },
      ]),
    ]);
    const read = apply('bank.x', event('1', '{"amount":1}'));
    expect(read.problems).toEqual(['AccountOpened 1 → 2: there is no data.amuont to rename']);
    expect(read.data).toEqual({ amount: 1, currency: 'EUR' });
  });

  it('end a circle and say so', () => {
    const read = compileUpcasters([opened('1', '2', []), opened('2', '1', [])]).apply(
      'bank.x',
      event('1', '{}'),
    );
    expect(read.applied).toHaveLength(2);
    expect(read.problems[0]).toContain('circle');
  });

  it('refuse definitions that cannot be used, naming the place', () => {
    const refuse = (...list: Upcaster[]) => {
      try {
        compileUpcasters(list);
      } catch (error) {
        return (error as UpcasterProblem).at;
      }
      return null;
    };
    expect(refuse(opened('1', '2', [{ step: 'remove', path: 'data.a..b' }]))).toBe(
      'upcasters[0].steps[0].path',
    );
    expect(refuse(opened('1', '2', []), opened('1', '3', []))).toBe('upcasters[1]');
    expect(refuse(opened('1', '1', []))).toBe('upcasters[0].to');
    expect(refuse({ ...opened('1', '2', []), from: 1 as never })).toBe('upcasters[0].from');
    expect(refuse({ ...opened('1', '2', []), topic: '' })).toBe('upcasters[0].topic');
    expect(refuse(opened('1', '2', [{ step: 'rename', from: 'a' } as never]))).toBe(
      'upcasters[0].steps[0].to',
    );
    expect(refuse(opened('1', '2', [{ step: 'turn', path: 'a' } as never]))).toBe(
      'upcasters[0].steps[0].step',
    );
    expect(refuse(opened('1', '2', [{ step: 'rename', from: 'data.a', to: '' }]))).toBe(
      'upcasters[0].steps[0].to',
    );
  });
});
