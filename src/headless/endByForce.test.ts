import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const program = join(import.meta.dirname, 'testing/busyThread.ts');

test('a process ends although its thread never does', async () => {
  const child = spawn(process.execPath, [program, '200'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told = text(child.stderr);
  const ended = once(child, 'exit');
  expect(await text(child.stdout)).toBe('begun\n');
  expect(await told).toBe(
    'hindcast: Something did not end within 0.2 s and was given up; what was committed stays.\n',
  );
  expect(await ended).toEqual([null, 'SIGKILL']);
});
