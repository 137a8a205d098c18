/** The writer's end of a capture: takes frames from the capture thread and gives credit back. */
import type { MessagePort } from 'node:worker_threads';
import { storeFault } from '../store/faults.ts';
import { frameBytes } from '../store/frame.ts';
import { beginCapture } from '../store/partitions.ts';
import type { RecordWriter, WrittenCounts } from '../store/recordWriter.ts';
import { layoutChanged } from '../store/unusedNames.ts';
import { toWire } from '../workers/messages.ts';
import type { FromSink, ToSink } from './sinkMessages.ts';

/** A slow stream is committed this often, so that it can be seen. */
const COMMIT_EVERY_MS = 1000;
/** What is followed is looked at as it comes. */
const COMMIT_LIVE_MS = 80;
/** Frames of one answer of a broker come so close together. */
const GATHER_MS = 10;
/** Between two pieces of sorting frames have their turn. */
const SORT_PAUSE_MS = 5;

export class CaptureSink {
  readonly #port: MessagePort;
  readonly #writer: RecordWriter;
  readonly #file: string;
  readonly #onEnd: () => void;
  readonly #before: Readonly<WrittenCounts>;
  #timer: NodeJS.Timeout | null = null;
  /** When the timer should fire. */
  #dueAt = 0;
  #sortTimer: NodeJS.Timeout | null = null;
  #ended = false;
  #commitEveryMs = COMMIT_EVERY_MS;
  #committedAt = 0;
  #startedAt = performance.now();

  constructor(port: MessagePort, writer: RecordWriter, file: string, onEnd: () => void) {
    this.#port = port;
    this.#writer = writer;
    this.#file = file;
    this.#onEnd = onEnd;
    this.#before = { ...writer.written };
    port.on('message', (message: ToSink) => this.#receive(message));
    // The capture thread is gone without an end: what came is kept.
    port.on('close', () => this.close());
  }

  /** Commits what came. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#sortTimer !== null) clearTimeout(this.#sortTimer);
    this.#writer.postings.live = false;
    try {
      this.#writer.commit();
    } catch {
      // The next opening finds the position of the last commit.
      this.#writer.rollback();
    } finally {
      this.#port.close();
      this.#onEnd();
    }
  }

  #post(message: FromSink): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToSink): void {
    if (this.#ended) return;
    this.#orFail(() => this.#handle(message));
  }

  #orFail(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#writer.rollback();
      this.#post({ kind: 'failed', error: toWire(storeFault(error, this.#file)) });
      this.close();
    }
  }

  #handle(message: ToSink): void {
    const writer = this.#writer;
    switch (message.kind) {
      case 'begin': {
        const plan = beginCapture(writer, message.begin);
        writer.commit();
        if (message.begin.live) {
          this.#commitEveryMs = COMMIT_LIVE_MS;
          writer.postings.live = true;
        }
        this.#startedAt = performance.now();
        this.#post({ kind: 'plan', plan });
        return;
      }
      case 'mapping':
        writer.begin();
        writer.db
          .prepare('UPDATE topic SET mapping = ? WHERE name = ? AND mapping IS NULL')
          .run(message.text, message.topic);
        // What readers know of the topic's partitions holds the tolerance of its clocks.
        if (message.text.includes('"toleranceMs"')) layoutChanged(writer.db);
        return;
      case 'frame': {
        const { frame } = message;
        const bytes = frameBytes(frame);
        writer.apply(frame);
        this.#commitSoon();
        this.#post({
          kind: 'credit',
          bytes,
          records: writer.written.records - this.#before.records,
          written: writer.written.bytes - this.#before.bytes,
        });
        return;
      }
      case 'end':
        this.#end();
    }
  }

  #commitSoon(): void {
    const now = performance.now();
    if (this.#timer !== null) {
      // While messages come one after the other, Node hands over hundreds of them before a timer has its turn.
      if (now >= this.#dueAt) this.#commitNow();
      return;
    }
    const wait = Math.max(GATHER_MS, this.#commitEveryMs - (now - this.#committedAt));
    this.#dueAt = now + wait;
    this.#timer = setTimeout(() => this.#orFail(() => this.#commitNow()), wait);
  }

  #commitNow(): void {
    clearTimeout(this.#timer!);
    this.#timer = null;
    this.#committedAt = performance.now();
    this.#writer.commit();
    if (this.#commitEveryMs === COMMIT_LIVE_MS) this.#sortSoon();
  }

  /** Sorts what is followed piece by piece: rows that come meanwhile wait for a piece, not for the whole. */
  #sortSoon(): void {
    if (this.#sortTimer !== null) return;
    this.#sortTimer = setTimeout(() => {
      this.#sortTimer = null;
      this.#orFail(() => {
        if (this.#writer.sortAPiece()) this.#sortSoon();
      });
    }, SORT_PAUSE_MS);
  }

  #end(): void {
    const writer = this.#writer;
    writer.commit();
    const readMs = performance.now() - this.#startedAt;
    const indexStart = performance.now();
    this.#post({ kind: 'indexing' });
    writer.sortPostings();
    this.#post({
      kind: 'ended',
      totals: {
        records: writer.written.records - this.#before.records,
        rows: writer.written.rows - this.#before.rows,
        bytes: writer.written.bytes - this.#before.bytes,
        readMs,
        indexMs: performance.now() - indexStart,
      },
    });
    this.close();
  }
}
