import { type DesktopBridge, LOST_MESSAGE, PORT_MESSAGE } from '../contract/bridge.ts';
import type { Carrier } from './carrier.ts';
import { type AnyPort, messagePortCarrier } from './carriers/messagePort.ts';
import { type AnyWebSocket, webSocketCarrier } from './carriers/webSocket.ts';
import { helloFrame, isWelcome, TOKEN_REFUSED } from './handshake.ts';
import { localError } from './remoteError.ts';

/** The parts of a browser's window that are used here. */
export interface PageWindow {
  readonly hindcast?: DesktopBridge;
  readonly location: {
    readonly protocol: string;
    readonly host: string;
    readonly pathname: string;
    hash: string;
  };
  readonly history: { replaceState(state: null, title: string, url: string): void };
  readonly sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  readonly WebSocket: new (
    url: string,
  ) => AnyWebSocket & {
    addEventListener(name: 'open', listener: () => void): void;
    addEventListener(name: 'message', listener: (event: { data: unknown }) => void, options?: object): void;
    addEventListener(name: 'close', listener: (event: { code: number }) => void): void;
  };
  addEventListener(name: 'message', listener: (event: PortMessage) => void): void;
  removeEventListener(name: 'message', listener: (event: PortMessage) => void): void;
}
interface PortMessage {
  readonly source: unknown;
  readonly data: unknown;
  readonly ports: readonly unknown[];
}

const TOKEN_KEY = 'hindcast.token';
const PATIENCE_MS = 15_000;

/**
 * A fresh connection to the engine: over a port of the desktop shell where `window.hindcast` is there, else over
 * a WebSocket to where the page came from. Call it again when the carrier has closed.
 *
 * Rejects with a RemoteError: `engine.lost` (trying again helps), `door.refused` (it does not: the address lacks
 * the token, or the token is of another run).
 */
export function connectPage(page = globalThis as unknown as PageWindow): Promise<Carrier> {
  return page.hindcast ? connectPort(page, page.hindcast) : connectSocket(page);
}

function connectPort(page: PageWindow, bridge: DesktopBridge): Promise<Carrier> {
  const nonce = crypto.randomUUID();
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      page.removeEventListener('message', receive);
    };
    const timer = setTimeout(() => {
      settle();
      reject(localError('engine.lost'));
    }, PATIENCE_MS);
    const receive = ({ source, data, ports }: PortMessage) => {
      const message = data as { type?: unknown; nonce?: unknown } | null;
      if (source !== page || message?.type !== PORT_MESSAGE || message.nonce !== nonce || !ports[0]) return;
      settle();
      const carrier = messagePortCarrier(ports[0] as AnyPort);
      closeWhenLost(page, carrier);
      resolve(carrier);
    };
    page.addEventListener('message', receive);
    bridge.connectEngine(nonce);
  });
}

/** The shell knows of the engine's end for certain; that the port tells it too is Chromium's own addition. */
function closeWhenLost(page: PageWindow, carrier: Carrier): void {
  const receive = ({ source, data }: PortMessage) => {
    if (source === page && (data as { type?: unknown } | null)?.type === LOST_MESSAGE) carrier.close();
  };
  page.addEventListener('message', receive);
  carrier.onClose(() => page.removeEventListener('message', receive));
}

/** The token comes in the fragment, which no server sees. It is kept for reloads of this tab and leaves the address. */
function takeToken({ location, history, sessionStorage }: PageWindow): string | null {
  const found = /^#token=([\w-]+)&?(.*)$/.exec(location.hash);
  if (!found) return sessionStorage.getItem(TOKEN_KEY);
  const [, token, rest] = found;
  sessionStorage.setItem(TOKEN_KEY, token!);
  history.replaceState(null, '', `${location.pathname}${rest ? `#${rest}` : ''}`);
  return token!;
}

const refused = () => localError('door.refused');

function connectSocket(page: PageWindow): Promise<Carrier> {
  const token = takeToken(page);
  if (token === null) return Promise.reject(refused());
  const { protocol, host } = page.location;
  const socket = new page.WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/rpc`);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.close(), PATIENCE_MS);
    socket.addEventListener('open', () => socket.send(helloFrame(token)));
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(timer);
      reject(code === TOKEN_REFUSED ? refused() : localError('engine.lost'));
    });
    const receive = ({ data }: { data: unknown }) => {
      clearTimeout(timer);
      if (!(data instanceof ArrayBuffer) || !isWelcome(new Uint8Array(data))) return socket.close();
      resolve(webSocketCarrier(socket));
    };
    socket.addEventListener('message', receive, { once: true });
  });
}
