import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameBuffer, openFrameSocket } from './frameSocket.ts';

const frame = (content: Uint8Array): Buffer => {
  const head = Buffer.alloc(4);
  head.writeInt32BE(content.length);
  return Buffer.concat([head, content]);
};

/** Writes bytes into the room there is, as the system does. */
function feed(frames: FrameBuffer, bytes: Uint8Array, most: (room: number) => number): Buffer[] {
  const given: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const room = frames.room();
    const size = Math.min(room.length, bytes.length - at, Math.max(1, most(room.length)));
    room.set(bytes.subarray(at, at + size));
    at += size;
    const ready = frames.filled(size);
    if (ready !== null) given.push(ready);
  }
  return given;
}

test('frames come out whole, one at a time, however their bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 400 })),
      fc.infiniteStream(fc.nat(90)),
      (contents, sizes) => {
        const sent = contents.map(frame);
        const given = feed(new FrameBuffer(), Buffer.concat(sent), () => sizes.next().value);
        expect(given.map((each) => each.toString('hex'))).toEqual(sent.map((each) => each.toString('hex')));
      },
    ),
  );
});

test('a frame longer than what is taken at once comes in pieces, and the next one whole', () => {
  const long = Buffer.alloc(65 * 2 ** 20, 'x');
  const next = frame(Buffer.from('next'));
  const given = feed(new FrameBuffer(), Buffer.concat([frame(long), next]), (room) => room);
  expect(given.length).toBeGreaterThan(100);
  expect(Math.max(...given.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  expect(given.at(-1)!.equals(next)).toBe(true);
  expect(Buffer.concat(given.slice(0, -1)).equals(frame(long))).toBe(true);
});

test.each(['HTTP/1.1 400 Bad Request\r\n', '\xff\xff\xff\xfe and whatever follows'])(
  'what is no frame is handed over as it comes: %j',
  (text) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(Buffer.concat(feed(new FrameBuffer(), bytes, () => 7)).equals(bytes)).toBe(true);
  },
);

test('over a real socket, to the end of the stream', async () => {
  const contents = [
    Buffer.alloc(3_000_000, 'a'),
    Buffer.from('short'),
    Buffer.alloc(0),
    Buffer.alloc(70_000, 'b'),
  ];
  const server = createServer((socket) => socket.end(Buffer.concat(contents.map(frame))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const given: Buffer[] = [];
  const socket: Socket = openFrameSocket({ host: '127.0.0.1', port, onConnect: () => {} });
  socket.on('data', (bytes: Buffer) => given.push(bytes));
  await once(socket, 'end');
  server.close();
  expect(given.map(({ length }) => length)).toEqual(contents.map(({ length }) => length + 4));
  expect(Buffer.concat(given).equals(Buffer.concat(contents.map(frame)))).toBe(true);
});
