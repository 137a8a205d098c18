import { findProcedure, type Services } from '../contract/contract.ts';
import { HindcastError, toErrorValue } from '../contract/errors.ts';
import { LIMITS } from '../contract/limits.ts';
import type { Procedure } from '../contract/procedure.ts';
import type { Carrier } from './carrier.ts';
import { decodeFrame, encodeFrame, hasPrototypeKey } from './frame.ts';
import { FIRST_CREDIT, firstProblem, NO_CALL, type Reply, Request } from './messages.ts';

export interface ServeOptions {
  /** Gets failures that have no code of their own, with the trace id that the page shows. */
  log(level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>): void;
  /** Checks answers too; for tests. */
  validateOutputs?: boolean;
}

type Handler = (input: unknown, context: { signal: AbortSignal; traceId: string }) => unknown;

/** A call under way. */
interface Call {
  path: string;
  abort: AbortController;
  /** Stream values that may still be sent. */
  credit: number;
  /** Set while a stream waits for credit. */
  wake: (() => void) | null;
}

const NO_TAIL = new Uint8Array(0);

/**
 * Answers the calls that come over a carrier until it closes. Inputs are always checked against the contract; a
 * frame that cannot be understood gets an error and leaves the connection standing. close() aborts every call and
 * closes the carrier.
 */
export function serveCarrier(
  carrier: Carrier,
  services: Services,
  { log, validateOutputs = false }: ServeOptions,
): { close(): void } {
  const calls = new Map<number, Call>();
  let closed = false;

  const send = (reply: Reply, tail: Uint8Array = NO_TAIL) => {
    if (closed) return;
    const frame = encodeFrame(reply, tail);
    if (frame.length > LIMITS.responseFrame) {
      throw new HindcastError('internal', {
        problem: `an answer of ${frame.length} bytes is larger than ${LIMITS.responseFrame}`,
      });
    }
    carrier.send(frame);
  };

  const sendError = (id: number, path: string, thrown: unknown, traceId: string) => {
    if (!(thrown instanceof HindcastError) || thrown.code === 'internal') {
      const stack = thrown instanceof Error ? thrown.stack : undefined;
      log('error', `${path} failed`, { traceId, problem: String(thrown), stack });
    }
    const error = toErrorValue(thrown, traceId);
    if (error.message.length > 10_000) error.message = `${error.message.slice(0, 10_000)}… (cut)`;
    try {
      send({ t: 'error', id, e: error });
    } catch {
      // Details that cannot be sent, or too many of them.
      send({ t: 'error', id, e: { ...error, details: {} } });
    }
  };

  const checkOutput = (procedure: Procedure, path: string, value: unknown) => {
    if (!validateOutputs) return;
    const checked = procedure.output.safeParse(value);
    if (!checked.success) {
      throw new HindcastError('internal', {
        problem: `the answer of ${path} breaks the contract: ${firstProblem(checked.error)}`,
      });
    }
  };

  const answer = async (id: number, call: Call, procedure: Procedure, result: unknown) => {
    const value = await result;
    if (call.abort.signal.aborted) return;
    if (!procedure.bytes) {
      checkOutput(procedure, call.path, value);
      return send({ t: 'ok', id, v: value });
    }
    const { value: inner, bytes } = value as { value: unknown; bytes: Uint8Array };
    checkOutput(procedure, call.path, inner);
    send({ t: 'ok', id, v: inner }, bytes);
  };

  const pump = async (id: number, call: Call, procedure: Procedure, values: AsyncIterable<unknown>) => {
    const { signal } = call.abort;
    const iterator = values[Symbol.asyncIterator]();
    let giveUp: (() => void) | null = null;
    signal.addEventListener('abort', () => giveUp?.());
    /** Null: the call was given up. A race with one promise for all would hold every value until the stream ends. */
    const unlessAborted = <T>(work: Promise<T>) =>
      new Promise<T | null>((resolve, reject) => {
        giveUp = () => resolve(null);
        work.then(resolve, reject);
      });
    try {
      while (!signal.aborted) {
        if (call.credit === 0) {
          await unlessAborted(new Promise<void>((resolve) => (call.wake = resolve)));
          call.wake = null;
          continue;
        }
        const next = await unlessAborted(iterator.next());
        if (next === null || signal.aborted) return;
        if (next.done) return send({ t: 'end', id });
        checkOutput(procedure, call.path, next.value);
        call.credit -= 1;
        send({ t: 'next', id, v: next.value });
      }
    } finally {
      // Not awaited: a generator that still waits for something ends when its own signal reaches it.
      void iterator.return?.().catch(() => {});
    }
  };

  const start = async (id: number, path: string, input: unknown, credit: number) => {
    const traceId = crypto.randomUUID();
    const call: Call = { path, abort: new AbortController(), credit, wake: null };
    try {
      const procedure = findProcedure(path);
      if (!procedure) throw new HindcastError('procedure.unknown', { procedure: path });
      if (calls.size >= LIMITS.inFlight) throw new HindcastError('engine.busy');
      const checked = procedure.input.safeParse(input);
      if (!checked.success) {
        throw new HindcastError('input.invalid', { procedure: path, problem: firstProblem(checked.error) });
      }
      calls.set(id, call);
      const [namespace, name] = path.split('.') as [keyof Services, string];
      const service = services[namespace] as unknown as Record<string, Handler>;
      const result = service[name]!(checked.data, { signal: call.abort.signal, traceId });
      if (procedure.kind === 'stream') await pump(id, call, procedure, result as AsyncIterable<unknown>);
      else await answer(id, call, procedure, result);
    } catch (thrown) {
      if (!call.abort.signal.aborted) sendError(id, path, thrown, traceId);
    } finally {
      if (calls.get(id) === call) calls.delete(id);
    }
  };

  const receive = (frame: Uint8Array) => {
    let id = NO_CALL;
    let path = 'a frame';
    try {
      const { header, tail } = decodeFrame(frame, LIMITS.requestFrame);
      if (Number.isSafeInteger(header.id) && (header.id as number) > 0 && header.t === 'call') {
        id = header.id as number;
      }
      if (typeof header.p === 'string') path = header.p.slice(0, 200);
      const problem = (text: string) =>
        new HindcastError('input.invalid', { procedure: path, problem: text });
      if (tail.length > 0) throw problem('requests carry no bytes beside their header');
      if (hasPrototypeKey(header)) throw problem('no field may be named __proto__');
      const request = Request.safeParse(header);
      if (!request.success) throw problem(firstProblem(request.error));
      handle(request.data);
    } catch (thrown) {
      sendError(calls.has(id) ? NO_CALL : id, path, thrown, crypto.randomUUID());
    }
  };

  const handle = (request: Request) => {
    const call = calls.get(request.id);
    if (request.t === 'call') {
      if (call) {
        throw new HindcastError('input.invalid', { procedure: request.p, problem: 'its id is in use' });
      }
      void start(request.id, request.p, request.i, request.c ?? FIRST_CREDIT);
    } else if (request.t === 'credit') {
      if (!call) return; // it has just ended
      call.credit = Math.min(call.credit + request.n, Number.MAX_SAFE_INTEGER);
      call.wake?.();
    } else {
      call?.abort.abort(new HindcastError('cancelled', { what: call.path }));
    }
  };

  const stop = () => {
    if (closed) return;
    closed = true;
    for (const { abort } of calls.values()) abort.abort(new HindcastError('engine.lost'));
    calls.clear();
  };
  carrier.onClose(stop);
  carrier.onFrame(receive);
  return {
    close() {
      stop();
      carrier.close();
    },
  };
}
