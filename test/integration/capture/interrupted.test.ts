import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { programOf } from '../../setup/bundled.ts';
import { createTopic, writerTo } from '../kafka/support.ts';
import { capture, coverageOf, create, storedRows, temporaryPlace } from './support.ts';

const TOPIC = 'interrupted';
const RECORDS = 120_000;
const PARTITIONS = 3;
const child = programOf(new URL('./captureForever.ts', import.meta.url));

/** Runs the child and kills it `ms` after it has stored for the first time. */
function runAndKill(args: string[], ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let trouble = '';
    running.stderr.on('data', (chunk) => {
      trouble += chunk;
    });
    running.stdout.once('data', () => setTimeout(() => running.kill('SIGKILL'), ms));
    running.on('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended by itself (${code}): ${trouble}`)),
    );
  });
}

describeKafka('a capture that is interrupted', () => {
  const place = temporaryPlace();
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await startKafka();
    await createTopic(kafka, TOPIC, { partitions: PARTITIONS });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (let start = 0; start < RECORDS; start += 4000)
      await producer.send({
        topic: TOPIC,
        messages: Array.from({ length: 4000 }, (_, i) => ({
          key: `acc-${(start + i) % 500}`,
          partition: (start + i) % PARTITIONS,
          value: `{"event_id":"e${start + i}","event_type":"DepositMade","aggregate_type":"Account","aggregate_id":"acc-${(start + i) % 500}","event_data":{"n":${start + i},"pad":"${'x'.repeat(300)}"},"event_timestamp":"2025-01-01T00:00:00Z"}`,
        })),
      });
    await producer.disconnect();
  });
  afterAll(async () => {
    await kafka?.stop();
    await place.remove();
  });

  /** Every record once, in its place. */
  function expectWhole(file: string): void {
    const rows = storedRows(file, TOPIC);
    expect(rows.length).toBe(RECORDS);
    for (const row of rows) {
      const { n } = (JSON.parse(row.value!) as { event_data: { n: number } }).event_data;
      if (n % PARTITIONS !== row.partition || Math.floor(n / PARTITIONS) !== row.offset)
        throw new Error(`record ${n} is stored at ${row.partition}/${row.offset}`);
    }
  }

  test('by SIGKILL, again and again: nothing is lost, nothing doubled', async () => {
    const file = place.file('killed');
    let before = 0;
    for (const ms of [5, 60, 150]) {
      await runAndKill([file, kafka.bootstrap, TOPIC], ms);
      const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
      const { partitions } = await coverageOf(workspace, TOPIC);
      const stored = partitions.reduce((sum, each) => sum + each.stored, 0);
      expect(stored).toBeGreaterThanOrEqual(before);
      before = stored;
      await workspace.close();
      expect(storedRows(file, TOPIC).length).toBe(stored);
    }
    const workspace = await openWorkspace(file, { mode: 'open', log: () => {} });
    expect(await capture(workspace, kafka, [TOPIC])).toMatchObject({
      status: 'complete',
      stored: RECORDS - before,
    });
    const { badge } = await coverageOf(workspace, TOPIC);
    expect(badge.state).toBe('complete');
    expect((await workspace.read('aggregates.types', {}))[0]).toEqual({
      type: 'Account',
      aggregates: 500,
      events: RECORDS,
    });
    await workspace.close();
    expectWhole(file);
  });

  test('by its user: what was read is kept, and the next capture goes on there', async () => {
    const file = place.file('cancelled');
    const workspace = await create(file);
    const abort = new AbortController();
    const outcome = await capture(workspace, kafka, [TOPIC], {
      signal: abort.signal,
      onProgress: ({ stored }) => {
        if (stored > 0) abort.abort();
      },
    });
    expect(outcome.status).toBe('cancelled');
    expect(outcome.stored).toBeGreaterThan(0);
    const { partitions, badge } = await coverageOf(workspace, TOPIC);
    const stored = partitions.reduce((sum, each) => sum + each.stored, 0);
    expect(stored).toBe(outcome.stored);
    if (stored < RECORDS) expect(badge.summary).toContain('not read yet');
    expect(await capture(workspace, kafka, [TOPIC])).toMatchObject({
      status: 'complete',
      stored: RECORDS - stored,
    });
    await workspace.close();
    expectWhole(file);
  });

  test('by a broker that dies and comes back: it goes on by itself and ends complete', async () => {
    const file = place.file('broker');
    const workspace = await create(file);
    let killed: Promise<void> | null = null;
    const outcome = await capture(workspace, kafka, [TOPIC], {
      onProgress: ({ stored, phase }) => {
        if (stored > 0 && phase === 'reading') killed ??= kafka.kill(1).then(() => kafka.restart(1));
      },
    });
    await killed;
    expect(killed).not.toBeNull();
    expect(outcome).toMatchObject({ status: 'complete', stored: RECORDS });
    await workspace.close();
    expectWhole(file);
  });
});
