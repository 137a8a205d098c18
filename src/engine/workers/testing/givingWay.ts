/** A thread of which each call gives way as often as its argument says, then answers how often it was asked. */
import { parentPort } from 'node:worker_threads';
import { HindcastError } from '../../../contract/errors.ts';
import { type Call, isRaised, type ThreadMessage, toWire } from '../messages.ts';

const port = parentPort!;
const post = (message: ThreadMessage) => port.postMessage(message);
const asked = new Map<number, number>();

port.on('message', (message: Call | { kind: 'close' }) => {
  if ('kind' in message) return port.close();
  const { id, name, args, cancel } = message;
  const times = (asked.get(id) ?? 0) + 1;
  asked.set(id, times);
  if (isRaised(cancel))
    post({ kind: 'failed', id, error: toWire(new HindcastError('cancelled', { what: name })) });
  else if (times <= (args as number)) post({ kind: 'again', id });
  else post({ kind: 'answer', id, value: times });
});
post({ kind: 'ready', facts: null });
