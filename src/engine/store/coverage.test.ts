import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecordChunk } from '../capture/extract.ts';
import { FrameMaker } from '../capture/frameMaker.ts';
import { keepKey, keyFrame, unseenIn } from '../capture/keyFrames.ts';
import type { PartitionBegin } from '../capture/sinkMessages.ts';
import { allocateColumns, FLAG } from '../kafka/recordColumns.ts';
import { accountOut, accountsOf } from '../reads/account.ts';
import type { ReadContext } from '../workers/context.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { Dictionary } from './dictionary.ts';
import { MIGRATIONS } from './format.ts';
import { OFFSET_SPAN } from './ids.ts';
import { migrate } from './migrations.ts';
import { beginCapture } from './partitions.ts';
import { RecordBytes } from './recordBytes.ts';
import { RecordWriter } from './recordWriter.ts';
import { VERDICT } from './values.ts';

/** What lies at an offset of the made-up log. `open` settles as `ends` when the log's transactions close. */
type Slot = { kind: 'record' | 'marker' | 'gap' | 'open'; key: number; time: number; ends: 0 | 1 };

class Log {
  readonly slots: Slot[] = [];
  low = 0;
  incarnation = 1;
  /** Records before it are settled. */
  stable = 0;

  /** Numbers that tell the records of all logs apart. */
  bytesAt(offset: number): string {
    return `{"n":"${this.incarnation}/${offset}"}`;
  }

  append(slots: readonly Slot[]): void {
    this.slots.push(...slots);
    this.settle(false);
  }

  settle(all: boolean): void {
    const open = all ? -1 : this.slots.findIndex(({ kind }, at) => kind === 'open' && at >= this.stable);
    this.stable = open === -1 ? this.slots.length : open;
  }

  /** A part of the log as the reader gives it. */
  chunk(from: number, to: number): RecordChunk {
    const offsets = Array.from({ length: to - from }, (_, i) => from + i).filter(
      (at) => this.slots[at]!.kind !== 'gap',
    );
    const keys = offsets.map((at) => Buffer.from(`k${this.slots[at]!.key}`));
    const values = offsets.map((at) => Buffer.from(this.bytesAt(at)));
    const columns = allocateColumns(
      offsets.length,
      [...keys, ...values].reduce((sum, bytes) => sum + bytes.length, 0),
    );
    let at = 0;
    const put = (bytes: Buffer, start: Int32Array, length: Int32Array, row: number) => {
      columns.bytes.set(bytes, at);
      start[row] = at;
      length[row] = bytes.length;
      at += bytes.length;
    };
    const verdict = new Uint8Array(offsets.length);
    for (const [row, offset] of offsets.entries()) {
      const slot = this.slots[offset]!;
      columns.offset[row] = offset;
      columns.timestamp[row] = slot.time;
      columns.producerId[row] = -1n;
      columns.flags[row] = 2 << FLAG.magicShift;
      put(keys[row]!, columns.keyStart, columns.keyLength, row);
      put(values[row]!, columns.valueStart, columns.valueLength, row);
      columns.headersStart[row] = at;
      if (slot.kind === 'marker') verdict[row] = VERDICT.control;
      else if (slot.kind === 'open') verdict[row] = offset < this.stable ? slot.ends : VERDICT.open;
    }
    const logStart = this.low;
    return {
      columns: { ...columns, count: offsets.length },
      ...{ batches: null, verdict, problems: [], nextOffset: to, logStart },
      ...{ highWatermark: this.slots.length, lastStable: this.stable, removed: null },
    };
  }
}

const slot: fc.Arbitrary<Slot> = fc.record({
  kind: fc.constantFrom('record', 'record', 'record', 'marker', 'gap', 'open'),
  key: fc.integer({ min: 0, max: 2 }),
  time: fc.integer({ min: 1000, max: 1100 }),
  ends: fc.constantFrom(0 as const, 1 as const),
});
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('append' as const), slots: fc.array(slot, { maxLength: 25 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('recreate' as const, 'truncate' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('capture' as const),
      from: fc.constantFrom('go-on' as const, 'all' as const, 'range' as const),
      a: fc.double({ min: 0, max: 1, noNaN: true }),
      b: fc.double({ min: 0, max: 1, noNaN: true }),
      key: fc.option(fc.integer({ min: 0, max: 2 })),
      /** Frames until it is killed. */
      frames: fc.integer({ min: 0, max: 12 }),
      size: fc.integer({ min: 1, max: 9 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class World {
  readonly db = new Database(':memory:');
  readonly log = new Log();
  readonly writer: RecordWriter;
  lostFrom: number | null = null;

  constructor() {
    migrate(this.db, MIGRATIONS);
    this.db.prepare("INSERT INTO meta VALUES ('revision', 0)").run();
    this.writer = new RecordWriter(this.db, { beforeCommit() {}, committed() {} });
  }

  take(each: Step): void {
    const { log } = this;
    if (each.do === 'append') log.append(each.slots);
    else if (each.do === 'settle') log.settle(true);
    else if (each.do === 'delete') {
      log.low = Math.max(log.low, Math.floor(each.share * log.slots.length));
      if (log.stable < log.low) log.stable = log.low;
    } else if (each.do === 'capture') this.#capture(each);
    else {
      // A log that lost its end or began anew; other bytes tell them apart.
      log.incarnation += 1;
      const kept = each.do === 'truncate' ? Math.floor(log.slots.length / 2) : 0;
      if (each.do === 'truncate') this.lostFrom = Math.min(this.lostFrom ?? kept, kept);
      else this.lostFrom = null;
      this.id = each.do === 'recreate' ? `id-${log.incarnation}` : this.id;
      log.slots.length = kept;
      log.low = each.do === 'recreate' ? 0 : Math.min(log.low, kept);
      log.stable = 0;
      log.settle(false);
    }
  }

  id = 'id-1';

  #capture({ from, a, b, key, frames, size }: Extract<Step, { do: 'capture' }>): void {
    const { log, writer } = this;
    const high = log.slots.length;
    const at = [a, b].map((share) => Math.floor(share * (high + 1))).sort((x, y) => x - y);
    const asked: PartitionBegin = {
      ...{ topic: 't', partition: 0, low: log.low, high },
      askedFrom: from === 'go-on' ? null : from === 'all' ? 0 : at[0]!,
      ...(from === 'range' ? { askedTo: at[1]! } : {}),
      lostFrom: this.lostFrom,
    };
    this.lostFrom = null;
    const wanted = key === null ? null : Buffer.from(`k${key}`);
    const topics = [{ name: 't', kafkaId: this.id }];
    const plan = beginCapture(writer, {
      ...{ clusterId: 'c', topics, partitions: [asked], at: 1, key: wanted },
    });
    writer.commit();
    const maker = new FrameMaker(this.db, () => {});
    const [cursor] = maker.cursorsOf(plan);
    let left = frames;
    for (const { from: start, to, mono, key: only } of plan.partitions[0]!.work) {
      cursor!.position = start;
      cursor!.mono = Math.max(cursor!.mono, mono ?? Number.NEGATIVE_INFINITY);
      for (let position = start; position < to && left > 0; left--) {
        // As a broker does: settled records first, open ones in a request of their own.
        const limit = position < log.stable ? Math.min(to, log.stable) : to;
        const chunk = log.chunk(position, Math.min(position + size, limit));
        const frame =
          only === null
            ? maker.frame(chunk, cursor!)
            : keyFrame(maker.frame(keepKey(chunk, only), cursor!), only, unseenIn(chunk, position));
        writer.apply(frame);
        position = chunk.nextOffset;
      }
      if (left === 0) break;
    }
    writer.commit();
  }

  check(): void {
    const { db } = this;
    const context = { db, cache: new LruCache(1), dictionary: new Dictionary(db) } as unknown as ReadContext;
    const bytes = new RecordBytes(db);
    for (const account of accountsOf(context)) {
      const out = accountOut(account);
      const n = (name: keyof typeof out) => Number(out[name]);
      const { no } = account.row;
      expect(n('unaccounted')).toBe(0);
      expect(n('stored') + n('control') + n('absent') + n('retention') + n('unreadable') + n('notRead')).toBe(
        n('asked'),
      );
      expect(n('beforeWorkspace') + n('asked') + n('notAsked')).toBe(n('end'));
      expect(n('committed') + n('aborted') + n('open')).toBe(n('stored') + n('keptByKey'));
      for (const name of [
        'stored',
        'control',
        'absent',
        'retention',
        'notRead',
        'notAsked',
        'keptByKey',
        'open',
      ] as const)
        expect(n(name)).toBeGreaterThanOrEqual(0);
      // The counters are what is in the tables.
      const rows = db
        .prepare('SELECT id, mono, verdict FROM record WHERE id >= ? AND id < ? ORDER BY id')
        .all(no * OFFSET_SPAN, (no + 1) * OFFSET_SPAN) as { id: number; mono: number; verdict: number }[];
      const of = (verdict: number) => rows.filter((row) => row.verdict === verdict).length;
      expect([of(VERDICT.control), of(VERDICT.aborted), of(VERDICT.open), rows.length]).toEqual([
        n('control'),
        n('aborted'),
        n('open'),
        n('stored') + n('keptByKey') + n('control'),
      ]);
      // Recorded time never falls inside a partition.
      const times = rows.filter(({ verdict }) => verdict !== VERDICT.control).map(({ mono }) => mono);
      expect(times).toEqual([...times].sort((x, y) => x - y));
      // Everything that is stored can be read, and logs are not mixed.
      const seen = new Set(
        rows.map(({ id }) => JSON.parse(Buffer.from(bytes.body(id).value!).toString()).n.split('/')[0]),
      );
      if (account.row.aside === null && rows.length > 0)
        for (const row of rows.filter(({ verdict }) => verdict !== VERDICT.open))
          expect(row.id % OFFSET_SPAN).toBeLessThan(account.row.next);
      expect(seen.size).toBeLessThanOrEqual(this.log.incarnation);
    }
  }

  /** The log of now, asked for as a whole, is there as a whole. */
  checkWhole(): void {
    this.take({ do: 'capture', from: 'all', a: 0, b: 0, key: null, frames: 1000, size: 7 });
    this.check();
    const { db, log } = this;
    const context = { db, cache: new LruCache(1), dictionary: new Dictionary(db) } as unknown as ReadContext;
    const account = accountsOf(context).find(({ row }) => row.topic === 't')!;
    expect(account.notRead).toBe(0);
    expect(account.askedCount).toBe(account.end - account.row.first);
    const base = account.row.no * OFFSET_SPAN;
    const bytes = new RecordBytes(db);
    const verdictOf = db.prepare('SELECT verdict FROM record WHERE id = ?').pluck();
    log.slots.forEach((each, offset) => {
      if (offset < log.low || each.kind === 'gap') return;
      expect(Buffer.from(bytes.body(base + offset).value!).toString()).toBe(log.bytesAt(offset));
      const open = offset < log.stable ? each.ends : VERDICT.open;
      const verdict =
        each.kind === 'marker' ? VERDICT.control : each.kind === 'open' ? open : VERDICT.committed;
      expect(verdictOf.get(base + offset)).toBe(verdict);
    });
  }
}

test('after any history of captures every offset is in exactly one class', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 18 }), (steps) => {
      const world = new World();
      for (const each of steps) {
        world.take(each);
        world.check();
      }
      world.checkWhole();
    }),
    { numRuns: 200 },
  );
});
