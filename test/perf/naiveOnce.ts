// What most people would write first: kafkajs consumer in a group → JSON.parse → better-sqlite3, one row a statement,
// 20,000 rows a transaction, the indexes afterwards. The time begins with the first message, so that the three seconds of
// joining the group are not counted.
import { rmSync } from 'node:fs';
import { addZstdToKafkajs, client } from './load.ts';
import { scriptArguments, scriptResult } from './machine.ts';
import { NAIVE_COLUMNS, NAIVE_INDEXES, NAIVE_TABLE, openBare, ROWS_PER_TRANSACTION } from './rivals.ts';

const [bootstrap, topic, events, file] = scriptArguments<[string, string, number, string]>();
addZstdToKafkajs();
const db = openBare(file);
db.exec(NAIVE_TABLE);
const insert = db.prepare(`INSERT INTO event VALUES (${Array(NAIVE_COLUMNS).fill('?').join(',')})`);
const consumer = client(bootstrap).consumer({
  // The coordinator of a busy, fresh broker is loaded late.
  retry: { retries: 15 },
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
          event.event_version,
          event.event_id,
          event.correlation_id,
          event.causation_id ?? null,
          key,
          value,
          JSON.stringify(Object.entries(headers ?? {}).map(([name, v]) => [name, String(v)])),
        );
        stored += 1;
        if (open === ROWS_PER_TRANSACTION) {
          db.exec('COMMIT');
          open = 0;
        }
      }
      if (stored >= events) done();
    },
  });
});
if (open > 0) db.exec('COMMIT');
for (const index of NAIVE_INDEXES) db.exec(index);
const seconds = (performance.now() - started) / 1000;
await consumer.disconnect();
db.close();
for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
scriptResult({ seconds });
