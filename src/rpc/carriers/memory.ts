import { type Carrier, closeBell, inbox } from '../carrier.ts';

/** Two connected carriers inside one process. Frames are copied and arrive at a later turn, as over a wire. */
export function memoryPair(): [Carrier, Carrier] {
  const sides = [
    { bell: closeBell(), inbox: inbox() },
    { bell: closeBell(), inbox: inbox() },
  ] as const;
  const end = (here: 0 | 1): Carrier => {
    const mine = sides[here];
    const theirs = sides[here === 0 ? 1 : 0];
    return {
      send(frame) {
        if (mine.bell.closed) return;
        const copy = frame.slice();
        queueMicrotask(() => theirs.bell.closed || theirs.inbox.arrive(copy));
      },
      onFrame: mine.inbox.listen,
      onClose: mine.bell.onRing,
      close() {
        mine.bell.ring();
        queueMicrotask(theirs.bell.ring);
      },
    };
  };
  return [end(0), end(1)];
}
