import { expect, test } from 'vitest';
import type { ToShell } from '../../rpc/shell.ts';
import { createShellHost } from './shellHost.ts';

function open() {
  const sent: ToShell[] = [];
  const parameters = {
    dataDir: '/data',
    version: '1',
    demoRecording: null,
    user: 'Ada',
    restarts: 2,
    secrets: 'the keychain',
  };
  return { sent, ...createShellHost(parameters, (message) => sent.push(structuredClone(message))) };
}

test('a file token works once, and is acknowledged', () => {
  const { host, receive, sent } = open();
  expect(host.resolveFileToken('t1')).toBeNull();
  receive({ t: 'file-token', token: 't1', path: '/a.hindcast' });
  expect(sent).toEqual([{ t: 'token-kept', token: 't1' }]);
  expect(host.resolveFileToken('/a.hindcast')).toBeNull();
  expect(host.resolveFileToken('t1')).toBe('/a.hindcast');
  expect(host.resolveFileToken('t1')).toBeNull();
});

test('secrets are asked of the shell, and answers find their question', async () => {
  const { host, receive, sent } = open();
  const [one, two] = [host.secrets.seal('a'), host.secrets.open('b')];
  const [first, second] = sent as { t: string; id: number; text: string }[];
  expect([first!.t, first!.text, second!.t, second!.text]).toEqual(['seal', 'a', 'open', 'b']);
  receive({ t: 'secret-refused', id: second!.id, problem: 'there is no keyring' });
  receive({ t: 'secret', id: first!.id, text: 'sealed' });
  expect(await one).toBe('sealed');
  await expect(two).rejects.toMatchObject({
    code: 'vault.locked',
    details: { problem: 'there is no keyring' },
  });
});

test('helpers are told apart, and an end is told once, also to who asks late', async () => {
  const { host, receive, sent } = open();
  const [one, two] = [host.spawnHelper('console'), host.spawnHelper('console')];
  const [first, second] = sent as { helper: number }[];
  const heard: unknown[] = [];
  one.onMessage((message) => heard.push(['one', message]));
  two.onMessage((message) => heard.push(['two', message]));
  one.onExit(() => heard.push('one ended'));
  receive({ t: 'helper-message', helper: second!.helper, message: 7n });
  one.kill();
  expect(sent.at(-1)).toEqual({ t: 'helper-kill', helper: first!.helper });
  receive({ t: 'helper-exit', helper: first!.helper });
  receive({ t: 'helper-exit', helper: first!.helper });
  const before = sent.length;
  one.send('too late');
  one.kill();
  expect(sent.length).toBe(before);
  await new Promise<void>((resolve) => one.onExit(resolve));
  expect(heard).toEqual([['two', 7n], 'one ended']);
});

test('facts of the log always cross', () => {
  const { host, sent } = open();
  host.log('warn', 'x', { error: new Error('no'), code: () => 1, n: 1, none: null });
  expect(sent[0]).toMatchObject({ t: 'log', facts: { error: 'Error: no', n: 1, none: null } });
});
