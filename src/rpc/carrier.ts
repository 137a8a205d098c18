/**
 * One end of a two-way connection that carries whole binary frames in order. It knows nothing of what is in them.
 *
 * A peer that sends anything but bytes breaks the carrier's agreement: the carrier closes.
 */
export interface Carrier {
  /** Sends one frame. After close() it does nothing: the other side is gone and learns nothing more. */
  send(frame: Uint8Array): void;
  /** Sets the listener of incoming frames; frames that came earlier are delivered to it. Call it once. */
  onFrame(listener: (frame: Uint8Array) => void): void;
  /** Calls the listener once when either side has closed; at the next turn when it is closed already. */
  onClose(listener: () => void): void;
  close(): void;
  /** Bytes handed over and not yet on their way; undefined where the transport does not tell. */
  readonly bufferedBytes?: number;
}

/** The closed state of a carrier and who wants to hear of it. */
export interface CloseBell {
  readonly closed: boolean;
  /** Rings at the first call only. */
  ring(): void;
  onRing(listener: () => void): void;
}

export function closeBell(): CloseBell {
  const listeners: (() => void)[] = [];
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    ring() {
      if (closed) return;
      closed = true;
      for (const listener of listeners) listener();
    },
    onRing(listener) {
      if (closed) queueMicrotask(listener);
      else listeners.push(listener);
    },
  };
}

/** Frames that come before anybody listens are kept for the listener. */
export interface Inbox {
  arrive(frame: Uint8Array): void;
  listen(listener: (frame: Uint8Array) => void): void;
}

export function inbox(): Inbox {
  let waiting: Uint8Array[] = [];
  let deliver: ((frame: Uint8Array) => void) | undefined;
  return {
    arrive(frame) {
      if (deliver) deliver(frame);
      else waiting.push(frame);
    },
    listen(listener) {
      deliver = listener;
      for (const frame of waiting) listener(frame);
      waiting = [];
    },
  };
}
