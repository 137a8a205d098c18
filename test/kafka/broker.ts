// Starts a real Apache Kafka (KRaft) on 127.0.0.1 for tests, benchmarks and the demo.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectCluster } from '../../src/engine/kafka/clusterClient.ts';
import { makeCertificates } from './certificates.ts';
import { startDockerKafka } from './docker.ts';
import { kafkaAvailable, kafkaClasspath } from './jars.ts';
import { type BrokerPorts, serverProperties, USERS } from './settings.ts';

export { type KafkaAvailability, kafkaAvailable } from './jars.ts';

export interface KafkaOptions {
  /** Adds SASL_PLAINTEXT, SSL (client certificate required) and SASL_SSL listeners, users and ACLs. */
  secure?: boolean;
  /** 1 (default) to 3. Broker 1 is also the controller: do not kill that one when there are others. */
  brokers?: number;
  /** Broker settings that differ, e.g. `{ 'log.retention.ms': 1000 }`. */
  settings?: Record<string, string | number | boolean>;
  /** First port of the plaintext listeners, or 'free' (default): the system chooses. */
  port?: number | 'free';
  /** Folder for data and logs; a start on an old one goes on with its data. Default: a temporary one, removed at stop. */
  dir?: string;
  /** The brokers outlive this process (command line); default: they die with it, however it ends. */
  keep?: boolean;
  /** Java heap of each broker. */
  heap?: string;
  /**
   * Java compiles what runs often once more, better: for measurements and brokers that live long. Without it a start
   * takes half of the processor.
   */
  optimized?: boolean;
}

export interface KafkaHandle {
  /** host:port list of the plaintext listeners. */
  bootstrap: string;
  /** host:port of broker 1's secure listeners; null on an open cluster. */
  saslPlain: string | null;
  ssl: string | null;
  saslSsl: string | null;
  /** PEM files of a secure cluster. */
  certs: { ca: string; clientCert: string; clientKey: string } | null;
  dir: string;
  /** SIGKILL one broker. */
  kill(id: number): Promise<void>;
  /** Starts a killed or stopped broker on its old ports and data; it leads partitions again when this is over. */
  restart(id: number): Promise<void>;
  /** SIGSTOP: the broker keeps its sockets and says nothing. */
  freeze(id: number): void;
  thaw(id: number): void;
  /** Runs a class of org.apache.kafka.tools (or a full class name) and returns what it printed. */
  tool(main: string, ...args: string[]): Promise<string>;
  /** The same, but ended as soon as `isEnough` says so of what was printed so far; it is asked ten times a second. */
  toolUntil(isEnough: (printed: string) => boolean, main: string, ...args: string[]): Promise<string>;
  /** The same with text on its standard input. */
  toolWithInput(main: string, input: string | Uint8Array, ...args: string[]): Promise<string>;
  /** Ends all brokers and removes a temporary folder. */
  stop(): Promise<void>;
}

/** The password of a test user (`admin`, `reader`, `writer`). */
export const passwordOf = (user: (typeof USERS)[number]) => `${user}-secret`;

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Of each worker of a test run; two that start brokers at once never take the same ports. */
const PORTS_OF_WORKER = 1_000;

/**
 * Ports that were free a moment ago, below those that systems give to outgoing connections: any of them could take such a
 * port in the seconds until a broker listens there, or between its death and its return.
 */
export async function freePorts(count: number): Promise<number[]> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % 17;
  const first = 15_000 + worker * PORTS_OF_WORKER;
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = first + Math.floor(Math.random() * PORTS_OF_WORKER);
    const isFree = await new Promise<boolean>((done) => {
      const server = createServer();
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) ports.add(port);
  }
  return [...ports];
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(
      existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '',
    );
  } catch {
    return false;
  }
};

interface Layout {
  clusterId: string;
  secure: boolean;
  brokers: { id: number; ports: BrokerPorts }[];
  controllerPort: number;
}

async function plan(options: KafkaOptions): Promise<Layout> {
  const count = options.brokers ?? 1;
  const perBroker = options.secure ? 4 : 1;
  const { port: first } = options;
  const ports =
    typeof first === 'number'
      ? Array.from({ length: count * perBroker + 1 }, (_, i) => first + i)
      : await freePorts(count * perBroker + 1);
  // Who names the first port chose none for the controller: what is beside it may be taken.
  if (typeof first === 'number' && !options.keep) ports.splice(-1, 1, ...(await freePorts(1)));
  let next = 0;
  const port = () => ports[next++]!;
  const plaintext = Array.from({ length: count }, port);
  const brokers = plaintext.map((PLAINTEXT, i) => ({
    id: i + 1,
    ports: options.secure
      ? { PLAINTEXT, SASL_PLAINTEXT: port(), SSL: port(), SASL_SSL: port() }
      : { PLAINTEXT },
  }));
  // An id that begins with '-' would be taken for an option by the storage tool.
  const clusterId = `H${randomBytes(16).toString('base64url').slice(1)}`;
  return { clusterId, secure: options.secure === true, brokers, controllerPort: port() };
}

const javaArgs = (classpath: string, main: string, args: string[]) => [
  ...['-Xmx512m', '-XX:TieredStopAtLevel=1', '-cp', classpath],
  ...[main, ...args],
];

function java(classpath: string, main: string, args: string[], input?: string | Uint8Array): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(
      'java',
      javaArgs(classpath, main, args),
      { maxBuffer: 1 << 30, encoding: 'utf8' },
      (error, stdout, stderr) =>
        error === null
          ? done(stdout)
          : fail(new Error(`${main} ${args.join(' ')} failed: ${stderr}${stdout}`)),
    );
    if (input !== undefined) child.stdin!.end(input);
  });
}

/** Runs a program until it ends by itself or enough was printed; what was printed. */
export function runUntil(
  isEnough: (printed: string) => boolean,
  command: string,
  args: string[],
): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces: Buffer[] = [];
    const errors: Buffer[] = [];
    let isOver = false;
    const printed = () => Buffer.concat(pieces).toString();
    const look = () => {
      if (isOver || !isEnough(printed())) return;
      isOver = true;
      child.kill('SIGKILL');
    };
    const looking = setInterval(look, 100);
    child.stdout.on('data', (piece: Buffer) => {
      if (!isOver) pieces.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => errors.push(piece));
    child.once('error', fail);
    child.once('close', (code) => {
      clearInterval(looking);
      if (isOver || code === 0) done(printed());
      else fail(new Error(`${command} ${args.join(' ')} failed: ${Buffer.concat(errors)}${printed()}`));
    });
  });
}

// The shell between us and Java ends the broker when our end of its standard input closes: also when this process is
// killed with SIGKILL, so that no broker and no temporary folder outlives its test.
const GUARD =
  'java "$@" </dev/null & pid=$!; echo $pid >"$PIDFILE"; cat >/dev/null; kill -9 $pid; wait $pid; rm -rf "$TEMPORARY"';

class LocalKafka {
  readonly dir: string;
  readonly layout: Layout;
  readonly options: KafkaOptions;
  readonly classpath: string;
  readonly guards = new Map<number, ChildProcess>();

  constructor(dir: string, layout: Layout, options: KafkaOptions, classpath: string) {
    this.dir = dir;
    this.layout = layout;
    this.options = options;
    this.classpath = classpath;
  }

  nodeDir(id: number) {
    return join(this.dir, `node-${id}`);
  }

  pid(id: number): number {
    const file = join(this.nodeDir(id), 'pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  }

  async format(id: number): Promise<void> {
    const dir = this.nodeDir(id);
    if (existsSync(join(dir, 'data', 'meta.properties'))) return;
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'server.properties');
    const ports = this.layout.brokers.find((b) => b.id === id)!.ports;
    const settings = {
      id,
      ports,
      brokers: this.layout.brokers.length,
      controllerPort: this.layout.controllerPort,
      dataDir: join(dir, 'data'),
      certs: this.layout.secure ? join(this.dir, 'certs') : null,
      overrides: this.options.settings ?? {},
    };
    writeFileSync(file, serverProperties(settings));
    const scram = this.layout.secure
      ? USERS.flatMap((user) =>
          [256, 512].flatMap((bits) => [
            '--add-scram',
            `SCRAM-SHA-${bits}=[name=${user},password=${passwordOf(user)}]`,
          ]),
        )
      : [];
    await java(this.classpath, 'kafka.tools.StorageTool', [
      'format',
      '-t',
      this.layout.clusterId,
      '-c',
      file,
      ...scram,
    ]);
  }

  launch(id: number): void {
    const dir = this.nodeDir(id);
    const log = openSync(join(dir, 'log'), 'a');
    const { heap = '512m', optimized = this.options.keep === true } = this.options;
    const quick = optimized ? [] : ['-XX:TieredStopAtLevel=1'];
    const args = [...quick, `-Xmx${heap}`, '-cp', this.classpath, 'kafka.Kafka'];
    args.push(join(dir, 'server.properties'));
    const pidFile = join(dir, 'pid');
    rmSync(pidFile, { force: true });
    if (this.options.keep) {
      const child = spawn('java', args, { detached: true, stdio: ['ignore', log, log] });
      child.unref();
      writeFileSync(pidFile, String(child.pid));
      return;
    }
    const guard = spawn('sh', ['-c', GUARD, 'sh', ...args], {
      detached: true,
      stdio: ['pipe', log, log],
      env: {
        ...process.env,
        PIDFILE: pidFile,
        TEMPORARY: this.options.dir === undefined ? this.dir : '',
      },
    });
    guard.unref();
    (guard.stdin as unknown as { unref(): void }).unref();
    guard.stdin!.on('error', () => {});
    this.guards.set(id, guard);
  }

  async untilUp(id: number): Promise<void> {
    const port = this.layout.brokers.find((b) => b.id === id)!.ports.PLAINTEXT;
    for (const end = Date.now() + 90_000; Date.now() < end; ) {
      if (await isListening(port)) return;
      const pid = this.pid(id);
      if (pid > 0 && !isAlive(pid)) break;
      await sleep(100);
    }
    const log = join(this.nodeDir(id), 'log');
    const tail = readFileSync(log, 'utf8').split('\n').slice(-15).join('\n');
    throw new Error(`Kafka broker ${id} did not start; the end of ${log}:\n${tail}`);
  }

  async start(): Promise<void> {
    for (const { id } of this.layout.brokers) await this.format(id);
    for (const { id } of this.layout.brokers) this.launch(id);
    for (const { id } of this.layout.brokers) await this.untilUp(id);
    const all = this.layout.brokers.map(({ id }) => id);
    for (const id of all) await this.untilLead(id, all);
  }

  /**
   * A broker answers a moment before the controller gives it partitions: until then no topic can be created on it. Each
   * hears of the others, and of itself, when it comes to that.
   */
  async untilLead(id: number, all: readonly number[]): Promise<void> {
    const port = this.layout.brokers.find((each) => each.id === id)!.ports.PLAINTEXT;
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
      const leading = await brokersKnownTo(`127.0.0.1:${port}`);
      if (all.every((each) => leading.includes(each))) return;
    }
    throw new Error(`broker ${id} did not hear within a minute that ${all.join(', ')} lead partitions`);
  }

  async end(id: number, signal: NodeJS.Signals): Promise<void> {
    const pid = this.pid(id);
    if (pid > 0 && isAlive(pid)) {
      process.kill(pid, signal);
      for (let waited = 0; isAlive(pid) && waited < 300; waited++) await sleep(50);
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    // The threads of a killed process hold its port a moment longer than the process seems to live.
    const port = this.layout.brokers.find((broker) => broker.id === id)!.ports.PLAINTEXT;
    for (let waited = 0; (await isListening(port)) && waited < 300; waited++) await sleep(20);
    this.guards.get(id)?.kill('SIGKILL');
    this.guards.get(id)?.stdin?.end();
    this.guards.delete(id);
  }

  handle(): KafkaHandle {
    const first = this.layout.brokers[0]!.ports;
    const at = (port: number | undefined) => (port === undefined ? null : `127.0.0.1:${port}`);
    const certs = join(this.dir, 'certs');
    const classOf = (main: string) => (main.includes('.') ? main : `org.apache.kafka.tools.${main}`);
    const tool = (main: string, args: string[], input?: string | Uint8Array) =>
      java(this.classpath, classOf(main), args, input);
    return {
      bootstrap: this.layout.brokers.map((b) => `127.0.0.1:${b.ports.PLAINTEXT}`).join(','),
      saslPlain: at(first.SASL_PLAINTEXT),
      ssl: at(first.SSL),
      saslSsl: at(first.SASL_SSL),
      certs: this.layout.secure
        ? {
            ca: join(certs, 'ca.crt'),
            clientCert: join(certs, 'client.crt'),
            clientKey: join(certs, 'client.key'),
          }
        : null,
      dir: this.dir,
      kill: (id) => this.end(id, 'SIGKILL'),
      restart: async (id) => {
        this.launch(id);
        await this.untilUp(id);
        await this.untilLead(id, [id]);
      },
      freeze: (id) => void process.kill(this.pid(id), 'SIGSTOP'),
      thaw: (id) => void process.kill(this.pid(id), 'SIGCONT'),
      tool: (main, ...args) => tool(main, args),
      toolUntil: (isEnough, main, ...args) =>
        runUntil(isEnough, 'java', javaArgs(this.classpath, classOf(main), args)),
      toolWithInput: (main, input, ...args) => tool(main, args, input),
      stop: async () => {
        // A temporary folder is thrown away: nothing to write out, so no need to wait for a clean shutdown.
        const temporary = this.options.dir === undefined;
        await Promise.all(this.layout.brokers.map((b) => this.end(b.id, temporary ? 'SIGKILL' : 'SIGTERM')));
        if (temporary) rmSync(this.dir, { recursive: true, force: true });
      },
    };
  }
}

/** The brokers that one of them knows; kafkajs would ask any of them. None while it cannot be asked. */
async function brokersKnownTo(address: string): Promise<number[]> {
  try {
    const client = await connectCluster({ brokers: [address], clientId: 'hindcast-test' });
    client.close();
    return client.brokers.map(({ id }) => id);
  } catch {
    return [];
  }
}

/** Starts a cluster and returns when all its brokers answer; throws with the reason and the fix when it cannot. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaHandle> {
  const available = kafkaAvailable();
  if (!available.ok) throw new Error(`No Kafka here: ${available.reason}. Try: ${available.fix}`);
  if (available.how === 'docker') return startDockerKafka(options);
  const dir =
    options.dir === undefined ? mkdtempSync(join(tmpdir(), 'hindcast-kafka-')) : resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const layoutFile = join(dir, 'layout.json');
  const layout: Layout = existsSync(layoutFile)
    ? JSON.parse(readFileSync(layoutFile, 'utf8'))
    : await plan(options);
  writeFileSync(layoutFile, JSON.stringify(layout));
  if (layout.secure && !existsSync(join(dir, 'certs', 'ca.crt'))) makeCertificates(join(dir, 'certs'));
  const kafka = new LocalKafka(dir, layout, options, kafkaClasspath());
  await kafka.start();
  return kafka.handle();
}

/** A handle on a cluster that an earlier process started with `keep` in `dir`. */
export function attachKafka(dir: string): KafkaHandle {
  const layoutFile = join(resolve(dir), 'layout.json');
  if (!existsSync(layoutFile)) throw new Error(`No Kafka was started in ${resolve(dir)}`);
  const layout: Layout = JSON.parse(readFileSync(layoutFile, 'utf8'));
  const kafka = new LocalKafka(resolve(dir), layout, { dir, keep: true }, kafkaClasspath());
  return kafka.handle();
}

/** The ids of the brokers of a folder. */
export const brokerIds = (dir: string): number[] =>
  readdirSync(dir)
    .filter((name) => name.startsWith('node-'))
    .map((name) => Number(name.slice('node-'.length)));

let shared: Promise<KafkaHandle> | undefined;

/** One single open broker for this process, started at the first call; it ends when the process ends. */
export function sharedKafka(): Promise<KafkaHandle> {
  shared ??= startKafka();
  return shared;
}
