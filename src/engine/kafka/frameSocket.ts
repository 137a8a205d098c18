// A socket for kafkajs' connections that hands over whole responses: the system writes the bytes of a response straight
// into the one buffer that is handed over, where kafkajs would gather pieces of 64 KB and copy them together.
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_MS = 60_000;
/** Every response begins with its length (https://kafka.apache.org/protocol#protocol_common). */
const LENGTH_BYTES = 4;
/** A response that says it is longer is handed over in pieces: memory is only taken for what really comes. */
const LARGEST_FRAME = 64 * 2 ** 20;
const PIECE = 64 * 1024;

interface SocketRequest {
  host: string;
  port: number;
  ssl?: ConnectionOptions | undefined;
  onConnect: () => void;
}

/** What kafkajs calls a socket factory. Under TLS the pieces come as they were decrypted. */
export function openFrameSocket({ host, port, ssl, onConnect }: SocketRequest): Socket {
  const socket = ssl ? overTls({ host, port, ssl, onConnect }) : plain(host, port, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}

function overTls({ host, port, ssl, onConnect }: SocketRequest): Socket {
  const name = isIP(host) ? {} : { servername: host };
  return connectTls({ host, port, ...name, ...ssl }, onConnect);
}

function plain(host: string, port: number, onConnect: () => void): Socket {
  const frames = new FrameBuffer();
  const socket: Socket = connect(
    {
      ...{ host, port },
      onread: {
        buffer: () => frames.room(),
        callback: (size) => {
          const ready = frames.filled(size);
          if (ready !== null) socket.emit('data', ready);
          return true;
        },
      },
    },
    onConnect,
  );
  return socket;
}

/** Where the next bytes of a stream of frames belong. */
export class FrameBuffer {
  #frame = Buffer.allocUnsafeSlow(LENGTH_BYTES);
  #at = 0;
  /** Bytes of a frame handed over in pieces that are still to come. */
  #passing = 0;

  /** Room for the next bytes; never longer than what is left of the frame. */
  room(): Buffer {
    return this.#frame.subarray(this.#at);
  }

  /** Takes note of `size` bytes written into room(); gives a whole frame, or a piece of a very long one. */
  filled(size: number): Buffer | null {
    this.#at += size;
    if (this.#passing > 0) {
      const piece = this.#frame.subarray(0, this.#at);
      this.#passing -= size;
      this.#begin(this.#passing > 0 ? Math.min(PIECE, this.#passing) : LENGTH_BYTES);
      return piece;
    }
    if (this.#at < this.#frame.length) return null;
    const whole = this.#frame;
    const length = whole.readInt32BE(0);
    if (whole.length === LENGTH_BYTES && length !== 0) return this.#open(length);
    this.#begin(LENGTH_BYTES);
    return whole;
  }

  /** The length is known: room for the frame, or its length is handed over and the rest in pieces. */
  #open(length: number): Buffer | null {
    const head = this.#frame;
    if (length > 0 && length <= LARGEST_FRAME) {
      this.#frame = Buffer.allocUnsafeSlow(LENGTH_BYTES + length);
      this.#frame.set(head);
      return null;
    }
    // A negative length is no Kafka: everything that follows is handed over as it comes.
    this.#passing = length > 0 ? length : Number.POSITIVE_INFINITY;
    this.#begin(Math.min(PIECE, this.#passing));
    return head;
  }

  #begin(length: number): void {
    this.#frame = Buffer.allocUnsafeSlow(length);
    this.#at = 0;
  }
}
