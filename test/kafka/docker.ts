// One open broker in Docker, for machines without Java. Several brokers and the secure listeners need Java.
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { type KafkaHandle, type KafkaOptions, runUntil } from './broker.ts';
import { KAFKA_VERSION } from './jars.ts';

const run = promisify(execFile);

const freePort = () =>
  new Promise<number>((done) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

/** Starts `apache/kafka` in a container; `dir` is ignored, data lives and dies with the container. */
export async function startDockerKafka(options: KafkaOptions): Promise<KafkaHandle> {
  if (options.secure || (options.brokers ?? 1) > 1)
    throw new Error(
      'A secure or three-broker test cluster needs Java 17 and Maven; Docker starts one open broker',
    );
  const port = typeof options.port === 'number' ? options.port : await freePort();
  const name = `hindcast-kafka-${process.pid}-${port}`;
  const settings: Record<string, string | number | boolean> = {
    'node.id': 1,
    'process.roles': 'broker,controller',
    'controller.quorum.voters': '1@localhost:9093',
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://localhost:9093`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    ...options.settings,
  };
  const environment = Object.entries(settings).flatMap(([key, value]) => [
    '-e',
    `KAFKA_${key.toUpperCase().replaceAll('.', '_')}=${value}`,
  ]);
  const docker = async (...args: string[]) => (await run('docker', args, { maxBuffer: 1 << 30 })).stdout;
  await docker(
    'run',
    '-d',
    '--name',
    name,
    '-p',
    `127.0.0.1:${port}:${port}`,
    ...environment,
    `apache/kafka:${KAFKA_VERSION}`,
  );
  const remove = () => void execFile('docker', ['rm', '-f', name], () => {});
  process.once('exit', remove);

  const className = (main: string) => (main.includes('.') ? main : `org.apache.kafka.tools.${main}`);
  const toolArgs = (main: string, args: string[]) => [
    name,
    '/opt/kafka/bin/kafka-run-class.sh',
    className(main),
    ...args,
  ];
  const tool = (main: string, ...args: string[]) => docker('exec', ...toolArgs(main, args));
  const untilUp = async () => {
    for (let attempt = 0; ; attempt++) {
      try {
        await tool('TopicCommand', '--bootstrap-server', `127.0.0.1:${port}`, '--list');
        return;
      } catch (error) {
        if (attempt === 30) throw error;
      }
    }
  };
  await untilUp();
  return {
    bootstrap: `127.0.0.1:${port}`,
    saslPlain: null,
    ssl: null,
    saslSsl: null,
    certs: null,
    dir: '',
    kill: async () => void (await docker('kill', name)),
    restart: async () => {
      await docker('start', name);
      await untilUp();
    },
    freeze: () => void execFile('docker', ['pause', name]),
    thaw: () => void execFile('docker', ['unpause', name]),
    tool,
    toolUntil: (isEnough, main, ...args) => runUntil(isEnough, 'docker', ['exec', ...toolArgs(main, args)]),
    toolWithInput: (main, input, ...args) =>
      new Promise((done, fail) => {
        const child = execFile(
          'docker',
          ['exec', '-i', ...toolArgs(main, args)],
          { maxBuffer: 1 << 30 },
          (error, out) => (error === null ? done(out) : fail(error)),
        );
        child.stdin!.end(input);
      }),
    stop: async () => {
      process.removeListener('exit', remove);
      await docker('rm', '-f', name);
    },
  };
}
