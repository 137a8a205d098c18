import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer, WebSocket as WsSocket } from 'ws';
import type { Services } from '../contract/contract.ts';
import { HindcastError } from '../contract/errors.ts';
import { LIMITS } from '../contract/limits.ts';
import type { ChangedScope } from '../contract/system.ts';
import type { Carrier } from './carrier.ts';
import { memoryPair } from './carriers/memory.ts';
import { type AnyPort, messagePortCarrier } from './carriers/messagePort.ts';
import { type AnyWebSocket, webSocketCarrier } from './carriers/webSocket.ts';
import { type Client, createClient } from './client.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import type { RemoteError } from './remoteError.ts';
import { serveCarrier } from './server.ts';

/** A small engine: real handlers of a few procedures, and what they saw. */
function smallEngine() {
  const seen = { aborted: [] as string[], streamed: 0, returned: 0, running: 0 };
  const info = {
    version: '1.2.3',
    node: process.version,
    pid: process.pid,
    startedAt: 1,
    door: 'test' as const,
    secrets: 'none',
    restarts: 0,
    user: 'Ada',
  };
  const untilAborted = (signal: AbortSignal, what: string) =>
    new Promise<never>((_resolve, reject) => {
      seen.running += 1;
      signal.addEventListener('abort', () => {
        seen.running -= 1;
        seen.aborted.push(what);
        reject(signal.reason);
      });
    });
  const services = {
    system: {
      info: async () => info,
      async *changed(_input: object, { signal }: { signal: AbortSignal }) {
        try {
          for (const scopes of [['events'], ['jobs', 'workspace']] as ChangedScope[][]) yield { scopes };
          await untilAborted(signal, 'changed');
        } finally {
          seen.returned += 1;
        }
      },
    },
    jobs: {
      list: async () => [{ id: 1 }],
      cancel: async ({ id }: { id: string }) => {
        if (id === 'cycle') return Object.assign({}, { self: null as unknown, big: 1n });
        if (id === 'huge') return { text: 'x'.repeat(LIMITS.responseFrame) };
        if (id === 'plain-error') throw new TypeError('a slip of the engine');
        throw new HindcastError('job.unknown', { id });
      },
      async *watch() {
        for (let n = 0; n < 1000; n++) {
          seen.streamed += 1;
          yield [];
        }
      },
    },
    events: {
      bytes: async ({ offset, length }: { offset: number; length: number }) => ({
        value: { size: 300 },
        bytes: Uint8Array.from({ length: Math.min(length, 300 - offset) }, (_, i) => (offset + i) % 256),
      }),
    },
    sql: { query: (_input: object, { signal }: { signal: AbortSignal }) => untilAborted(signal, 'sql') },
    projections: {
      save: async ({ definition }: { definition: string }) => ({ name: String(definition.length) }),
    },
  };
  return { services: services as unknown as Services, seen };
}

interface Wire {
  server: Carrier;
  page: Carrier;
  /** Sends something that is no bytes from the page. */
  sendRaw(value: string): void;
  stop(): void;
}
const wires: Record<string, () => Promise<Wire>> = {
  memory: async () => {
    const [server, page] = memoryPair();
    return { server, page, sendRaw: () => {}, stop: () => {} };
  },
  messagePort: async () => {
    const { port1, port2 } = new MessageChannel();
    return {
      server: messagePortCarrier(port1 as unknown as AnyPort),
      page: messagePortCarrier(port2 as unknown as AnyPort),
      sendRaw: (value) => port2.postMessage(value),
      stop: () => port1.close(),
    };
  },
  webSocket: async () => {
    const host = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 20 * 1024 * 1024 });
    await once(host, 'listening');
    const accepted = once(host, 'connection') as Promise<[WsSocket]>;
    const socket = new WsSocket(`ws://127.0.0.1:${(host.address() as AddressInfo).port}`);
    const [[served]] = await Promise.all([accepted, once(socket, 'open')]);
    return {
      server: webSocketCarrier(served as unknown as AnyWebSocket),
      page: webSocketCarrier(socket as unknown as AnyWebSocket),
      sendRaw: (value) => socket.send(value),
      stop: () => host.close(),
    };
  },
};

const fails = async (promise: Promise<unknown>): Promise<RemoteError> => {
  const outcome = await promise.then(
    () => null,
    (error: RemoteError) => error,
  );
  if (!outcome) throw new Error('it did not fail');
  return outcome;
};
const until = async (condition: () => boolean) => {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe.each(Object.keys(wires))('over %s', (name) => {
  let wire: Wire;
  let client: Client;
  let serving: { close(): void };
  let logged: string[] = [];
  let seen: ReturnType<typeof smallEngine>['seen'];

  async function serve(validateOutputs = false) {
    wire = await wires[name]!();
    const engine = smallEngine();
    seen = engine.seen;
    logged = [];
    const log = (level: string, message: string, facts?: object) =>
      logged.push(`${level} ${message} ${JSON.stringify(facts)}`);
    serving = serveCarrier(wire.server, engine.services, { log, validateOutputs });
  }
  async function connect(validateOutputs = false) {
    await serve(validateOutputs);
    client = createClient(wire.page);
  }
  afterEach(() => {
    serving.close();
    wire.page.close();
    wire.stop();
  });

  test('a query is answered', async () => {
    await connect(true);
    expect(await client.api.system.info({})).toMatchObject({ version: '1.2.3', user: 'Ada' });
  });

  test('an error keeps its code, sentence and next step, and gets a trace id', async () => {
    await connect();
    const error = await fails(client.api.jobs.cancel({ id: 'j7' }));
    expect(error).toMatchObject({
      name: 'RemoteError',
      code: 'job.unknown',
      message: 'There is no job j7.',
      nextStep: 'It may have ended before the engine was restarted.',
      retryable: false,
      details: { id: 'j7' },
    });
    expect(error.traceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(logged).toEqual([]);
  });

  test('an error without a code becomes internal and is logged under its trace id', async () => {
    await connect();
    const error = await fails(client.api.jobs.cancel({ id: 'plain-error' }));
    expect(error).toMatchObject({ code: 'internal', details: { problem: 'a slip of the engine' } });
    expect(logged.join()).toContain(error.traceId);
  });

  test('an input that breaks the contract names the first field', async () => {
    await connect();
    const error = await fails(client.api.sql.query({ sql: 'SELECT 1' } as never));
    expect(error.code).toBe('input.invalid');
    expect(error.message).toMatch(/^The request does not fit what sql\.query takes: cut: /);
  });

  test('an answer that breaks the contract is an error when answers are checked', async () => {
    await connect(true);
    const error = await fails(client.api.jobs.list({}));
    expect(error.message).toContain('the answer of jobs.list breaks the contract: 0.id');
  });

  test('bytes come beside the value', async () => {
    await connect(true);
    const part = { id: 1, part: 'value' as const, offset: 250, length: 20 };
    const { value, bytes } = await client.api.events.bytes(part);
    expect(value).toEqual({ size: 300 });
    expect([...bytes]).toEqual(Array.from({ length: 20 }, (_, i) => (250 + i) % 256));
  });

  test('cancelling reaches the handler, and the call rejects at once', async () => {
    await connect();
    const stop = new AbortController();
    const call = client.api.sql.query(
      { sql: 'SELECT 1', cut: { knownOn: null, trueOn: null }, limit: 1 },
      { signal: stop.signal },
    );
    await until(() => seen.running === 1);
    stop.abort();
    expect((await fails(call)).code).toBe('cancelled');
    await until(() => seen.aborted.includes('sql'));
    expect((await client.api.system.info({})).user).toBe('Ada');
  });

  test('a stream pushes, and leaving it ends the generator of the engine', async () => {
    await connect(true);
    const stop = new AbortController();
    const got: string[] = [];
    for await (const { scopes } of client.api.system.changed({}, { signal: stop.signal })) {
      got.push(scopes.join());
      if (got.length === 2) break;
    }
    expect(got).toEqual(['events', 'jobs,workspace']);
    await until(() => seen.returned === 1);
  });

  test('an aborted stream ends without an error', async () => {
    await connect();
    const stop = new AbortController();
    let got = 0;
    for await (const _ of client.api.system.changed({}, { signal: stop.signal })) {
      got += 1;
      if (got === 2) setTimeout(() => stop.abort(), 10);
    }
    expect(got).toBe(2);
    await until(() => seen.aborted.includes('changed'));
  });

  test('a slow page is not flooded: the stream waits for credit', async () => {
    await connect();
    const stop = new AbortController();
    const stream = client.api.jobs.watch({}, { signal: stop.signal })[Symbol.asyncIterator]();
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.streamed).toBeLessThanOrEqual(17);
    let count = 1;
    while (!(await stream.next()).done) count += 1;
    expect(count).toBe(1000);
  });

  test('an answer that cannot be serialised, or is too large, is an error of that call only', async () => {
    await connect();
    expect((await fails(client.api.jobs.cancel({ id: 'cycle' }))).code).toBe('internal');
    const huge = await fails(client.api.jobs.cancel({ id: 'huge' }));
    expect(huge.message).toContain(`is larger than ${LIMITS.responseFrame}`);
    expect((await client.api.system.info({})).user).toBe('Ada');
  });

  test('a request just under the bound passes; one above is refused before it is sent', async () => {
    await connect();
    const most = 500_000;
    expect(await client.api.projections.save({ definition: 'x'.repeat(most) })).toEqual({
      name: String(most),
    });
    const error = await fails(client.api.projections.save({ definition: 'x'.repeat(LIMITS.requestFrame) }));
    expect(error).toMatchObject({ code: 'input.too-large', details: { limit: LIMITS.requestFrame } });
  });

  test('too many calls at once are refused and do not disturb the others', async () => {
    await connect();
    const ask = () =>
      client.api.sql.query({ sql: 'SELECT 1', cut: { knownOn: null, trueOn: null }, limit: 1 });
    const calls = Array.from({ length: LIMITS.inFlight }, () => fails(ask()));
    await until(() => seen.running === LIMITS.inFlight);
    expect(await fails(ask())).toMatchObject({ code: 'engine.busy', retryable: true });
    client.close();
    for (const error of await Promise.all(calls)) expect(error.code).toBe('engine.lost');
    await until(() => seen.running === 0);
  });

  test('when the engine goes, every call and stream under way fails with engine.lost', async () => {
    await connect();
    const query = fails(
      client.api.sql.query({ sql: 'SELECT 1', cut: { knownOn: null, trueOn: null }, limit: 1 }),
    );
    const stream = (async () => {
      for await (const _ of client.api.system.changed({}, { signal: new AbortController().signal }));
    })();
    await until(() => seen.running === 2);
    serving.close();
    expect((await query).code).toBe('engine.lost');
    expect((await fails(stream)).code).toBe('engine.lost');
    await client.closed;
    expect(seen.running).toBe(0);
    expect((await fails(client.api.system.info({}))).code).toBe('engine.lost');
  });

  test('hostile frames get an error each, and the engine goes on', async () => {
    await serve();
    const replies: { id?: unknown; code: string }[] = [];
    wire.page.onFrame((frame) => {
      const { header } = decodeFrame(frame, LIMITS.responseFrame);
      replies.push({ id: header.id, code: (header.e as { code?: string })?.code ?? String(header.t) });
    });
    const text = (json: string) => {
      const bytes = new TextEncoder().encode(json);
      const frame = new Uint8Array(4 + bytes.length);
      new DataView(frame.buffer).setUint32(0, bytes.length);
      frame.set(bytes, 4);
      return frame;
    };
    const deep = 200_000;
    const call = (rest: string) => text(`{"t":"call","id":9,"p":"jobs.cancel",${rest}}`);
    const hostile: [Uint8Array, id: number, code: string][] = [
      [new Uint8Array(0), 0, 'input.invalid'],
      [Uint8Array.of(0, 0, 0), 0, 'input.invalid'],
      [Uint8Array.of(255, 255, 255, 255, 123), 0, 'input.invalid'],
      [text('{'), 0, 'input.invalid'],
      [text('null'), 0, 'input.invalid'],
      [text('[1]'), 0, 'input.invalid'],
      [Uint8Array.of(0, 0, 0, 2, 0xff, 0xfe), 0, 'input.invalid'],
      [text('{"t":"what","id":9}'), 0, 'input.invalid'],
      [text('{"t":"call","id":"9","p":"system.info","i":{}}'), 0, 'input.invalid'],
      [text('{"t":"call","id":-1,"p":"system.info","i":{}}'), 0, 'input.invalid'],
      [text('{"t":"call","id":1e300,"p":"system.info","i":{}}'), 0, 'input.invalid'],
      [text('{"t":"credit","id":9,"n":1e9}'), 0, 'input.invalid'],
      [text('{"t":"call","id":9,"p":7,"i":{}}'), 9, 'input.invalid'],
      [text('{"t":"call","id":9,"p":"__proto__.toString","i":{}}'), 9, 'procedure.unknown'],
      [text('{"t":"call","id":9,"p":"system.constructor","i":{}}'), 9, 'procedure.unknown'],
      [text('{"t":"call","id":9,"p":"system","i":{}}'), 9, 'procedure.unknown'],
      [call('"i":null'), 9, 'input.invalid'],
      [call('"i":{"id":{"toString":1}}'), 9, 'input.invalid'],
      [call('"i":{"id":"x","__proto__":{"polluted":1}}'), 9, 'input.invalid'],
      [call('"i":{"id":"x","constructor":{"prototype":1}}'), 9, 'input.invalid'],
      [call(`"i":${'['.repeat(deep)}${']'.repeat(deep)}`), 9, 'input.invalid'],
      [call(`"i":${'{"a":'.repeat(deep / 2)}1${'}'.repeat(deep / 2)}`), 9, 'input.invalid'],
      [encodeFrame({ t: 'call', id: 9, p: 'system.info', i: {} }, Uint8Array.of(1)), 9, 'input.invalid'],
      [new Uint8Array(10 * 1024 * 1024), 0, 'input.too-large'],
      [text(`{"t":"call","id":9,"i":"${'x'.repeat(10_000_000)}"}`), 0, 'input.too-large'],
    ];
    for (const [index, [frame, id, code]] of hostile.entries()) {
      wire.page.send(frame);
      await until(() => replies.length === index + 1);
      expect([index, replies[index]]).toEqual([index, { id, code }]);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    wire.page.send(encodeFrame({ t: 'call', id: 10, p: 'system.info', i: {} }));
    await until(() => replies.length === hostile.length + 1);
    expect(replies.at(-1)).toEqual({ id: 10, code: 'ok' });
  });

  test('an id in use is refused and the first call stands', async () => {
    await serve();
    const replies: unknown[] = [];
    wire.page.onFrame((frame) => replies.push(decodeFrame(frame, LIMITS.responseFrame).header.id));
    const sql = { sql: 'SELECT 1', cut: { knownOn: null, trueOn: null }, limit: 1 };
    wire.page.send(encodeFrame({ t: 'call', id: 5, p: 'sql.query', i: sql }));
    wire.page.send(encodeFrame({ t: 'call', id: 5, p: 'system.info', i: {} }));
    await until(() => replies.length === 1);
    expect([replies, seen.running]).toEqual([[0], 1]);
  });

  // Nothing but bytes fits into the one in memory.
  test.runIf(name !== 'memory')('what is no bytes ends the connection', async () => {
    await connect();
    wire.sendRaw('text');
    await client.closed;
    expect((await fails(client.api.system.info({}))).code).toBe('engine.lost');
  });

  test('a page that meets a frame it cannot read gives up the connection', async () => {
    await connect();
    const call = fails(
      client.api.sql.query({ sql: 'SELECT 1', cut: { knownOn: null, trueOn: null }, limit: 1 }),
    );
    await until(() => seen.running === 1);
    wire.server.send(Uint8Array.of(1, 2, 3));
    expect((await call).code).toBe('internal');
    await client.closed;
    await until(() => seen.running === 0);
  });
});
