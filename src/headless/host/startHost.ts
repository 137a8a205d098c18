import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Services } from '../../contract/contract.ts';
import { PAGE_HEADERS } from '../../contract/csp.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { EngineHost, FileDesk } from '../../engine/host.ts';
import type { Carrier } from '../../rpc/carrier.ts';
import { type AnyWebSocket, webSocketCarrier } from '../../rpc/carriers/webSocket.ts';
import { readHello, TOKEN_LATE, TOKEN_REFUSED, welcomeFrame } from '../../rpc/handshake.ts';
import { serveCarrier } from '../../rpc/server.ts';
import { readPageFile } from './pageFiles.ts';
import { passFile } from './passFiles.ts';

export interface HostOptions {
  /** 0 or absent: any free port. */
  port?: number;
  /** `files`: what is downloaded from and uploaded to the engine; absent: nothing is. */
  engine: { services: Services; files?: FileDesk };
  /** Folder of the built page. */
  pageDir: string;
  log: EngineHost['log'];
  limits?: Partial<HostLimits>;
}
export interface HostLimits {
  /** Milliseconds until the token must have come. */
  tokenMs: number;
  /** Milliseconds between pings; who has not answered the last one is dropped. */
  pingMs: number;
  /** WebSockets at once, those that have not shown their token included. */
  connections: number;
  /** Bytes that may wait for a slow page before it is dropped. */
  bufferedBytes: number;
}
export interface RunningHost {
  /** Address with the token in its fragment: whoever has it may use the engine. */
  url: string;
  port: number;
  close(): Promise<void>;
}

const LIMITS_OF_HOST: HostLimits = {
  tokenMs: 15_000,
  pingMs: 30_000,
  connections: 8,
  bufferedBytes: 16 * 1024 * 1024,
};
const ADDRESS = '127.0.0.1';
/** What peers have to answer a close, milliseconds. */
const CLOSE_MS = 500;

/**
 * Serves the page and the engine on the loopback address: files by HTTP, RPC by a WebSocket at /rpc. Rejects when
 * the port is taken.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { engine, pageDir, log } = options;
  const limits = { ...LIMITS_OF_HOST, ...options.limits };
  const token = randomBytes(32);
  let hosts = new Set<string>();

  const server = createServer((request, response) => void answer(request, response));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.requestFrame,
    perMessageDeflate: false,
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, text: string) =>
      response.writeHead(status, { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(text);
    if (!hosts.has(request.headers.host ?? '')) return void end(421, 'This host is not served here.');
    const { files } = engine;
    if (files && passFile(files, request, response, `http://${request.headers.host}`)) return;
    if (request.method !== 'GET' && request.method !== 'HEAD') return void end(405, 'Only GET and HEAD.');
    const file = await readPageFile(pageDir, request.url?.split('?')[0] ?? '');
    if (file.status === 400) return void end(400, 'Bad path.');
    if (file.status === 404) return void end(404, 'Not found.');
    response.writeHead(200, {
      ...PAGE_HEADERS,
      'content-type': file.type,
      'content-length': file.body.length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  }

  /** Why an upgrade is refused; null when it may go on. */
  function refusal({ headers, url }: IncomingMessage): string | null {
    const { host = '', origin } = headers;
    if (!hosts.has(host)) return '421 Misdirected Request';
    if (url !== '/rpc') return '404 Not Found';
    if (origin !== `http://${host}`) return '403 Forbidden';
    if (sockets.clients.size >= limits.connections) return '503 Service Unavailable';
    return null;
  }
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const reason = refusal(request);
    if (reason === null) {
      sockets.handleUpgrade(request, socket, head, admit);
      return;
    }
    log('warn', 'refused a connection', { reason, origin: request.headers.origin ?? null });
    socket.on('error', () => {});
    socket.end(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });

  /** Waits for the token, which must be the first frame. */
  function admit(socket: WebSocket): void {
    socket.on('error', () => {}); // too large a frame and the like; `close` follows
    keepAlive(socket, limits.pingMs);
    const refuse = (code: number, reason: string) => {
      log('warn', 'refused a connection', { reason });
      socket.close(code, 'token');
      setTimeout(() => socket.terminate(), limits.tokenMs).unref();
    };
    const timer = setTimeout(() => refuse(TOKEN_LATE, 'token late'), limits.tokenMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('message', (data: Buffer) => {
      clearTimeout(timer);
      if (socket.readyState !== socket.OPEN) return;
      if (!sameToken(readHello(data), token)) return refuse(TOKEN_REFUSED, 'token wrong');
      socket.send(welcomeFrame());
      serve(socket);
    });
  }

  function serve(socket: WebSocket): void {
    const carrier = webSocketCarrier(socket as unknown as AnyWebSocket);
    const guarded: Carrier = {
      onFrame: carrier.onFrame,
      onClose: carrier.onClose,
      close: carrier.close,
      send(frame: Uint8Array) {
        carrier.send(frame);
        if (socket.bufferedAmount <= limits.bufferedBytes) return;
        log('warn', 'dropped a page that does not read', { bufferedBytes: socket.bufferedAmount });
        socket.terminate();
      },
    };
    serveCarrier(guarded, engine.services, { log });
  }

  // The server forgets a connection once it was upgraded, or refused to be.
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  server.listen({ port: options.port ?? 0, host: ADDRESS });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  hosts = new Set([`${ADDRESS}:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  return {
    url: `http://${ADDRESS}:${port}/#token=${token.toString('base64url')}`,
    port,
    async close() {
      for (const socket of sockets.clients) socket.close(1001);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      // Pages may answer the close; a peer that died, or was refused and stays, never would.
      const giveUp = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, CLOSE_MS);
      await closed;
      clearTimeout(giveUp);
    },
  };
}

/** Takes the same time for every wrong token. */
function sameToken(text: string | null, token: Buffer): boolean {
  const given = Buffer.alloc(token.length);
  const exact = Buffer.from(text ?? '', 'base64url').copy(given) === token.length;
  return timingSafeEqual(given, token) && exact && text?.length === token.toString('base64url').length;
}

/** A machine that slept finds the time of a ping over before it reads the answer that lies there: one is no proof. */
const UNANSWERED_PINGS = 2;

function keepAlive(socket: WebSocket, pingMs: number): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered === UNANSWERED_PINGS) return socket.terminate();
    unanswered += 1;
    socket.ping();
  }, pingMs);
  socket.on('pong', () => {
    unanswered = 0;
  });
  socket.once('close', () => clearInterval(timer));
}
