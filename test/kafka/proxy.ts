import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that can damage what a broker sends. */
export interface DamagingProxy {
  port: number;
  /** Called with each piece from the broker; returns what is passed on, or null to cut the connection there. */
  onData: (piece: Buffer) => Buffer | null;
  cuts: number;
  close(): void;
}

/** Listens on a free port and passes everything to `targetPort()`. */
export async function startProxy(targetPort: () => number): Promise<DamagingProxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(targetPort(), '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
      sockets.delete(near);
    };
    sockets.add(near);
    near.on('error', end).on('close', end);
    far.on('error', end).on('close', end);
    near.on('data', (piece) => far.write(piece));
    far.on('data', (piece) => {
      const passed = proxy.onData(piece);
      if (passed !== null) near.write(passed);
      else {
        proxy.cuts++;
        near.write(piece.subarray(0, piece.length >> 1), end);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy: DamagingProxy = {
    port: (server.address() as { port: number }).port,
    onData: (piece) => piece,
    cuts: 0,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
