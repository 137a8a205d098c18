// Starts the demo's Kafka, loads it the first time, saves a connection to it and opens the app; ends with the app.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/app.ts';
import { createNodeHost } from '../src/headless/nodeHost.ts';
import { generateDemo } from '../test/fixtures/demo/generate.ts';
import { produceDemo } from '../test/fixtures/demo/produce.ts';
import { kafkaAvailable, startKafka } from '../test/kafka/broker.ts';

const folder = process.argv[2]!;
const loaded = join(folder, 'loaded');
const dataDir = join(folder, 'data');
const say = (text: string): void => void process.stderr.write(`${text}\n`);

// kafkajs' request queue asks for a negative delay: its own, harmless fault; only that warning is silenced.
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name !== 'TimeoutNegativeWarning' && console.error(warning));

const available = kafkaAvailable();
if (!available.ok) {
  say(`No Kafka can run here: ${available.reason}. To have one: ${available.fix}`);
  process.exit(1);
}
mkdirSync(dataDir, { recursive: true, mode: 0o700 });
say('Starting Kafka …');
const kafka = await startKafka({ dir: join(folder, 'kafka') });
if (!existsSync(loaded)) {
  say('Loading the demo data (about ten seconds) …');
  const { records, milliseconds } = await produceDemo(kafka.bootstrap, generateDemo({}));
  say(`${records.toLocaleString('en-US')} records in ${(milliseconds / 1000).toFixed(1)} s.`);
  writeFileSync(loaded, kafka.bootstrap);
}
const host = createNodeHost({ dataDir, door: 'browser', version: '0', restarts: 0, demoRecording: null });
const engine = await createEngine(host);
const context = { signal: new AbortController().signal, traceId: 'demo' };
const saved = await engine.services.connections.list({}, context);
const connection = {
  id: saved.find(({ name }) => name === 'demo')?.id ?? null,
  name: 'demo',
  brokers: [kafka.bootstrap],
  environment: 'development' as const,
  tls: null,
  sasl: null,
};
await engine.services.connections.save({ connection, secrets: {} }, context);
await engine.close();

say(`Kafka runs on ${kafka.bootstrap}; the connection is called “demo”. Ctrl-C ends both.`);
const app = spawn(process.execPath, [join(import.meta.dirname, '../bin/hindcast.mjs')], {
  stdio: 'inherit',
  env: { ...process.env, HINDCAST_DATA_DIR: dataDir },
});
// Ctrl-C on a terminal reaches the app by itself; passed on as well it would be a second request.
const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
process.on('SIGINT', () => onTerminal || app.kill('SIGINT'));
process.on('SIGTERM', () => app.kill('SIGTERM'));
app.on('exit', async (code) => {
  await kafka.stop();
  process.exit(code ?? 0);
});
