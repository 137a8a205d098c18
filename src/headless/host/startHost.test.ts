import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Services } from '../../contract/contract.ts';
import { LIMITS } from '../../contract/limits.ts';
import { type AnyWebSocket, webSocketCarrier } from '../../rpc/carriers/webSocket.ts';
import { createClient } from '../../rpc/client.ts';
import { encodeFrame } from '../../rpc/frame.ts';
import { helloFrame, TOKEN_LATE, TOKEN_REFUSED } from '../../rpc/handshake.ts';
import { connectPage, type PageWindow } from '../../rpc/page.ts';
import { type HostLimits, type RunningHost, startHost } from './startHost.ts';

const big = 'x'.repeat(900_000);
const services = {
  system: { info: async () => ({ user: 'Ada' }) },
  jobs: { list: async () => [big] },
} as unknown as Services;

let dir: string;
let host: RunningHost;
let logged: string[];
const opened: WebSocket[] = [];

/** A token may come late on a busy machine, where nothing else is asked for. */
async function start(own: Partial<HostLimits> = {}) {
  const limits = { tokenMs: 60_000, ...own };
  logged = [];
  const log = (level: string, message: string, facts?: object) =>
    logged.push(`${level} ${message} ${JSON.stringify(facts)}`);
  host = await startHost({ engine: { services }, pageDir: join(dir, 'page'), log, limits });
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-host-'));
  mkdirSync(join(dir, 'page', 'assets'), { recursive: true });
  writeFileSync(join(dir, 'page', 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(dir, 'page', 'assets', 'app.js'), 'export {};');
  writeFileSync(join(dir, 'page', 'notes.txt'), 'not of a page');
  writeFileSync(join(dir, 'secret.json'), '"secret"');
  symlinkSync(join(dir, 'secret.json'), join(dir, 'page', 'link.json'));
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}
/** Sends the path as it stands, unlike fetch. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const sent = request({ port: host.port, host: '127.0.0.1', path, headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
const token = () => host.url.split('#token=')[1]!;

interface SocketOptions {
  origin?: string | null;
  hostHeader?: string;
  path?: string;
}
function open({ origin, hostHeader, path = '/rpc' }: SocketOptions = {}): WebSocket {
  const own = hostHeader ?? `127.0.0.1:${host.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, {
    headers: { host: own },
    ...(origin === null ? {} : { origin: origin ?? `http://${own}` }),
  });
  socket.on('error', () => {});
  opened.push(socket);
  return socket;
}
/** Opens a connection and shows the token. */
async function enter(shown = token()): Promise<WebSocket> {
  const socket = open();
  await once(socket, 'open');
  socket.send(helloFrame(shown));
  await once(socket, 'message');
  return socket;
}
const refusedWith = async (options: SocketOptions): Promise<number> => {
  const [, response] = await once(open(options), 'unexpected-response');
  return response.statusCode;
};
const closeCode = async (socket: WebSocket): Promise<number> => (await once(socket, 'close'))[0];

describe('files', () => {
  beforeEach(() => start());

  test('the page and its parts come with their type and the policy', async () => {
    const page = await get('/?x=1');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(page.headers['set-cookie']).toBeUndefined();
    const script = await get('/assets/app.js');
    expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect((await get('/assets/app.js', {}, 'HEAD')).body).toBe('');
  });

  test.each([
    ['/../secret.json', 400],
    ['/assets/../../secret.json', 400],
    ['/%2e%2e/secret.json', 400],
    ['/assets/..%2f..%2fsecret.json', 400],
    ['/..%5csecret.json', 400],
    ['/%252e%252e/secret.json', 400],
    ['//etc/passwd', 400],
    ['/%2fetc%2fpasswd', 400],
    ['/C:/secret.json', 400],
    ['/index.html%00.js', 400],
    ['/%', 400],
    ['http://evil.example/index.html', 400],
    ['/link.json', 404],
    ['/notes.txt', 404],
    ['/assets', 404],
    ['/nothing.js', 404],
    ['/.hidden.js', 400],
  ])('%s is not served: %i', async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain('secret');
  });

  test('other hosts and methods are refused', async () => {
    for (const foreign of [
      'evil.example',
      `evil.example:${host.port}`,
      '127.0.0.1',
      `127.0.0.1.evil:${host.port}`,
    ]) {
      expect([foreign, (await get('/', { host: foreign })).status]).toEqual([foreign, 421]);
    }
    expect((await get('/', { host: `localhost:${host.port}` })).status).toBe(200);
    expect((await get('/', {}, 'POST')).status).toBe(405);
  });

  test('it listens on the loopback address only', async () => {
    const outside = connect({ port: host.port, host: '127.0.0.2' });
    const [error] = await once(outside, 'error');
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });
});

describe('connections', () => {
  test('with the token of 256 bits the engine answers', async () => {
    await start();
    expect(Buffer.from(token(), 'base64url').length).toBe(32);
    const client = createClient(webSocketCarrier((await enter()) as unknown as AnyWebSocket));
    expect((await client.api.system.info({})).user).toBe('Ada');
  });

  test('origin and host must be its own; a missing origin is refused', async () => {
    await start();
    expect(await refusedWith({ origin: null })).toBe(403);
    expect(await refusedWith({ origin: 'null' })).toBe(403);
    expect(await refusedWith({ origin: 'http://evil.example' })).toBe(403);
    expect(await refusedWith({ origin: `http://127.0.0.1:${host.port}.evil.example` })).toBe(403);
    expect(await refusedWith({ origin: `https://127.0.0.1:${host.port}` })).toBe(403);
    expect(await refusedWith({ origin: `http://localhost:${host.port}` })).toBe(403);
    expect(await refusedWith({ hostHeader: 'evil.example' })).toBe(421);
    expect(await refusedWith({ path: '/' })).toBe(404);
    expect(await refusedWith({ path: `/rpc?token=${token()}` })).toBe(404);
    const local = open({ hostHeader: `localhost:${host.port}` });
    await once(local, 'open');
  });

  test('a wrong token, or anything else as first frame, is refused', async () => {
    await start();
    const wrong = [
      helloFrame(Buffer.alloc(32).toString('base64url')),
      helloFrame(''),
      helloFrame(`${token()}AAAA`),
      helloFrame(token().slice(0, -2)),
      helloFrame(` ${token()}`),
      encodeFrame({ t: 'hello', token: 7 }),
      encodeFrame({ t: 'call', id: 1, p: 'system.info', i: {} }),
      token(),
      new Uint8Array(0),
      new Uint8Array(100_000),
    ];
    for (const frame of wrong) {
      const socket = open();
      await once(socket, 'open');
      const heard: unknown[] = [];
      socket.on('message', (data) => heard.push(data));
      socket.send(frame);
      expect([await closeCode(socket), heard.length]).toEqual([TOKEN_REFUSED, 0]);
    }
    expect(logged.join()).not.toContain(token());
  });

  test('a token that does not come in time ends that try; it may be the right one', async () => {
    await start({ tokenMs: 50 });
    expect(await closeCode(open())).toBe(TOKEN_LATE);
  });

  test('a frame above 1 MiB ends that connection only', async () => {
    await start();
    const [one, two] = [await enter(), await enter()];
    one.send(new Uint8Array(LIMITS.requestFrame + 1));
    expect(await closeCode(one)).toBe(1009);
    const client = createClient(webSocketCarrier(two as unknown as AnyWebSocket));
    expect((await client.api.system.info({})).user).toBe('Ada');
  });

  test('no more connections than the limit, and a place is free again after a close', async () => {
    await start({ connections: 2 });
    const [one] = [await enter(), await enter()];
    expect(await refusedWith({})).toBe(503);
    one.close();
    await once(one, 'close');
    for (let tries = 0; ; tries++) {
      try {
        await once(open(), 'open');
        break;
      } catch (error) {
        if (tries === 20) throw error;
      }
    }
  });

  test('who does not answer pings is dropped; who does stays', async () => {
    await start({ pingMs: 500 });
    const lively = await enter();
    const dead = open();
    await once(dead, 'open');
    dead.send(helloFrame(token()));
    (
      dead as unknown as { _receiver: { removeAllListeners(name: string): void } }
    )._receiver.removeAllListeners('ping');
    expect(await closeCode(dead)).toBe(1006);
    expect(lively.readyState).toBe(WebSocket.OPEN);
  });

  test('a page that does not read is dropped before memory fills', async () => {
    await start({ bufferedBytes: 2_000_000 });
    const socket = await enter();
    (socket as unknown as { _socket: { pause(): void } })._socket.pause();
    for (let id = 1; id <= 60; id++) socket.send(encodeFrame({ t: 'call', id, p: 'jobs.list', i: {} }));
    for (let tries = 0; !logged.join().includes('dropped a page'); tries++) {
      if (tries > 200) throw new Error('it was not dropped');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await get('/')).status).toBe(200);
  });

  test('a port that is taken rejects', async () => {
    await start();
    const second = startHost({ port: host.port, engine: { services }, pageDir: dir, log: () => {} });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('closing ends what was refused and stays, is half open, or is in the middle of a request', async () => {
    await start({ connections: 0 });
    const own = `127.0.0.1:${host.port}`;
    const upgrade = `GET /rpc HTTP/1.1\r\nHost: ${own}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://${own}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`;
    const upload = `PUT /upload/x HTTP/1.1\r\nHost: ${own}\r\nContent-Length: 100\r\n\r\nsome`;
    const idle = `GET / HTTP/1.1\r\nHost: ${own}\r\n\r\n`;
    const peers = await Promise.all(
      [upgrade, upload, idle, ''].map(async (sent) => {
        // Never ends its own side, as a peer that died without a word.
        const peer = connect({ port: host.port, host: '127.0.0.1', allowHalfOpen: true });
        peer.on('error', () => {});
        await once(peer, 'connect');
        if (sent === '') return peer;
        peer.write(sent);
        await once(peer, 'data');
        return peer;
      }),
    );
    await host.close();
    for (const peer of peers) peer.destroy();
    await start();
  });

  test('closing ends the connections', async () => {
    await start();
    const socket = await enter();
    const closed = closeCode(socket);
    await host.close();
    expect([1001, 1006]).toContain(await closed);
    await start();
  });
});

describe('the page side', () => {
  function fakeTab(hash: string) {
    const stored = new Map<string, string>();
    const addresses: string[] = [];
    const own = `127.0.0.1:${host.port}`;
    const page = {
      location: { protocol: 'http:', host: own, pathname: '/', hash },
      history: { replaceState: (_state: null, _title: string, url: string) => addresses.push(url) },
      sessionStorage: {
        getItem: (key: string) => stored.get(key) ?? null,
        setItem: (key: string, value: string) => stored.set(key, value),
      },
      WebSocket: class extends WebSocket {
        constructor(url: string) {
          super(url, { origin: `http://${own}` });
          this.on('error', () => {}); // a browser's socket needs no listener
          opened.push(this);
        }
      },
    };
    return { page: page as unknown as PageWindow & { location: { hash: string } }, addresses };
  }

  test('the token leaves the address, is kept for a reload, and a lost connection can be made again', async () => {
    await start();
    const { page, addresses } = fakeTab(`#token=${token()}&/events?known=x`);
    const carrier = await connectPage(page);
    expect(addresses).toEqual(['/#/events?known=x']);
    const client = createClient(carrier);
    expect((await client.api.system.info({})).user).toBe('Ada');
    for (const socket of opened) socket.terminate();
    await client.closed;
    page.location.hash = '#/events';
    expect((await createClient(await connectPage(page)).api.system.info({})).user).toBe('Ada');
  });

  test('no token, or one of an earlier run, is refused for good; a host that is away is worth a retry', async () => {
    await start();
    await expect(connectPage(fakeTab('').page)).rejects.toMatchObject({
      code: 'door.refused',
      retryable: false,
    });
    const { page } = fakeTab('#token=c3RhbGU');
    await expect(connectPage(page)).rejects.toMatchObject({ code: 'door.refused' });
    await host.close();
    await expect(connectPage(page)).rejects.toMatchObject({ code: 'engine.lost', retryable: true });
    await start();
  });
});
