// The bare loop: inserts rows that are decoded already, one thread, no Kafka in the time, no indexes; 16 KB pages, 20 rows
// a statement, 20,000 a transaction, as measured best for rows (performance of SQLite from JavaScript, not of Kafka).
import { rmSync } from 'node:fs';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { readPartitions } from '../../src/engine/kafka/fetchReader.ts';
import { rowHeaders, rowKey, rowValue } from '../../src/engine/kafka/recordColumns.ts';
import { scriptArguments, scriptResult } from './machine.ts';
import { BARE_COLUMNS, BARE_TABLE, openBare, ROWS_PER_TRANSACTION } from './rivals.ts';

const ROWS_PER_STATEMENT = 20;
const OFFSET_SPAN = 2 ** 40;
const PAGE_SIZE = 16_384;

const [bootstrap, topic, expected, file] = scriptArguments<[string, string, number, string]>();
const db = openBare(file, PAGE_SIZE);
db.pragma('cache_size = -65536');
db.exec(BARE_TABLE);
const places = `(${Array(BARE_COLUMNS).fill('?').join(',')})`;
const insert = db.prepare(`INSERT INTO event VALUES ${Array(ROWS_PER_STATEMENT).fill(places).join(',')}`);
const insertOne = db.prepare(`INSERT INTO event VALUES ${places}`);
const names = new Map<string, number>();
const numberOf = (name: string): number => {
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, names.size + 1);
  return names.size;
};

const cluster = await connectCluster({ brokers: bootstrap.split(','), clientId: 'hindcast-bench' });
const partitions = (await cluster.offsetsFor([topic])).map(({ partition, low, high }) => ({
  ...{ topic, partition, from: Number(low), to: Number(high) },
}));
let seconds = 0;
let stored = 0;
let open = 0;
for await (const { columns, partition } of readPartitions(cluster, { partitions })) {
  const rows: unknown[][] = [];
  for (let row = 0; row < columns.count; row++) {
    const value = rowValue(columns, row)!;
    const event = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString());
    rows.push([
      partition * OFFSET_SPAN + columns.offset[row]!,
      columns.timestamp[row]!,
      Date.parse(event.event_timestamp),
      numberOf(event.event_type),
      numberOf(event.aggregate_id),
      event.event_version,
      event.event_id,
      event.correlation_id,
      event.causation_id ?? null,
      rowKey(columns, row),
      value,
      rowHeaders(columns, row),
    ]);
  }
  // Only this is timed.
  const started = performance.now();
  for (let at = 0; at < rows.length; ) {
    if (open === 0) db.exec('BEGIN');
    if (rows.length - at >= ROWS_PER_STATEMENT) {
      insert.run(rows.slice(at, at + ROWS_PER_STATEMENT).flat());
      at += ROWS_PER_STATEMENT;
      open += ROWS_PER_STATEMENT;
    } else {
      insertOne.run(rows[at++]);
      open += 1;
    }
    if (open >= ROWS_PER_TRANSACTION) {
      db.exec('COMMIT');
      open = 0;
    }
  }
  seconds += (performance.now() - started) / 1000;
  stored += rows.length;
}
if (stored !== expected) throw new Error(`${stored} rows of ${expected}`);
const ending = performance.now();
if (open > 0) db.exec('COMMIT');
db.pragma('wal_checkpoint(TRUNCATE)');
seconds += (performance.now() - ending) / 1000;
db.close();
for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
scriptResult({ seconds });
