import { type Api, contract } from '../contract/contract.ts';
import type { ErrorCode, ErrorDetails } from '../contract/errors.ts';
import { LIMITS } from '../contract/limits.ts';
import type { Procedure } from '../contract/procedure.ts';
import type { Carrier } from './carrier.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { FIRST_CREDIT, NO_CALL, Reply, type Request } from './messages.ts';
import { localError, RemoteError } from './remoteError.ts';

export interface Client {
  api: Api;
  /** Settles when the connection has ended, from whichever side. Never rejects. */
  closed: Promise<void>;
  /** Ends the connection; calls under way reject with `engine.lost`. */
  close(): void;
}

/** What a call wants to hear of its replies. */
interface Waiting {
  value(value: unknown, tail: Uint8Array): void;
  end(): void;
  fail(error: RemoteError): void;
}

interface Channel {
  /** Registers a call and sends it. Throws a RemoteError when it cannot be sent. */
  call(path: string, input: unknown, waiting: Waiting): number;
  cancel(id: number): void;
  grant(id: number, values: number): void;
}

/**
 * The engine as an object: `api.events.query(input, {signal})`. Queries and jobs are promises, streams are async
 * iterables. Failures are RemoteErrors. An aborted query rejects with code `cancelled`; an aborted stream ends.
 */
export function createClient(carrier: Carrier): Client {
  const waiting = new Map<number, Waiting>();
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<void>();
  let lost: RemoteError | null = null;
  let lastId = 0;

  const lose = (error: RemoteError) => {
    if (lost) return;
    lost = error;
    const left = [...waiting.values()];
    waiting.clear();
    for (const call of left) call.fail(error);
    setClosed();
  };
  const sendRequest = (request: Request) => carrier.send(encodeFrame(request));

  const channel: Channel = {
    call(path, input, call) {
      if (lost) throw localError('engine.lost');
      lastId += 1;
      const frame = encodeRequest({ t: 'call', id: lastId, p: path, i: input, c: FIRST_CREDIT }, path);
      waiting.set(lastId, call);
      carrier.send(frame);
      return lastId;
    },
    cancel(id) {
      if (waiting.delete(id)) sendRequest({ t: 'cancel', id });
    },
    grant(id, values) {
      if (waiting.has(id)) sendRequest({ t: 'credit', id, n: values });
    },
  };

  const receive = (frame: Uint8Array) => {
    let reply: Reply;
    let tail: Uint8Array;
    try {
      const decoded = decodeFrame(frame, LIMITS.responseFrame);
      reply = Reply.parse(decoded.header);
      tail = decoded.tail;
    } catch {
      // Engine and page are of different versions, or something else speaks: nothing more can be trusted.
      return fault(localError('internal', { problem: 'the engine sent a frame that this page cannot read' }));
    }
    const call = waiting.get(reply.id);
    if (reply.t === 'error' && reply.id === NO_CALL) return fault(new RemoteError(reply.e));
    if (!call) return; // cancelled while the reply was on its way
    if (reply.t !== 'next') waiting.delete(reply.id);
    if (reply.t === 'error') call.fail(new RemoteError(reply.e));
    else if (reply.t === 'end') call.end();
    else call.value(reply.v, tail);
  };
  const fault = (error: RemoteError) => {
    lose(error);
    carrier.close();
  };

  carrier.onClose(() => lose(localError('engine.lost')));
  carrier.onFrame(receive);
  return { api: buildApi(channel), closed, close: () => fault(localError('engine.lost')) };
}

function encodeRequest(request: Request, path: string): Uint8Array {
  const refuse = (code: ErrorCode, details: ErrorDetails) => localError(code, details);
  let frame: Uint8Array;
  try {
    frame = encodeFrame(request);
  } catch (error) {
    throw refuse('input.invalid', { procedure: path, problem: String(error) });
  }
  if (frame.length > LIMITS.requestFrame) {
    throw refuse('input.too-large', { bytes: frame.length, limit: LIMITS.requestFrame });
  }
  return frame;
}

/** One function per procedure of the contract. */
function buildApi(channel: Channel): Api {
  const groups = Object.entries(contract).map(([namespace, group]) => {
    const functions = Object.entries(group as Record<string, Procedure>).map(([name, procedure]) => {
      const path = `${namespace}.${name}`;
      const call =
        procedure.kind === 'stream'
          ? (input: unknown, { signal }: { signal: AbortSignal }) => streamCall(channel, path, input, signal)
          : (input: unknown, options?: { signal?: AbortSignal }) =>
              queryCall(channel, path, input, Boolean(procedure.bytes), options?.signal);
      return [name, call];
    });
    return [namespace, Object.freeze(Object.fromEntries(functions))];
  });
  return Object.freeze(Object.fromEntries(groups)) as Api;
}

function queryCall(
  channel: Channel,
  path: string,
  input: unknown,
  bytes: boolean,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(localError('cancelled', { what: path }));
    const settle = <T>(how: (value: T) => void, value: T) => {
      signal?.removeEventListener('abort', abort);
      how(value);
    };
    const id = channel.call(path, input, {
      // The copy frees the frame that the tail is a view of.
      value: (value, tail) => settle(resolve, bytes ? { value, bytes: tail.slice() } : value),
      end: () => settle(reject, localError('internal', { problem: `${path} ended without an answer` })),
      fail: (error) => settle(reject, error),
    });
    const abort = () => {
      channel.cancel(id);
      reject(localError('cancelled', { what: path }));
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Nothing is asked of the engine before the first value is asked for. One consumer at a time. */
async function* streamCall(
  channel: Channel,
  path: string,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown, void> {
  if (signal.aborted) return;
  const values: unknown[] = [];
  let failure: RemoteError | null = null;
  let ended = false;
  let wake = () => {};
  const id = channel.call(path, input, {
    value(value) {
      values.push(value);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail(error) {
      failure = error;
      wake();
    },
  });
  const abort = () => wake();
  signal.addEventListener('abort', abort);
  let taken = 0;
  try {
    while (!signal.aborted) {
      if (values.length === 0) {
        if (failure) throw failure;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      yield values.shift();
      taken += 1;
      if (taken >= FIRST_CREDIT / 2) {
        channel.grant(id, taken);
        taken = 0;
      }
    }
  } finally {
    signal.removeEventListener('abort', abort);
    channel.cancel(id);
  }
}
