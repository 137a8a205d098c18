import { decodeFrame, encodeFrame } from './frame.ts';

/**
 * The first two frames on a WebSocket of the browser door: the page proves that it knows the token, the host lets
 * it in. RPC frames follow.
 */
const MOST_BYTES = 1024;
/** Close code of a connection whose token is wrong or missing; 4000–4999 are for applications (RFC 6455, 7.4.2). */
export const TOKEN_REFUSED = 4401;
/** Close code where the token did not come in time: another try may be quicker. */
export const TOKEN_LATE = 4408;

export const helloFrame = (token: string): Uint8Array<ArrayBuffer> => encodeFrame({ t: 'hello', token });
export const welcomeFrame = (): Uint8Array<ArrayBuffer> => encodeFrame({ t: 'welcome' });

/** The token of a hello frame; null when it is none. */
export function readHello(frame: Uint8Array): string | null {
  const header = readHeader(frame);
  return header?.t === 'hello' && typeof header.token === 'string' ? header.token : null;
}
export const isWelcome = (frame: Uint8Array): boolean => readHeader(frame)?.t === 'welcome';

function readHeader(frame: Uint8Array): Record<string, unknown> | null {
  try {
    return decodeFrame(frame, MOST_BYTES).header;
  } catch {
    return null;
  }
}
