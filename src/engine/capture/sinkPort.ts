/** The capture's end of the port to the writer: frames with bounded credit, so that a slow disk slows the reader. */
import type { MessagePort } from 'node:worker_threads';
import { HindcastError } from '../../contract/errors.ts';
import { frameBuffers, frameBytes } from '../store/frame.ts';
import { fromWire } from '../workers/messages.ts';
import type { CapturePlan, FromSink, SinkTotals, ToSink } from './sinkMessages.ts';

/** Frames on the way to the writer at once; more would only fill memory. */
const FRAMES_IN_FLIGHT = 32;
/** The same as bytes, for large values; one frame may always go. */
const BYTES_IN_FLIGHT = 96 * 1024 * 1024;

export class SinkPort {
  readonly #port: MessagePort;
  /** Told of new records and of bytes written so far. */
  onCredit: (records: number, bytes: number) => void = () => {};
  onIndexing: () => void = () => {};
  #frames = 0;
  #bytes = 0;
  #failed: unknown = null;
  #wake: (() => void) | null = null;
  #plan: CapturePlan | null = null;
  #totals: SinkTotals | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: FromSink) => this.#receive(message));
    port.on('close', () => {
      this.#failed ??= new HindcastError('internal', { problem: 'the writing thread stopped' });
      this.#wakeUp();
    });
  }

  #receive(message: FromSink): void {
    if (message.kind === 'plan') this.#plan = message.plan;
    else if (message.kind === 'ended') this.#totals = message.totals;
    else if (message.kind === 'failed') this.#failed = fromWire(message.error);
    else if (message.kind === 'indexing') this.onIndexing();
    else {
      this.#frames -= 1;
      this.#bytes -= message.bytes;
      this.onCredit(message.records, message.written);
    }
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.#failed !== null) throw this.#failed;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #post(message: ToSink, transfer: ArrayBuffer[] = []): void {
    if (this.#failed !== null) throw this.#failed;
    this.#port.postMessage(message, transfer);
  }

  async begin(begin: Extract<ToSink, { kind: 'begin' }>['begin']): Promise<CapturePlan> {
    this.#plan = null;
    this.#post({ kind: 'begin', begin });
    await this.#until(() => this.#plan !== null);
    return this.#plan!;
  }

  mapping(topic: string, text: string): void {
    this.#post({ kind: 'mapping', topic, text });
  }

  async frame(frame: Extract<ToSink, { kind: 'frame' }>['frame']): Promise<void> {
    const size = frameBytes(frame);
    await this.#until(
      () => this.#frames === 0 || (this.#frames < FRAMES_IN_FLIGHT && this.#bytes + size <= BYTES_IN_FLIGHT),
    );
    this.#frames += 1;
    this.#bytes += size;
    this.#post({ kind: 'frame', frame }, frameBuffers(frame));
  }

  async end(): Promise<SinkTotals> {
    this.#post({ kind: 'end' });
    await this.#until(() => this.#totals !== null);
    return this.#totals!;
  }
}
