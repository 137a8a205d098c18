import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../core/json.ts';
import { recordOf } from '../projection/testing/events.ts';
import { type Kit, NO_CUT, openKit } from '../projection/testing/kit.ts';
import { StoreThread } from './storeThread.ts';

let kit: Kit;
let thread: StoreThread;
beforeEach(async () => {
  kit = await openKit('stuck');
  await kit.append([
    recordOf({ aggregate: 'order-1', type: 'OrderPlaced', data: '{}', at: 1_750_000_000_000 }),
  ]);
  thread = new StoreThread({
    entry: 'readerWorker',
    workerData: { file: join(kit.dataDir, 'test.hindcast'), check: false },
    // The sound script that follows must not seem stuck where it waits for a processor.
    stuckAfterMs: 5000,
    log: () => {},
  });
});
afterEach(async () => {
  await thread.close();
  await kit.close();
});

it('ends the thread of a script that hangs where it cannot be interrupted, and answers the next call', async () => {
  const state = (source: string) => {
    const reducer = { name: 'mine', version: 1, language: 'javascript', source };
    const definition = JSON.stringify(reducer);
    return thread.call('aggregates.state', {
      ref: { type: 'Order', id: 'order-1' },
      cut: NO_CUT,
      index: 0,
      reducer: { definition, hash: sha256Hex(canonicalJson(reducer)) },
    });
  };
  const hanging = state(
    'export const reduce = () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);',
  );
  const next = state('export const reduce = () => ({ fine: true });');
  await expect(hanging).rejects.toThrow(/hangs inside one built-in function/);
  expect(await next).toMatchObject({ state: '{"fine":true}' });
});
