import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../fixtures/demo/random.ts';
import { type KafkaHandle, startKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { soak } from './soakRounds.ts';

const ROUNDS = 20;

describeKafka('an engine that is killed again and again', () => {
  let kafka: KafkaHandle;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  test('while capturing, replaying and compacting: nothing lost, nothing doubled, coverage exact', async () => {
    const { rounds, workspaces } = await soak({
      rounds: ROUNDS,
      records: 60_000,
      random: new Random('soak'),
      kafka,
    });
    expect(rounds.capture + rounds.replay + rounds.compact).toBeGreaterThanOrEqual(ROUNDS);
    expect(rounds.replay).toBeGreaterThan(0);
    expect(rounds.compact).toBeGreaterThan(0);
    expect(workspaces).toBeGreaterThan(0);
  }, 600_000);
});
