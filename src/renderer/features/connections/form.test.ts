import { expect, test } from 'vitest';
import type { Connection } from '../../../contract/connections.ts';
import { EMPTY_FORM, formOf, readForm } from './form.ts';

const STORED: Connection = {
  id: 'c1',
  name: 'core-banking',
  brokers: ['b1:9093', 'b2:9093'],
  environment: 'production',
  tls: { ca: null, cert: '-----BEGIN CERTIFICATE-----\nx', verify: true },
  sasl: { mechanism: 'scram-sha-512', username: 'reader' },
  has: { password: true, key: true },
  unlocked: null,
};

test('a stored connection comes back unchanged and keeps its secrets', () => {
  const read = readForm(formOf(STORED));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { has: _has, unlocked: _unlocked, ...input } = STORED;
  expect(read.connection).toEqual(input);
  expect(read.secrets).toEqual({});
});

test('switching TLS and SASL off removes their secrets', () => {
  const read = readForm({ ...formOf(STORED), tls: false, mechanism: 'none' });
  expect(read).toMatchObject({
    ok: true,
    connection: { tls: null, sasl: null },
    secrets: { password: null, key: null, passphrase: null },
  });
});

test('brokers are read from lines and commas, and a wrong one is named', () => {
  const form = { ...EMPTY_FORM, name: 'x', brokers: 'a:1, b:2\n[::1]:3' };
  expect(readForm(form)).toMatchObject({ ok: true, connection: { brokers: ['a:1', 'b:2', '[::1]:3'] } });
  const wrong = readForm({ ...form, brokers: 'a:1, http://b' });
  expect(wrong).toMatchObject({ ok: false, problems: { brokers: expect.stringContaining('http://b') } });
});

test('every missing or wrong field has a sentence', () => {
  const read = readForm({ ...EMPTY_FORM, tls: true, ca: 'nonsense', mechanism: 'plain' });
  expect(read).toMatchObject({ ok: false });
  expect(Object.keys((read as { problems: object }).problems).sort()).toEqual([
    'brokers',
    'ca',
    'name',
    'username',
  ]);
});
