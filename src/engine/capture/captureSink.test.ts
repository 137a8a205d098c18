import { EventEmitter } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import type { RecordWriter } from '../store/recordWriter.ts';
import { CaptureSink } from './captureSink.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('frames that come without a pause are committed when it is time, though no timer has its turn', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const port = Object.assign(new EventEmitter(), { postMessage: () => {}, close: () => {} });
  let commits = 0;
  const writer = {
    written: { records: 0, rows: 0, bytes: 0 },
    postings: { live: false },
    apply: () => {},
    commit: () => {
      commits += 1;
    },
  } as unknown as RecordWriter;
  const sink = new CaptureSink(port as unknown as MessagePort, writer, 'w.hindcast', () => {});
  const frame = { rows: { buffer: new ArrayBuffer(0) }, blockBytes: new Uint8Array(0), postings: [] };
  for (let ms = 0; ms < 5_000; ms += 100) {
    port.emit('message', { kind: 'frame', frame });
    vi.advanceTimersByTime(100);
  }
  expect(commits).toBeGreaterThanOrEqual(3);
  expect(commits).toBeLessThanOrEqual(5);
  sink.close();
});
