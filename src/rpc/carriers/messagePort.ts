import { type Carrier, closeBell, inbox } from '../carrier.ts';

/** What a DOM MessagePort and Node's have in common. */
interface EventTargetPort {
  postMessage(message: unknown): void;
  addEventListener(
    name: 'message' | 'messageerror' | 'close',
    listener: (event: { data?: unknown }) => void,
  ): void;
  start(): void;
  close(): void;
}
/** Electron's MessagePortMain, in main and in utility processes. */
interface EmitterPort {
  postMessage(message: unknown): void;
  on(name: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(name: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}
export type AnyPort = EventTargetPort | EmitterPort;

/**
 * A carrier over a message port of any of the three kinds. Bytes are cloned, never transferred: Electron delivers
 * null to a page for a transferred ArrayBuffer (electron/electron#34905).
 */
export function messagePortCarrier(port: AnyPort): Carrier {
  const bell = closeBell();
  const frames = inbox();
  const close = () => {
    if (bell.closed) return;
    port.close();
    bell.ring();
  };
  const receive = ({ data }: { data?: unknown }) => {
    if (bell.closed) return;
    if (data instanceof Uint8Array) frames.arrive(data);
    else close();
  };
  if ('addEventListener' in port) {
    port.addEventListener('message', receive);
    port.addEventListener('messageerror', close);
    port.addEventListener('close', bell.ring);
  } else {
    port.on('message', receive);
    port.on('close', bell.ring);
  }
  port.start();
  return {
    send(frame) {
      // A view of a larger buffer would be cloned with all of that buffer.
      if (!bell.closed)
        port.postMessage(frame.byteLength === frame.buffer.byteLength ? frame : frame.slice());
    },
    onFrame: frames.listen,
    onClose: bell.onRing,
    close,
  };
}
