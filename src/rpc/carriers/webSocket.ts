import { type Carrier, closeBell, inbox } from '../carrier.ts';

/** What the browser's WebSocket and the one of the package `ws` have in common. */
export interface AnyWebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(name: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(name: 'close' | 'error', listener: () => void): void;
}

/** RFC 6455, 7.4.1: the peer sent a kind of data that cannot be accepted. */
const UNSUPPORTED_DATA = 1003;

/** A carrier over an open WebSocket. Text messages close it: frames are binary. */
export function webSocketCarrier(socket: AnyWebSocket): Carrier {
  const bell = closeBell();
  const frames = inbox();
  socket.binaryType = 'arraybuffer';
  const close = (code?: number, reason?: string) => {
    if (bell.closed) return;
    socket.close(code, reason);
    bell.ring();
  };
  socket.addEventListener('message', ({ data }) => {
    if (bell.closed) return;
    if (data instanceof ArrayBuffer) frames.arrive(new Uint8Array(data));
    else close(UNSUPPORTED_DATA, 'frames are binary');
  });
  socket.addEventListener('close', bell.ring);
  // An error is followed by a close event in both; without a listener `ws` would throw it.
  socket.addEventListener('error', () => {});
  return {
    send(frame) {
      if (!bell.closed) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    onFrame: frames.listen,
    onClose: bell.onRing,
    close: () => close(),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
  };
}
