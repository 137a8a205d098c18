import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { generateDemo } from '../../../test/fixtures/demo/generate.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { appendRecords } from '../capture/import.ts';
import { Dictionary } from '../store/dictionary.ts';
import { openForReading } from '../store/open.ts';
import { loadStream } from '../store/stream.ts';
import { openWorkspace } from '../store/workspace.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { byAggregate, StreamScan } from './streamScan.ts';

const dir = mkdtempSync(join(tmpdir(), 'hindcast-scan-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('every stream once, whole and in fold order, however much is read together and by how many', async () => {
  const demo = generateDemo({ events: 6000 });
  const file = join(dir, 'demo.hindcast');
  const workspace = await openWorkspace(file, { mode: 'create', log: () => {} });
  await appendRecords(
    workspace,
    demo.records.map(({ transaction, ...record }) => ({
      ...record,
      verdict: transaction === undefined || transaction.outcome === 'commit' ? 'committed' : 'aborted',
    })),
  );
  await workspace.close();
  const db = openForReading(file, { check: true });
  const context: ReadContext = {
    ...{ db, file, kind: 'workspace', revision: 1, cache: new LruCache(1e9), lasting: new Map() },
    dictionary: new Dictionary(db),
    throwIfAborted() {},
  };
  const types = db.prepare('SELECT DISTINCT type FROM aggregate').pluck().all() as string[];
  const aggregates = db.prepare('SELECT count(*) FROM aggregate').pluck().get() as number;
  const middle = demo.records[Math.floor(demo.records.length / 2)]!.timestamp;
  for (const [room, parts, cut] of [
    [96 * 2 ** 20, 1, { knownOn: null, trueOn: null }],
    // Less than most streams need: what does not fit is read one by one.
    [20_000, 2, { knownOn: middle, trueOn: null }],
    [300_000, 1, { knownOn: null, trueOn: middle }],
  ] as const) {
    const seen = new Set<string>();
    for (let part = 0; part < parts; part += 1) {
      const scan = new StreamScan(
        () => context,
        {
          grouping: byAggregate({ types, topics: null, part, parts }, cut),
          reading: { folders: null, concerns: () => true },
        },
        room,
      );
      for (const stream of scan.streams()) {
        if (stream === null) continue;
        const { ref, heads } = stream;
        seen.add(JSON.stringify(ref));
        const expected = cutStream(orderStream(loadStream(context, ref)), cut).events;
        expect(heads.map((_, index) => stream.event(index))).toEqual(expected);
      }
      expect(scan.progress.aggregates.done).toBe(scan.progress.aggregates.total);
    }
    expect(seen.size).toBe(aggregates);
  }
  db.close();
});
