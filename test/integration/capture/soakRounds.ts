// Rounds of SIGKILL: an engine in a process of its own is killed at random moments while it captures, while it replays
// a projection and while it compacts the file. After each kill it must come up with all that readers had seen; once a
// workspace is whole, it is compared with what Kafka's own console consumer reads, and a new one is begun.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { runJob } from '../../../src/headless/progress.ts';
import { type Session, withSession } from '../../../src/headless/session.ts';
import type { Random } from '../../fixtures/demo/random.ts';
import type { KafkaHandle } from '../../kafka/broker.ts';
import { untilItWorks } from '../../kafka/patience.ts';
import { programOf } from '../../setup/bundled.ts';
import { consoleRead, createTopic, writerTo } from '../kafka/support.ts';

export type Work = 'capture' | 'replay' | 'compact';

interface Held {
  partition: number;
  next: number;
  asked: number;
  /** Offsets in one of the classes; equal to `asked`, always. */
  accounted: number;
  complete: boolean;
}
/** What the child tells: what readers see, and that a piece of work is done. */
export type Said = { kind: 'held'; partitions: Held[] } | { kind: 'done' };

const child = programOf(new URL('./soakChild.ts', import.meta.url));
const TOPIC = 'soak.savings';
const PARTITIONS = 3;
const ACCOUNTS = 400;
const BATCH = 2_000;
/** Every so many batches one is a transaction; every second of those is aborted. */
const TRANSACTION_EVERY = 7;
/** Rounds of a workspace after it is captured. */
const REPLAYS = 3;
const COMPACTIONS = 3;
/**
 * Most milliseconds that a capture is let run: less than, about, and more than what lies between two commits. It grows
 * with each kill, so that a slow machine comes to the end, too.
 */
const CAPTURE_MS = [250, 700, 700, 1_500] as const;
/** How many are killed before their first word, and in how many milliseconds from their start. */
const EARLY_SHARE = 0.15;
const EARLY_MS = 800;
/** A capture is given up as stuck after this many kills. */
const MOST_CAPTURES = 200;

export interface SoakOptions {
  rounds: number;
  /** Records of the topic, each captured anew in every workspace. */
  records: number;
  random: Random;
  kafka: KafkaHandle;
  /** `startMs`: from the start of the process to its first answer; null when it was killed before. */
  onRound?: (round: number, work: Work, startMs: number | null) => void;
}

export interface SoakResult {
  rounds: Record<Work, number>;
  /** Workspaces that were filled, and compared with the broker. */
  workspaces: number;
  /** Milliseconds from the start of a process on a killed workspace to its first answer, sorted. */
  starts: number[];
}

interface Expected {
  /** Hash of offset, key and value of each committed record by partition, as Kafka's console consumer reads them. */
  digest: string;
  committed: number;
  /** Cents by account. */
  balances: Map<string, bigint>;
}

/** @throws Error with what was lost, doubled or wrong, and in which round */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { kafka, random, rounds } = options;
  const dir = mkdtempSync(join(tmpdir(), 'hindcast-soak-'));
  const before = process.env.HINDCAST_DATA_DIR;
  process.env.HINDCAST_DATA_DIR = join(dir, 'data');
  const result: SoakResult = { rounds: { capture: 0, replay: 0, compact: 0 }, workspaces: 0, starts: [] };
  let round = 0;
  try {
    const expected = await load(kafka, options.records);
    await keepCode(dir);
    while (round < rounds) {
      const life = join(dir, `life-${result.workspaces}`);
      mkdirSync(life);
      const file = join(life, 'soak.hindcast');
      let seen: Held[] = [];
      const kill = async (work: Work, mostMs: number): Promise<boolean> => {
        // Now and then while it is still starting: a workspace that was killed is repaired there.
        const early = random.chance(EARLY_SHARE);
        const moment = { early, ms: random.int(0, early ? EARLY_MS : Math.round(mostMs)) };
        const args = [work, file, kafka.bootstrap, TOPIC];
        const ran = await runAndKill(args, moment, { dir, seen });
        seen = ran.seen;
        result.rounds[work]++;
        if (ran.startMs !== null && round > 0) result.starts.push(ran.startMs);
        options.onRound?.(round, work, ran.startMs);
        round++;
        return ran.done;
      };
      try {
        for (let tries = 0; !(await kill('capture', random.pick(CAPTURE_MS) * (1 + tries / 10))); tries++)
          if (tries > MOST_CAPTURES) throw new Error('the capture never ends');
        for (let each = 0; each < REPLAYS; each++) await kill('replay', 1_500);
        for (let each = 0; each < COMPACTIONS; each++) await kill('compact', 1_000);
        await compare(file, expected);
      } catch (error) {
        throw new Error(`round ${round}: ${(error as Error).message}`, { cause: error });
      }
      rmSync(life, { recursive: true });
      rmSync(process.env.HINDCAST_DATA_DIR, { recursive: true, force: true });
      result.workspaces++;
    }
    result.starts.sort((a, b) => a - b);
    return result;
  } finally {
    if (before === undefined) delete process.env.HINDCAST_DATA_DIR;
    else process.env.HINDCAST_DATA_DIR = before;
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What an engine that is killed runs on: the code without its types, as a build has it. */
const environment = (dir: string) => ({ ...process.env, NODE_COMPILE_CACHE: join(dir, 'code') });

/** Taking the types out of the sources is half of a start, and only what ends by itself keeps the result. */
async function keepCode(dir: string): Promise<void> {
  const args = [child, 'start', join(dir, 'first.hindcast'), '', ''];
  const first = spawn(process.execPath, args, {
    env: environment(dir),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(first, 'close');
  if (code !== 0) throw new Error(`the engine does not start (${code})`);
}

/** Starts the child, kills it `ms` after its start (early) or after its first word, and checks everything it said against what was seen before. */
function runAndKill(
  args: string[],
  moment: { early: boolean; ms: number },
  before: { dir: string; seen: Held[] },
): Promise<{ seen: Held[]; done: boolean; startMs: number | null }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const running = spawn(process.execPath, [child, ...args], {
      env: environment(before.dir),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let { seen } = before;
    let startMs: number | null = null;
    let done = false;
    let trouble = '';
    const stop = () => running.kill('SIGKILL');
    if (moment.early) setTimeout(stop, moment.ms);
    running.stderr.on('data', (chunk) => {
      trouble += chunk;
    });
    createInterface({ input: running.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      if (said.kind === 'done') {
        done = true;
        return;
      }
      if (startMs === null) {
        startMs = performance.now() - started;
        if (!moment.early) setTimeout(stop, moment.ms);
      }
      try {
        seen = advanced(seen, said.partitions);
      } catch (error) {
        stop();
        reject(error);
      }
    });
    running.on('close', (code, signal) =>
      signal === 'SIGKILL'
        ? resolve({ seen, done: done && seen.length > 0 && seen.every(({ complete }) => complete), startMs })
        : reject(new Error(`the engine ended by itself (${code}): ${trouble}`)),
    );
  });
}

/** The later of two views of the workspace. @throws Error when something is gone or does not add up */
function advanced(before: Held[], now: Held[]): Held[] {
  for (const { partition, asked, accounted } of now)
    if (asked !== accounted)
      throw new Error(`partition ${partition}: ${asked} offsets asked, ${accounted} accounted for`);
  for (const { partition, next } of before) {
    const later = now.find((each) => each.partition === partition)?.next ?? 0;
    if (later < next) throw new Error(`partition ${partition} stood at ${next} and stands at ${later}`);
  }
  return now;
}

/** Writes the topic and reads it back with Kafka's own console consumer. */
async function load(kafka: KafkaHandle, records: number): Promise<Expected> {
  await createTopic(kafka, TOPIC, { partitions: PARTITIONS });
  const messageOf = (n: number) => ({
    key: `SA-${n % ACCOUNTS}`,
    value: `{"event_id":"e-${n}","event_type":"DepositMade","aggregate_type":"SavingsAccount","aggregate_id":"SA-${n % ACCOUNTS}","aggregate_version":${Math.floor(n / ACCOUNTS) + 1},"event_timestamp":"2025-01-01T00:00:00Z","event_data":{"amount":${amountOf(n)},"note":"${'x'.repeat(120)}"}}`,
  });
  const client = writerTo(kafka);
  const producer = client.producer();
  const transactional = client.producer({
    transactionalId: 'soak',
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await Promise.all([producer.connect(), transactional.connect()]);
  let written = 0;
  for (let from = 0, batch = 0; from < records; from += BATCH, batch++) {
    const messages = Array.from({ length: Math.min(BATCH, records - from) }, (_, i) => messageOf(from + i));
    if (batch % TRANSACTION_EVERY !== TRANSACTION_EVERY - 1) {
      await producer.send({ topic: TOPIC, messages });
      written += messages.length;
      continue;
    }
    const transaction = await untilItWorks(() => transactional.transaction());
    await transaction.send({ topic: TOPIC, messages });
    if (batch % 2 === 0) await transaction.abort();
    else {
      await transaction.commit();
      written += messages.length;
    }
  }
  await Promise.all([producer.disconnect(), transactional.disconnect()]);
  const digest = createHash('sha256');
  const balances = new Map<string, bigint>();
  let committed = 0;
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const seen = await Promise.all(partitions.map((partition) => consoleRead(kafka, TOPIC, partition)));
  for (const { partition, offset, key, value } of seen.flat()) {
    digest.update(`${partition}/${offset}/${key}/${value}\n`);
    const { event_id } = JSON.parse(value!) as { event_id: string };
    const cents = BigInt(amountOf(Number(event_id.slice(2))).replace('.', ''));
    balances.set(key!, (balances.get(key!) ?? 0n) + cents);
    committed++;
  }
  if (committed !== written)
    throw new Error(`${written} records were committed, the console consumer read ${committed}`);
  return { digest: digest.digest('hex'), committed, balances };
}

const amountOf = (n: number): string => `${(n % 97) + 1}.${String(n % 100).padStart(2, '0')}`;

/** What a workspace holds must be what the console consumer saw, and its projection the sum of it. */
async function compare(file: string, expected: Expected): Promise<void> {
  await withSession({ transient: false }, async (session) => {
    await session.openFile(file, 'open');
    const { badge } = await session.services.workspace.coverage({ topics: null }, session.context);
    if (badge.state !== 'complete') throw new Error(`the coverage says: ${badge.summary}`);
    const records = await ask(
      session,
      `SELECT "partition", "offset", key, value FROM events WHERE verdict = 'committed' ORDER BY 1, 2`,
    );
    const digest = createHash('sha256');
    for (const row of records) digest.update(`${row.join('/')}\n`);
    if (records.length !== expected.committed)
      throw new Error(
        `${records.length} committed records are stored, ${expected.committed} are on the broker`,
      );
    if (digest.digest('hex') !== expected.digest)
      throw new Error('offsets, keys or values differ from those on the broker');
    await runJob(session, () =>
      session.services.projections.run({ name: 'savings_account', rebuild: false }, session.context),
    );
    const rows = await ask(session, 'SELECT key, balance FROM savings_account');
    if (rows.length !== expected.balances.size)
      throw new Error(`the projection has ${rows.length} rows for ${expected.balances.size} accounts`);
    for (const [key, balance] of rows) {
      const cents = BigInt(Number(balance).toFixed(2).replace('.', ''));
      if (cents !== expected.balances.get(key!))
        throw new Error(
          `the projection says ${balance} for ${key}, the events say ${expected.balances.get(key!)} cents`,
        );
    }
  });
}

/** Rows as text. */
async function ask(session: Session, sql: string): Promise<string[][]> {
  const { rows } = await session.services.sql.run(
    { sql, cut: { knownOn: null, trueOn: null }, limit: Number.POSITIVE_INFINITY },
    { signal: session.signal, maxBytes: null, timeoutMs: 120_000 },
  );
  return rows.map((row) =>
    row.map((cell) => {
      if (cell === null || typeof cell !== 'object') return String(cell);
      return 'integer' in cell ? cell.integer : 'decimal' in cell ? cell.decimal : cell.base64;
    }),
  );
}
