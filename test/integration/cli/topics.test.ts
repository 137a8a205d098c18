// `hindcast topics` on three brokers: sizes with replicas, groups with lag, and what a dead broker leaves of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeJavaKafka } from '../../kafka/describe.ts';
import { commitOffsets, createTopic, writerTo } from '../kafka/support.ts';
import { CommandLine, oneSentence } from './support.ts';

const TOPIC = 'trades';
const WAIT = { timeout: 90_000, interval: 500 };

interface Document {
  brokers: number;
  sizesProblem: string | null;
  topics: {
    name: string;
    high: number;
    leaderBytes: number | null;
    replicaBytes: number;
    groups: {
      sees: string;
      problems: string[];
      groups: {
        groupId: string;
        protocol: string;
        state: string;
        lag: number;
        late: boolean;
        waitingSince: string | null;
        coordinator: number;
        partitions: { partition: number; committed: number | null; high: number; lag: number | null }[];
      }[];
    };
  }[];
}

describeJavaKafka('topics of three brokers on the command line', () => {
  const cli = new CommandLine();
  let kafka: KafkaHandle;
  const ask = (...more: string[]) => ['topics', '--brokers', kafka.bootstrap, ...more];
  const groups = Array.from({ length: 8 }, (_, i) => `group-${i}`);

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, heap: '384m' });
    await createTopic(kafka, TOPIC, { partitions: 6, replicas: 3 });
    await createTopic(kafka, 'other', { partitions: 1, replicas: 1 });
    const producer = writerTo(kafka).producer();
    await producer.connect();
    for (let partition = 0; partition < 6; partition++)
      await producer.send({
        topic: TOPIC,
        acks: -1,
        messages: Array.from({ length: 20 + partition }, (_, i) => ({ partition, value: `trade ${i}` })),
      });
    await producer.disconnect();
    for (const [index, groupId] of groups.entries())
      await commitOffsets(kafka, groupId, TOPIC, { 0: index, 3: index });
  }, 600_000);
  afterAll(async () => {
    await kafka?.stop();
    cli.remove();
  });

  test('every group is found, whichever broker coordinates it; sizes count replicas', async () => {
    const read = async () => {
      const { out } = await cli.expect(0, ask('--topic', TOPIC, '--groups', '--late', '0.001', '--json'));
      return JSON.parse(out) as Document;
    };
    // A replica that a busy machine left behind catches up.
    await expect
      .poll(async () => (await read()).topics.map((each) => each.replicaBytes! / each.leaderBytes!), WAIT)
      .toEqual([3]);
    const { brokers, sizesProblem, topics } = await read();
    expect({ brokers, sizesProblem, count: topics.length }).toEqual({
      brokers: 3,
      sizesProblem: null,
      count: 1,
    });
    const [trades] = topics;
    expect(trades!.high).toBe(20 * 6 + 15);
    expect(trades!.leaderBytes).toBeGreaterThan(1000);
    const found = trades!.groups;
    expect(found).toMatchObject({ sees: 'all', problems: [] });
    expect(found.groups.map(({ groupId }) => groupId)).toEqual(groups);
    expect(new Set(found.groups.map(({ coordinator }) => coordinator)).size).toBeGreaterThan(1);
    for (const [index, group] of found.groups.entries()) {
      expect(group).toMatchObject({ protocol: 'classic', state: 'Empty', lag: 43 - 2 * index, late: true });
      expect(group.partitions[3]).toMatchObject({ committed: index, high: 23, lag: 23 - index });
      expect(group.partitions[1]).toMatchObject({ committed: null, lag: null });
      expect(Date.parse(group.waitingSince!)).toBeLessThanOrEqual(Date.now());
    }
  });

  test('for people: a table, and the groups below it', async () => {
    const { out } = await cli.expect(0, ask('--topic', TOPIC, '--groups'));
    expect(out).toMatch(/^TOPIC +PARTITIONS +LOW +HIGH +AT MOST +BYTES +WITH REPLICAS/);
    expect(out).toMatch(/^ {2}group-2 {2}classic, Empty, members 0, lag 39, waiting [\d.]+ s/m);
    expect(out).toMatch(/^ +3 +2 +23 +21 +20\d\d-/m);
    const all = await cli.expect(0, ask());
    expect(all.out).toContain('other');
    expect(all.out).not.toContain('group-0');
  });

  test('a topic that is not there, a limit that is none', async () => {
    expect(oneSentence((await cli.expect(1, ask('--topic', 'nothing'))).err)).toContain('nothing');
    expect(oneSentence((await cli.expect(2, ask('--late', 'soon'))).err)).toContain('--late');
  });

  test('with a broker dead: the rest stands, and what is missing is said', async () => {
    await kafka.kill(3);
    const read = async () => {
      const { out } = await cli.expect(0, ask('--topic', TOPIC, '--groups', '--json'));
      return JSON.parse(out) as Document;
    };
    const told = async () => {
      const { topics, brokers } = await read();
      const [trades] = topics;
      return {
        brokers,
        high: trades!.high,
        replicas: trades!.replicaBytes! / trades!.leaderBytes!,
        lags: trades!.groups.groups.map(({ lag }) => lag),
      };
    };
    // Groups move to other coordinators and partitions to other leaders a moment after the broker is missed; then it is no
    // part of the cluster any more, and two of three replicas are left to be told.
    await expect.poll(told, WAIT).toEqual({
      brokers: 2,
      high: 20 * 6 + 15,
      replicas: 2,
      lags: groups.map((_, index) => 43 - 2 * index),
    });
  });
});
