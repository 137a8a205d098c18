// A proxy that understands Kafka's frames (https://kafka.apache.org/protocol): it can put an error code into the answers
// of one API, as a broker gives it while leaders move, disks fail or coordinators load.
import { connect, createServer, type Socket } from 'node:net';

export const API = { fetch: 1, listOffsets: 2, metadata: 3 } as const;
export type ApiName = keyof typeof API;

export interface AnswerProxy {
  port: number;
  /** The code to put into every partition of an answer of that API, or null to pass it on as it is. */
  codeFor: (api: ApiName) => number | null;
  /** How many answers were changed. */
  changed: number;
  /** Milliseconds that the broker said it held back answers to fetches, by a quota. */
  throttledMs: number;
  close(): void;
}

/** Reads past the fields of an answer. */
class Cursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  skip(count: number): void {
    this.at += count;
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  /** Unsigned varint (KIP-482). */
  varint(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  string(flexible: boolean): void {
    const length = flexible ? this.varint() - 1 : this.bytes.readInt16BE(this.at);
    this.skip((flexible ? 0 : 2) + Math.max(length, 0));
  }

  tags(flexible: boolean): void {
    if (!flexible) return;
    for (let left = this.varint(); left > 0; left--) {
      this.varint();
      this.skip(this.varint());
    }
  }

  list(flexible: boolean, each: () => void): void {
    for (let left = flexible ? this.varint() - 1 : this.int32(); left > 0; left--) each();
  }
}

/** Puts the code into each partition of an answer; the versions are those that Hindcast asks for. */
const CHANGE: Record<ApiName, (from: Cursor, version: number, code: number) => void> = {
  fetch(from, version, code) {
    from.skip(4);
    if (version >= 7) from.skip(6);
    from.list(false, () => {
      from.string(false);
      from.list(false, () => {
        from.bytes.writeInt16BE(code, from.at + 4);
        from.skip(4 + 2 + 16 + (version >= 5 ? 8 : 0));
        from.list(false, () => from.skip(16));
        if (version >= 11) from.skip(4);
        from.skip(Math.max(from.int32(), 0));
      });
    });
  },
  listOffsets(from, version, code) {
    from.skip(4);
    from.list(false, () => {
      from.string(false);
      from.list(false, () => {
        from.bytes.writeInt16BE(code, from.at + 4);
        from.skip(4 + 2 + 16 + (version >= 4 ? 4 : 0));
      });
    });
  },
  metadata(from, version, code) {
    const flexible = version >= 9;
    from.tags(flexible);
    from.skip(4);
    from.list(flexible, () => {
      from.skip(4);
      from.string(flexible);
      from.skip(4);
      from.string(flexible);
      from.tags(flexible);
    });
    from.string(flexible);
    from.skip(4);
    from.list(flexible, () => {
      from.skip(2);
      from.string(flexible);
      from.skip((version >= 10 ? 16 : 0) + 1);
      from.list(flexible, () => {
        from.bytes.writeInt16BE(code, from.at);
        // A partition that reports an error names no leader.
        from.bytes.writeInt32BE(-1, from.at + 6);
        from.skip(10 + (version >= 7 ? 4 : 0));
        for (let lists = version >= 5 ? 3 : 2; lists > 0; lists--) from.list(flexible, () => from.skip(4));
        from.tags(flexible);
      });
      if (version >= 8) from.skip(4);
      from.tags(flexible);
    });
  },
};

const nameOf = (key: number): ApiName | undefined =>
  (Object.keys(API) as ApiName[]).find((name) => API[name] === key);

/** Cuts a stream of bytes into Kafka's frames, each with its length before it. */
function framesOf(onFrame: (frame: Buffer) => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length >= 4) {
      const end = 4 + rest.readInt32BE(0);
      if (rest.length < end) return;
      onFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}

/** Listens on a free port and passes everything to `targetPort()`, frame by frame. */
export async function startAnswerProxy(targetPort: () => number): Promise<AnswerProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort(), '127.0.0.1');
    const asked = new Map<number, { api: ApiName; version: number }>();
    const end = () => {
      near.destroy();
      far.destroy();
      sockets.delete(near);
    };
    sockets.add(near);
    near.on('error', end).on('close', end);
    far.on('error', end).on('close', end);
    const onRequest = framesOf((frame) => {
      const api = nameOf(frame.readInt16BE(4));
      if (api !== undefined) asked.set(frame.readInt32BE(8), { api, version: frame.readInt16BE(6) });
      far.write(frame);
    });
    const onAnswer = framesOf((frame) => {
      const request = asked.get(frame.readInt32BE(4));
      asked.delete(frame.readInt32BE(4));
      if (request?.api === 'fetch' && request.version >= 1) proxy.throttledMs += frame.readInt32BE(8);
      const code = request === undefined ? null : proxy.codeFor(request.api);
      if (request === undefined || code === null) return void near.write(frame);
      const changed = Buffer.from(frame);
      CHANGE[request.api](new Cursor(changed, 8), request.version, code);
      proxy.changed++;
      near.write(changed);
    });
    near.on('data', onRequest);
    far.on('data', onAnswer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy: AnswerProxy = {
    port: (server.address() as { port: number }).port,
    codeFor: () => null,
    changed: 0,
    throttledMs: 0,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
