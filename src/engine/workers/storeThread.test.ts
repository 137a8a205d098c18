import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StoreThread } from './storeThread.ts';

vi.mock('./locate.ts', () => ({
  THREAD_LIMITS: { readerWorker: {} },
  workerUrl: () => new URL('./testing/givingWay.ts', import.meta.url),
}));

let thread: StoreThread;
beforeEach(() => {
  thread = new StoreThread({ entry: 'readerWorker', workerData: {}, log: () => {} });
});
afterEach(() => thread.close());

it('a call that gives way is asked again after those that wait, until it answers', async () => {
  const answered: string[] = [];
  const call = async (name: string, turns: number) => {
    const asked = await thread.call(name, turns);
    answered.push(name);
    return asked;
  };
  expect(await Promise.all([call('long', 3), call('short', 0), call('middle', 1)])).toEqual([4, 1, 2]);
  expect(answered).toEqual(['short', 'middle', 'long']);
});

it('one that was given up on between its turns is not asked again', async () => {
  const giveUp = new AbortController();
  const long = thread.call('long', Number.POSITIVE_INFINITY, { signal: giveUp.signal });
  expect(await thread.call('short', 0)).toBe(1);
  giveUp.abort();
  await expect(long).rejects.toMatchObject({ code: 'cancelled' });
  expect(await thread.call('short', 0)).toBe(1);
  expect(thread.load).toBe(0);
});

it('those that are under way or wait when the thread is closed are cancelled', async () => {
  const calls = [thread.call('long', Number.POSITIVE_INFINITY), thread.call('waiting', 0)];
  const ended = Promise.allSettled(calls);
  await thread.start();
  await thread.close();
  for (const { status } of await ended) expect(status).toBe('rejected');
});
