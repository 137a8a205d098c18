// What Hindcast is measured against, in the same run: kcat to /dev/null, and what most people would write first.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { client } from './load.ts';

/** Seconds that kcat needs to read `events` records and throw them away; null when kcat is not installed. */
export async function kcat(bootstrap: string, topic: string, events: number): Promise<number | null> {
  const started = performance.now();
  const args = [
    '-C',
    '-b',
    bootstrap,
    '-t',
    topic,
    '-o',
    'beginning',
    '-c',
    String(events),
    '-q',
    '-X',
    'fetch.wait.max.ms=5',
  ];
  const child = spawn('kcat', args, { stdio: 'ignore' });
  const status = await new Promise<number | null>((done) => {
    child.on('error', () => done(null));
    child.on('exit', (code) => done(code));
  });
  return status === 0 ? (performance.now() - started) / 1000 : null;
}

/**
 * kafkajs consumer in a group → JSON.parse → better-sqlite3, one row a statement, 20,000 rows a transaction, the same
 * facts as our columns as text, two indexes afterwards. The time begins with the first message, so that the three
 * seconds of joining the group are not counted.
 */
export async function naiveConsumer(
  bootstrap: string,
  topic: string,
  events: number,
  file: string,
): Promise<number> {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(`CREATE TABLE event (topic TEXT, partition INTEGER, offset INTEGER, ts INTEGER, occurred TEXT, type TEXT,
    aggregate_type TEXT, aggregate_id TEXT, event_id TEXT, correlation_id TEXT, causation_id TEXT, key BLOB, value BLOB,
    headers TEXT, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID`);
  const insert = db.prepare(`INSERT INTO event VALUES (${Array(14).fill('?').join(',')})`);
  const consumer = client(bootstrap).consumer({
    groupId: `naive-${Date.now()}`,
    maxBytesPerPartition: 1 << 20,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let started = 0;
  let stored = 0;
  let open = 0;
  await new Promise<void>((done, failed) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error));
    void consumer.run({
      eachBatch: async ({ batch }) => {
        started ||= performance.now();
        for (const { key, value, headers, offset, timestamp } of batch.messages) {
          const event = JSON.parse(value!.toString());
          if (open++ === 0) db.exec('BEGIN');
          insert.run(
            topic,
            batch.partition,
            Number(offset),
            Number(timestamp),
            event.event_timestamp,
            event.event_type,
            event.aggregate_type,
            event.aggregate_id,
            event.event_id,
            event.correlation_id,
            event.causation_id,
            key,
            value,
            JSON.stringify(Object.entries(headers ?? {}).map(([name, v]) => [name, String(v)])),
          );
          stored += 1;
          if (open === 20_000) {
            db.exec('COMMIT');
            open = 0;
          }
        }
        if (stored >= events) done();
      },
    });
  });
  if (open > 0) db.exec('COMMIT');
  db.exec('CREATE INDEX by_aggregate ON event (aggregate_id, ts); CREATE INDEX by_type ON event (type, ts)');
  const seconds = (performance.now() - started) / 1000;
  await consumer.disconnect();
  db.close();
  rmSync(file, { force: true });
  return seconds;
}
