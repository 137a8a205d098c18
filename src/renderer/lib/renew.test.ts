import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { renew } from './renew.ts';

const KEY = ['events', 'query'];

/** A question on a screen, whose answers come when they are told to. */
function onScreen() {
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } });
  const asked: (PromiseWithResolvers<string> & { signal: AbortSignal })[] = [];
  const observer = new QueryObserver(client, {
    queryKey: KEY,
    queryFn: ({ signal }) => {
      const answer = Promise.withResolvers<string>();
      asked.push({ ...answer, signal });
      return answer.promise;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const leave = observer.subscribe(() => {});
  return {
    asked,
    leave,
    change: () => renew(client, [['events'], KEY]),
    state: () => client.getQueryState<string>(KEY)!,
    /** Answers what was asked as the n-th, and waits until that is taken. */
    async answer(n: number, text: string) {
      asked[n]!.resolve(text);
      await vi.waitFor(() => expect(client.getQueryData(KEY)).toBe(text));
    },
  };
}

const SETTLED = { fetchStatus: 'idle', isInvalidated: false };

it('changes that come faster than an answer take none away, and the last of them is answered', async () => {
  const { asked, change, answer, state } = onScreen();
  await answer(0, 'at first');
  for (let changes = 0; changes < 3; changes += 1) change();
  expect(asked).toHaveLength(2);
  await answer(1, 'after the first change');
  expect(asked).toHaveLength(3);
  change();
  await answer(2, 'after the third');
  expect(asked).toHaveLength(4);
  await answer(3, 'after the last');
  expect(asked).toHaveLength(4);
  expect(state()).toMatchObject(SETTLED);
  expect(asked.filter(({ signal }) => signal.aborted)).toEqual([]);
});

it('a change during the very first answer, or one that fails, is answered as well', async () => {
  const { asked, change, answer, state } = onScreen();
  change();
  expect(asked).toHaveLength(1);
  asked[0]!.reject(new Error('lost'));
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await answer(1, 'after the change');
  expect(state()).toMatchObject({ ...SETTLED, status: 'success' });
  expect(asked).toHaveLength(2);
});

it('what left the screen meanwhile is asked when it is looked at again', async () => {
  const { asked, change, answer, leave, state } = onScreen();
  await answer(0, 'at first');
  change();
  change();
  leave();
  expect(asked[1]!.signal.aborted).toBe(true);
  await vi.waitFor(() => expect(state().fetchStatus).toBe('idle'));
  expect(state()).toMatchObject({ data: 'at first', isInvalidated: true });
  expect(asked).toHaveLength(2);
});
