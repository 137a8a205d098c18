#!/usr/bin/env node
// A real Kafka from the command line, for trying things by hand and for the demo:
//   cli.mjs start --dir DIR [--port 19092] [--brokers 3] [--secure] [--set log.retention.ms=1000]
//   cli.mjs stop | kill N | restart N --dir DIR
//   cli.mjs tool TopicCommand --dir DIR -- --bootstrap-server 127.0.0.1:19092 --list
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attachKafka, brokerIds, startKafka } from './broker.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dir: { type: 'string' },
    port: { type: 'string', default: '19092' },
    brokers: { type: 'string', default: '1' },
    secure: { type: 'boolean', default: false },
    heap: { type: 'string', default: '512m' },
    set: { type: 'string', multiple: true, default: [] },
    clean: { type: 'boolean', default: false },
  },
});
const [command, argument, ...rest] = positionals;
const { dir } = values;
const usage =
  'usage: cli.mjs start | stop [--clean] | kill N | restart N | tool CLASS -- ARGS…   with --dir DIR';

if (dir === undefined || command === undefined) {
  console.error(usage);
  process.exit(2);
}
switch (command) {
  case 'start': {
    const settings = Object.fromEntries(values.set.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    const { secure, heap } = values;
    const kafka = await startKafka({
      ...{ dir, secure, heap, settings, keep: true },
      port: Number(values.port),
      brokers: Number(values.brokers),
    });
    const secureListeners = { SASL_PLAINTEXT: kafka.saslPlain, SSL: kafka.ssl, SASL_SSL: kafka.saslSsl };
    console.log(kafka.bootstrap);
    for (const [name, address] of Object.entries(secureListeners))
      if (address) console.log(`${name} ${address}`);
    if (kafka.certs) console.log(`certificates in ${join(kafka.dir, 'certs')}`);
    break;
  }
  case 'stop':
    await attachKafka(dir).stop();
    if (values.clean) rmSync(dir, { recursive: true, force: true });
    break;
  case 'kill':
    for (const id of argument ? [Number(argument)] : brokerIds(dir)) await attachKafka(dir).kill(id);
    break;
  case 'restart':
    for (const id of argument ? [Number(argument)] : brokerIds(dir)) await attachKafka(dir).restart(id);
    break;
  case 'tool':
    process.stdout.write(await attachKafka(dir).tool(argument ?? '', ...rest));
    break;
  default:
    console.error(usage);
    process.exitCode = 2;
}
