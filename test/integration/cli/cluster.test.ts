// The commands that talk to a cluster: topics and capture, complete, refused, interrupted and incomplete.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatCount } from '../../../src/core/count.ts';
import { generateDemo } from '../../fixtures/demo/generate.ts';
import { produceDemo } from '../../fixtures/demo/produce.ts';
import { story } from '../../fixtures/demo/stories.ts';
import type { Demo } from '../../fixtures/demo/types.ts';
import { type KafkaHandle, passwordOf, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { createTopic, deleteTopic, writerTo } from '../kafka/support.ts';
import { CommandLine, oneSentence, replaceStored, storedCount, until } from './support.ts';

const BIG = 'big';
const BIG_RECORDS = 150_000;
/** Whether so many records are in a file that may not be made yet. */
const isCount = (file: string, count: number): boolean => {
  try {
    return storedCount(file) === count;
  } catch {
    return false;
  }
};
const WRONG = 'wrong-canary-5521';

describeJavaKafka('the command line on a real Kafka', () => {
  const cli = new CommandLine();
  let kafka: KafkaHandle;
  let demo: Demo;
  const brokers = (): string[] => ['--brokers', kafka.bootstrap];
  const capture = (file: string, topics: string[], ...more: string[]): string[] => [
    'capture',
    ...brokers(),
    ...['--workspace', cli.file(file), '--topic', ...topics],
    ...more,
  ];
  const send = async (topic: string, values: string[]): Promise<void> => {
    const producer = writerTo(kafka).producer();
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ key: 'k', value, partition: 0 })) });
    await producer.disconnect();
  };

  beforeAll(async () => {
    kafka = await startKafka({ secure: true });
    demo = generateDemo({ events: 6000 });
    await produceDemo(kafka.bootstrap, demo);
  });
  afterAll(async () => {
    await kafka?.stop();
    cli.remove();
  });

  test('topics: names, partitions and offsets as the broker has them', async () => {
    const { out } = await cli.expect(0, ['topics', ...brokers(), '--json']);
    const { topics } = JSON.parse(out) as {
      topics: { name: string; partitions: number; high: number; cleanupPolicy: string }[];
    };
    expect(topics.map(({ name }) => name).sort()).toEqual(demo.topics.map(({ name }) => name).sort());
    for (const { name, partitions, high, cleanupPolicy } of topics) {
      const { partitions: count, config } = demo.topics.find((topic) => topic.name === name)!;
      expect(partitions).toBe(count);
      expect(cleanupPolicy).toBe(config['cleanup.policy'] ?? 'delete');
      expect(high).toBeGreaterThanOrEqual(demo.summary.recordsByTopic[name]!);
    }
    const text = await cli.expect(0, ['topics', ...brokers()]);
    expect(text.out).toMatch(/^TOPIC +PARTITIONS +LOW +HIGH/);
  });

  test('capture --follow goes on until it is interrupted, and keeps what came', async () => {
    await createTopic(kafka, 'followed');
    await send('followed', ['{"n":0}']);
    const file = cli.file('followed.hindcast');
    const { out, err } = await cli.expect(
      130,
      capture('followed.hindcast', ['followed'], '--follow', '--json'),
      {
        during: async ({ child }) => {
          await until('the first record', () => existsSync(file) && isCount(file, 1));
          await send('followed', ['{"n":1}', '{"n":2}']);
          await until('the records that came', () => isCount(file, 3));
          child.kill('SIGINT');
        },
      },
    );
    expect(err).toContain('Stopped; 3 records kept.');
    expect(JSON.parse(out)).toMatchObject({ partitions: [{ topic: 'followed', nextOffset: 3 }] });
    expect(storedCount(file)).toBe(3);
  });

  test('capture: complete, then nothing new, then only what is new; the state is the generator’s', async () => {
    const topics = demo.topics.map(({ name }) => name);
    const first = await cli.expect(0, capture('all.hindcast', topics, '--json'));
    const { partitions } = JSON.parse(first.out) as { partitions: Record<string, number>[] };
    let stored = 0;
    for (const each of partitions) {
      const parts = ['stored', 'control', 'absent', 'retention', 'unreadable', 'notRead'];
      expect(parts.reduce((sum, name) => sum + each[name]!, 0)).toBe(each.asked);
      stored += each.stored!;
    }
    expect(stored).toBe(demo.records.length);
    expect(storedCount(cli.file('all.hindcast'))).toBe(demo.records.length);

    expect((await cli.expect(0, capture('all.hindcast', topics))).err).toContain('0 new records');
    await send('core.payments.events', ['{"n":1}']);
    expect((await cli.expect(0, capture('all.hindcast', topics))).err).toContain('1 new record ');

    const late = story('backdated-deposit', demo);
    const state = ['state', '--workspace', cli.file('all.hindcast'), '--at', late.facts.at!];
    const { out } = await cli.expect(0, [...state, '--aggregate', `SavingsAccount/${late.aggregateId}`]);
    expect(out).toContain(`"balance":${late.facts.balanceKnown},`);
  });

  test('a wrong address and a wrong password, each in one sentence', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    await new Promise((done) => server.close(done));
    const nobody = await cli.expect(1, ['topics', '--brokers', `127.0.0.1:${port}`]);
    expect(oneSentence(nobody.err)).toContain(`127.0.0.1:${port}`);
    const nowhere = [
      'capture',
      ...['--brokers', `127.0.0.1:${port}`, '--topic', 'x', '--workspace', cli.file('w.hindcast')],
    ];
    expect(oneSentence((await cli.expect(1, nowhere)).err)).toContain(`127.0.0.1:${port}`);

    const secure = [
      'topics',
      '--brokers',
      kafka.saslPlain!,
      '--sasl',
      'scram-sha-256',
      '--username',
      'admin',
    ];
    const refused = await cli.expect(1, secure, { env: { HINDCAST_PASSWORD: WRONG } });
    expect(oneSentence(refused.err)).toMatch(/password|SASL/i);
    expect(refused.err + refused.out).not.toContain(WRONG);
    for (const name of readdirSync(cli.dir, { recursive: true, encoding: 'utf8' }))
      if (/\.(json|key|hindcast)$/.test(name) && !name.startsWith('package'))
        expect(readFileSync(join(cli.dir, name), 'latin1')).not.toContain(WRONG);
    const file = cli.file('password');
    writeFileSync(file, `${passwordOf('admin')}\n`);
    await cli.expect(0, [...secure, '--password-file', file]);
    expect((await cli.expect(2, secure)).err).toContain('--password-file');
    expect((await cli.expect(2, ['topics'])).err).toContain('--brokers');
  });

  test('a topic that never was, and one that vanished after its capture', async () => {
    const unknown = await cli.expect(1, capture('none.hindcast', ['nope']));
    expect(oneSentence(unknown.err)).toMatch(/topic nope is not on .*Check the name/);

    await createTopic(kafka, 'shortlived');
    await send('shortlived', ['{"a":1}', '{"a":2}']);
    await cli.expect(0, capture('gone.hindcast', ['shortlived']));
    await deleteTopic(kafka, 'shortlived');
    const gone = await cli.run(capture('gone.hindcast', ['shortlived']));
    expect([1, 3]).toContain(gone.status);
    expect(gone.err).toContain('shortlived');
    const { out } = await cli.expect(0, ['events', '--workspace', cli.file('gone.hindcast')]);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  test('what is missing makes it 3, with the reason', async () => {
    await createTopic(kafka, 'expired');
    await send(
      'expired',
      Array.from({ length: 10 }, (_, n) => `{"n":${n}}`),
    );
    const request = cli.file('delete.json');
    writeFileSync(request, '{"partitions":[{"topic":"expired","partition":0,"offset":4}],"version":1}');
    await kafka.tool(
      'org.apache.kafka.tools.DeleteRecordsCommand',
      ...['--bootstrap-server', kafka.bootstrap, '--offset-json-file', request],
    );
    // What was gone before the workspace began is told, and nothing that was asked for is missing.
    const whole = await cli.expect(0, capture('whole.hindcast', ['expired'], '--from', '0', '--json'));
    const all = JSON.parse(whole.out);
    expect(all.state).toBe('complete');
    expect(all.partitions).toMatchObject([
      { askedFrom: 4, askedTo: 10, beforeWorkspace: 4, end: 10, stored: 6, unaccounted: 0, complete: true },
    ]);
    expect(all.summary).toContain('4 older offsets had been deleted');
    const same = ['coverage', '--workspace', cli.file('whole.hindcast'), '--recheck', ...brokers(), '--json'];
    expect(JSON.parse((await cli.expect(0, same)).out)).toMatchObject({
      state: 'equal',
      partitions: [{ compared: 6, equal: 6, different: 0, gone: 0, extra: 0 }],
    });
    // Other bytes than the cluster's, soundly stored: only a fresh read can tell.
    replaceStored(cli.file('whole.hindcast'), '{"n":7}', '{"n":1}');
    const other = await cli.expect(1, same);
    expect(JSON.parse(other.out)).toMatchObject({
      state: 'different',
      partitions: [
        {
          ...{ compared: 6, equal: 5, different: 1, gone: 0, extra: 0 },
          differences: [{ offset: 7, what: expect.stringContaining('value') }],
        },
      ],
    });
    expect((await cli.expect(1, same.slice(0, -1))).err).toMatch(/expired \[0\] 7: .*value/);

    const { out, err } = await cli.expect(3, capture('part.hindcast', ['expired'], '--from', '6', '--json'));
    const { state, partitions } = JSON.parse(out);
    expect(state).toBe('partial');
    expect(partitions).toMatchObject([
      { askedFrom: 6, askedTo: 10, stored: 4, notAsked: 2, retention: 0, complete: false },
    ]);
    expect(err).toContain('4 new records');
    const read = await cli.expect(3, ['events', '--workspace', cli.file('part.hindcast')]);
    expect(read.out.trimEnd().split('\n')).toHaveLength(4);
    expect(read.err).toContain('not asked for');
    const key = await cli.expect(3, capture('key.hindcast', ['expired'], '--record-key', 'k', '--to', '7'));
    expect(key.err).toContain('New records of the key “k” where it hashes to: expired [0] 4.');
    await cli.expect(2, capture('key.hindcast', ['expired'], '--from', '1', '--latest', '2'));
    await cli.expect(2, ['coverage', '--workspace', cli.file('key.hindcast'), '--recheck']);
  });

  test('Ctrl-C keeps what was read and ends with 130; the next capture goes on there', async () => {
    await createTopic(kafka, BIG, { partitions: 1 });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (let start = 0; start < BIG_RECORDS; start += 1500)
      await producer.send({
        topic: BIG,
        messages: Array.from({ length: 1500 }, (_, i) => ({
          key: String(start + i),
          value: `{"n":${start + i},"pad":"${'x'.repeat(400)}"}`,
        })),
      });
    await producer.disconnect();
    const file = cli.file('big.hindcast');
    const stored = (): number => {
      try {
        return storedCount(file);
      } catch {
        return 0; // not made yet
      }
    };
    const interrupted = await cli
      .expect(130, capture('big.hindcast', [BIG]), {
        during: async ({ child }) => {
          await until('the first records', () => stored() > 0);
          kafka.freeze(1); // nothing more arrives: it cannot be done before the signal is there
          child.kill('SIGINT');
          await until('the end', () => child.exitCode !== null);
        },
      })
      .finally(() => kafka.thaw(1));
    const kept = stored();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(BIG_RECORDS);
    expect(interrupted.out).toMatch(new RegExp(`^${BIG} +0 +0–${BIG_RECORDS} +${kept} `, 'm'));
    expect(interrupted.err).toContain('Cancelled');
    await cli.expect(3, ['coverage', '--workspace', file]);

    const rest = await cli.expect(0, capture('big.hindcast', [BIG]));
    expect(rest.err).toContain(`${formatCount(BIG_RECORDS - kept)} new records`);
    expect(stored()).toBe(BIG_RECORDS);
  });
});
