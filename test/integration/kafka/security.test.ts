import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import { type DiagnosisStep, diagnoseConnection } from '../../../src/engine/kafka/diagnose.ts';
import { openProducer } from '../../../src/engine/kafka/producer.ts';
import type { KafkaConnection, KafkaLog } from '../../../src/engine/kafka/types.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../../kafka/broker.ts';
import { makeAuthority, signCertificate } from '../../kafka/certificates.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { connectionTo, consoleWrite, createTopic, readTopic, withClient } from './support.ts';

describeJavaKafka('a secured Kafka', () => {
  let kafka: KafkaHandle;
  let ca: string;
  let client: { cert: string; key: string };
  const servers: Server[] = [];

  const at = (address: string | null, extra: Partial<KafkaConnection> = {}): KafkaConnection => ({
    brokers: [address!],
    clientId: 'hindcast-test',
    connectTimeoutMs: 20_000,
    ...extra,
  });
  const login = (
    username: 'admin' | 'reader' | 'writer',
    mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' = 'plain',
  ) => ({
    sasl: { mechanism, username, password: passwordOf(username) },
  });
  const diagnose = async (connection: KafkaConnection, topics?: string[]) => {
    const steps: DiagnosisStep[] = [];
    for await (const step of diagnoseConnection(connection, { topics })) steps.push(step);
    return steps;
  };
  const outcome = (steps: DiagnosisStep[]) => steps.map(({ step, status }) => `${step} ${status}`);
  /** The failed step, which is the last one and tells what to do. */
  const failureOf = async (connection: KafkaConnection, topics?: string[]) => {
    const steps = await diagnose(connection, topics);
    const last = steps.at(-1)!;
    expect(steps.slice(0, -1).filter(({ status }) => status === 'failed')).toEqual([]);
    expect(last.status).toBe('failed');
    expect(last.detail.length).toBeGreaterThan(20);
    expect(last.nextStep).toMatch(/\.$/);
    return `${last.step} ${last.code}`;
  };
  const listening = async (server: Server) => {
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const allow = (user: string, topic: string, ...operations: string[]) =>
    kafka.tool(
      'AclCommand',
      ...[
        '--bootstrap-server',
        kafka.bootstrap,
        '--add',
        '--allow-principal',
        `User:${user}`,
        '--topic',
        topic,
      ],
      ...operations.flatMap((operation) => ['--operation', operation]),
    );

  beforeAll(async () => {
    kafka = await startKafka({ secure: true });
    const read = (file: string) => readFileSync(file, 'utf8');
    ca = read(kafka.certs!.ca);
    client = { cert: read(kafka.certs!.clientCert), key: read(kafka.certs!.clientKey) };
    await createTopic(kafka, 'accounts', { partitions: 2 });
    await createTopic(kafka, 'secret');
    await createTopic(kafka, 'described');
    const lines = 'a\nb\nc\n';
    for (const topic of ['accounts', 'secret', 'described']) await consoleWrite(kafka, topic, lines);
    await allow('reader', 'accounts', 'Describe', 'Read');
    await allow('reader', 'described', 'Describe');
    await allow('writer', 'accounts', 'Describe', 'Read', 'Write');
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await kafka?.stop();
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'SASL %s, with and without TLS',
    async (mechanism) => {
      const all = ['name ok', 'tcp ok', 'tls skipped', 'kafka ok', 'login ok', 'brokers ok', 'access ok'];
      expect(outcome(await diagnose(at(kafka.saslPlain, login('admin', mechanism))))).toEqual(all);
      const overTls = await diagnose(
        at(kafka.saslSsl, { ...login('admin', mechanism), tls: { ca, verify: true } }),
      );
      expect(outcome(overTls)).toEqual(all.with(2, 'tls ok'));
      expect(overTls.find(({ step }) => step === 'tls')!.facts).toMatchObject({
        subject: 'CN=localhost',
        protocol: 'TLSv1.3',
      });
    },
  );

  test('a client certificate', async () => {
    const steps = await diagnose(at(kafka.ssl, { tls: { ca, ...client, verify: true } }));
    expect(outcome(steps).slice(0, 6)).toEqual([
      'name ok',
      'tcp ok',
      'tls ok',
      'kafka ok',
      'login skipped',
      'brokers ok',
    ]);
  });

  test('TLS without verification works and says that it is not verified', async () => {
    const steps = await diagnose(at(kafka.saslSsl, { ...login('admin'), tls: { verify: false } }));
    expect(steps.find(({ step }) => step === 'tls')!.detail).toContain('NOT verified');
    expect(steps.every(({ status }) => status !== 'failed')).toBe(true);
  });

  test('each failing step is named: name, TCP, TLS, Kafka, login', async () => {
    const tls = { ca, verify: true };
    expect(await failureOf(at('no-such-host.invalid:9092'))).toBe('name name-not-found');
    expect(await failureOf(at('http://kafka:9092'))).toBe('name address-invalid');
    const closed = createTcpServer();
    const address = await listening(closed);
    await new Promise((done) => closed.close(done));
    expect(await failureOf(at(address))).toBe('tcp connection-refused');
    expect(await failureOf(at(kafka.saslSsl, { tls: { verify: true } }))).toBe('tls tls-untrusted');
    expect(await failureOf(at(kafka.saslSsl, { tls: { ...tls, serverName: 'kafka.example.com' } }))).toBe(
      'tls tls-hostname',
    );
    expect(await failureOf(at(kafka.ssl, { tls }))).toBe('tls tls-client-cert-required');
    expect(await failureOf(at(kafka.bootstrap, { tls }))).toBe('tls tls-not-spoken');
    expect(await failureOf(at(kafka.saslSsl))).toBe('tls tls-expected');
    expect(await failureOf(at(kafka.ssl, { tls: { ...tls, cert: 'nonsense', key: client.key } }))).toBe(
      'tls tls-client-cert-invalid',
    );
    const wrong = { sasl: { ...login('admin').sasl, password: 'wrong' } };
    expect(await failureOf(at(kafka.saslPlain, wrong))).toBe('login sasl-failed');
    const wrongScram = { sasl: { ...login('admin', 'scram-sha-512').sasl, password: 'wrong' } };
    expect(await failureOf(at(kafka.saslSsl, { ...wrongScram, tls }))).toBe('login sasl-failed');
    expect(await failureOf(at(kafka.saslPlain))).toBe('login sasl-required');
    expect(await failureOf(at(kafka.bootstrap, login('admin')))).toBe('login sasl-unexpected');
  });

  test('a client certificate of a stranger is refused as such', async () => {
    const dir = join(kafka.dir, 'stranger');
    makeAuthority(dir);
    signCertificate(dir, 'client', 'stranger', 'extendedKeyUsage=clientAuth');
    const read = (file: string) => readFileSync(join(dir, file), 'utf8');
    const tls = { ca, verify: true, cert: read('client.crt'), key: read('client.key') };
    expect(await failureOf(at(kafka.ssl, { tls }))).toBe('tls tls-client-cert-invalid');
  });

  test('an expired certificate', async () => {
    const dir = join(kafka.dir, 'expired');
    makeAuthority(dir);
    signCertificate(dir, 'server', 'localhost', 'subjectAltName=IP:127.0.0.1', -1);
    const read = (file: string) => readFileSync(join(dir, file), 'utf8');
    const address = await listening(createTlsServer({ key: read('server.key'), cert: read('server.crt') }));
    expect(await failureOf(at(address, { tls: { ca: read('ca.crt'), verify: true } }))).toBe(
      'tls tls-expired',
    );
  });

  test('what is no Kafka: a web server, another protocol, a port that says nothing', async () => {
    const http = await listening(createHttpServer((_, response) => response.end('hello')));
    expect(await failureOf(at(http))).toBe('kafka not-kafka');
    const ssh = await listening(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await failureOf(at(ssh))).toBe('kafka not-kafka');
    const silent = await listening(createTcpServer(() => {}));
    const soon = { connectTimeoutMs: 1_500 };
    expect(await failureOf(at(silent, soon))).toBe('kafka timeout');
    expect(await failureOf(at(silent, { ...soon, tls: { ca, verify: true } }))).toBe('tls tls-not-spoken');
  });

  test('of several addresses the first that works is used, the others are shown', async () => {
    const steps = await diagnose({ ...at('127.0.0.1:1'), brokers: ['127.0.0.1:1', kafka.bootstrap] });
    expect(outcome(steps).slice(0, 4)).toEqual(['name ok', 'tcp failed', 'name ok', 'tcp ok']);
    expect(steps.at(-1)!.status).toBe('ok');
  });

  test('a mechanism the broker does not offer is named as that', async () => {
    const only = await startKafka({ secure: true, settings: { 'sasl.enabled.mechanisms': 'PLAIN' } });
    try {
      expect(await failureOf(at(only.saslPlain, login('admin', 'scram-sha-256')))).toBe(
        'login sasl-mechanism-unsupported',
      );
    } finally {
      await only.stop();
    }
  });

  test('a reader with Describe and Read on one topic sees and reads it, and nothing else fails because of the rest', async () => {
    await withClient(at(kafka.saslPlain, login('reader')), async (reader) => {
      const topics = await reader.listTopics();
      expect(topics.map(({ name }) => name)).toEqual(['accounts', 'described']);
      expect(topics[0]!.partitions.map(({ high }) => Number(high)).reduce((a, b) => a + b)).toBe(3);
      expect(topics[0]).toMatchObject({ cleanupPolicy: null, retentionMs: null });
      expect(topics[0]!.configError).toContain('may not see the settings');
      expect((await readTopic(reader, 'accounts')).rows.map(({ value }) => value).sort()).toEqual([
        'a',
        'b',
        'c',
      ]);
      const { chunks } = await readTopic(reader, 'described');
      expect(chunks.map(({ fault }) => fault?.code)).toEqual(['topic-not-authorized']);
      await expect(reader.offsetsFor(['secret'])).rejects.toMatchObject({
        code: 'topic-not-authorized',
        where: 'secret',
      });
    });
    await withClient(connectionTo(kafka), async (admin) => expect(await admin.listGroups()).toEqual([]));
  });

  test('the access step names the topic that may not be read', async () => {
    const reader = at(kafka.saslPlain, login('reader'));
    expect(await failureOf(reader, ['accounts', 'described'])).toBe('access topic-not-authorized');
    expect(await failureOf(reader, ['secret'])).toBe('access topic-not-authorized');
    const steps = await diagnose(reader, ['accounts']);
    expect(steps.at(-1)).toMatchObject({
      step: 'access',
      status: 'ok',
      facts: { visible: 2, tried: 1, refused: [] },
    });
  });

  test('writing: refused to the reader, done for the writer', async () => {
    const record = {
      topic: 'accounts',
      partition: 0,
      key: null,
      value: Buffer.from('x'),
      headers: [],
      timestamp: Date.now(),
    };
    const refused = await openProducer(at(kafka.saslPlain, login('reader'))).then(
      async (producer) => {
        const fault = await producer.publish(record).catch((error) => error);
        producer.close();
        return fault;
      },
      (error) => error,
    );
    expect(refused.code).toMatch(/^(topic|cluster)-not-authorized$/);
    const producer = await openProducer(
      at(kafka.saslSsl, { ...login('writer', 'scram-sha-512'), tls: { ca, verify: true } }),
    );
    const { offset } = await producer.publish(record);
    expect(offset).toBeGreaterThanOrEqual(0n);
    producer.close();
  });

  test('the password is in no message, no log line and no cause of a failed login', async () => {
    const canary = 'canary-7f3a-password';
    const lines: unknown[] = [];
    const log: KafkaLog = (line) => lines.push(line);
    for (const mechanism of ['plain', 'scram-sha-256'] as const) {
      const sasl = { mechanism, username: 'admin', password: canary };
      const fault = await connectCluster(at(kafka.saslPlain, { sasl }), { log }).catch((error) => error);
      expect(fault.code).toBe('sasl-failed');
      for (let error = fault; error instanceof Error; error = error.cause as Error)
        lines.push(error.message, error.stack, { ...error });
      lines.push(await diagnose(at(kafka.saslPlain, { sasl })));
    }
    expect(lines.length).toBeGreaterThan(4);
    expect(JSON.stringify(lines)).not.toContain(canary);
  });
});
