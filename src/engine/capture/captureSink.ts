/** The writer's end of a capture: takes frames from the capture thread and gives credit back. */
import type { MessagePort } from 'node:worker_threads';
import { storeFault } from '../store/faults.ts';
import { buildRecordIndexes, dropRecordIndexes, hasRecordIndexes } from '../store/migrations.ts';
import { beginCapture } from '../store/partitions.ts';
import type { RecordWriter } from '../store/recordWriter.ts';
import { toWire } from '../workers/messages.ts';
import type { CapturePlan, FromSink, PartitionBegin, ToSink } from './sinkMessages.ts';

/** A load smaller than this, or than what is stored already, keeps the indexes live. */
const BULK_RECORDS = 50_000;
/** A slow stream is committed this often, so that it can be seen. */
const COMMIT_EVERY_MS = 500;

export class CaptureSink {
  readonly #port: MessagePort;
  readonly #writer: RecordWriter;
  readonly #file: string;
  readonly #onEnd: () => void;
  readonly #rowsBefore: number;
  readonly #bytesBefore: number;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;
  #startedAt = performance.now();

  constructor(port: MessagePort, writer: RecordWriter, file: string, onEnd: () => void) {
    this.#port = port;
    this.#writer = writer;
    this.#file = file;
    this.#onEnd = onEnd;
    this.#rowsBefore = writer.written.rows;
    this.#bytesBefore = writer.written.bytes;
    port.on('message', (message: ToSink) => this.#receive(message));
    // The capture thread is gone without an end: what came is kept.
    port.on('close', () => this.close());
  }

  /** Commits what came and builds the indexes that are missing. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      this.#writer.commit();
      if (!hasRecordIndexes(this.#writer.db)) buildRecordIndexes(this.#writer.db);
    } catch {
      // The next opening finds the position of the last commit, and indexes are built again then.
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
    try {
      this.#handle(message);
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
        if (isBulk(writer, plan, message.begin.partitions)) dropRecordIndexes(writer.db);
        this.#startedAt = performance.now();
        this.#post({ kind: 'plan', plan });
        return;
      }
      case 'mapping':
        writer.begin();
        writer.db
          .prepare('UPDATE topic SET mapping = ? WHERE name = ? AND mapping IS NULL')
          .run(message.text, message.topic);
        return;
      case 'frame': {
        const { frame } = message;
        writer.apply(frame);
        this.#commitSoon();
        this.#post({
          kind: 'credit',
          bytes: frame.columns.buffer.byteLength,
          rows: writer.written.rows - this.#rowsBefore,
          written: writer.written.bytes - this.#bytesBefore,
        });
        return;
      }
      case 'end':
        this.#end();
    }
  }

  #commitSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      try {
        this.#writer.commit();
      } catch (error) {
        this.#writer.rollback();
        this.#post({ kind: 'failed', error: toWire(storeFault(error, this.#file)) });
        this.close();
      }
    }, COMMIT_EVERY_MS);
  }

  #end(): void {
    const writer = this.#writer;
    writer.commit();
    const readMs = performance.now() - this.#startedAt;
    const indexStart = performance.now();
    if (!hasRecordIndexes(writer.db)) {
      this.#post({ kind: 'indexing' });
      buildRecordIndexes(writer.db);
    }
    this.#post({
      kind: 'ended',
      totals: {
        rows: writer.written.rows - this.#rowsBefore,
        bytes: writer.written.bytes - this.#bytesBefore,
        readMs,
        indexMs: performance.now() - indexStart,
      },
    });
    this.close();
  }
}

function isBulk(writer: RecordWriter, plan: CapturePlan, asked: readonly PartitionBegin[]): boolean {
  const expected = plan.partitions.reduce(
    (sum, { start }, index) => sum + Math.max(asked[index]!.high - start, 0),
    0,
  );
  const stored = writer.db.prepare('SELECT coalesce(sum(stored), 0) FROM partition').pluck().get() as number;
  return expected >= BULK_RECORDS && expected > stored;
}
