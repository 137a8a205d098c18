// Another program that writes events at a steady rate until it is told to end. Arguments: brokers, topic, events a second.
// Prints how many the broker has acknowledged.
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';

const [brokers, topic, rate] = process.argv.slice(2) as [string, string, string];
const TICK_MS = 20;
const AGGREGATES = 20_000;
const MOST_AT_ONCE = 1_000;
/** kafkajs' request queue asks for a negative delay: its own, harmless fault, and only that warning is silenced. */
process.removeAllListeners('warning');
process.on('warning', (warning) => warning.name !== 'TimeoutNegativeWarning' && console.error(warning));

const producer = new Kafka({
  brokers: brokers.split(','),
  clientId: 'bank',
  logLevel: logLevel.ERROR,
}).producer();
await producer.connect();
const pad = 'x'.repeat(60);

function event(n: number) {
  const account = `acc-${n % AGGREGATES}`;
  const value = JSON.stringify({
    event_id: randomUUID(),
    event_type: n % 3 === 0 ? 'DepositMade' : 'InterestPosted',
    aggregate_type: 'SavingsAccount',
    aggregate_id: account,
    event_data: { amount: n % 1000, currency: 'AUD', text: pad },
    correlation_id: randomUUID(),
    event_timestamp: new Date().toISOString(),
  });
  return { key: account, value, headers: { 'x-tenant': 'tenant-123', source: 'ultracore-api' } };
}

let isEnding = false;
process.on('SIGTERM', () => {
  isEnding = true;
});
let sent = 0;
const started = performance.now();
while (!isEnding) {
  // After a delay of the machine it catches up in parts that a broker takes.
  const due = Math.min(
    Math.floor(((performance.now() - started) / 1000) * Number(rate)),
    sent + MOST_AT_ONCE,
  );
  if (due > sent) {
    const messages = Array.from({ length: due - sent }, (_, i) => event(sent + i));
    sent = due;
    await producer.send({ topic, messages });
  }
  await new Promise((done) => setTimeout(done, TICK_MS));
}
await producer.disconnect();
process.stdout.write(`${sent}\n`);
