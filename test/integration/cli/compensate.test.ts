// `hindcast compensate` on a real Kafka: nothing is sent unless every guard agrees, and then exactly once.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { Bank, endOffsets } from '../engine/support.ts';
import { consoleRead, createTopic } from '../kafka/support.ts';
import { CommandLine, oneSentence } from './support.ts';

const TOPIC = 'bank.savings.interest';

describeKafka('compensate', () => {
  const cli = new CommandLine();
  let kafka: KafkaHandle;
  let bank: Bank;
  let doubledId: string;

  beforeAll(async () => {
    kafka = await sharedKafka();
    await createTopic(kafka, TOPIC);
    bank = new Bank(kafka, TOPIC);
    doubledId = await bank.doubledInterest();
    await cli.expect(0, [
      'capture',
      ...['--brokers', kafka.bootstrap, '--topic', TOPIC, '--workspace', cli.file('bank.hindcast')],
    ]);
  });
  afterAll(() => cli.remove());

  const plan = (change: Record<string, unknown> = {}): string => {
    const file = cli.file('plan.json');
    const whole = {
      aggregate: `SavingsAccount/${bank.account}`,
      corrects: doubledId,
      reason: 'Duplicate posting for December 2025, retry without key',
      actor: 'm.keller',
      ...change,
    };
    writeFileSync(file, JSON.stringify(whole));
    return file;
  };
  const command = (file: string, ...more: string[]): string[] => [
    'compensate',
    ...['--brokers', kafka.bootstrap, '--workspace', cli.file('bank.hindcast'), '--plan', file],
    ...more,
  ];
  const confirmed = (file: string, ...more: string[]) => command(file, '--confirm', kafka.bootstrap, ...more);

  test('a dry run shows all of it and sends nothing', async () => {
    const before = await endOffsets(kafka, TOPIC);
    const { out, err } = await cli.expect(0, command(plan(), '--dry-run'));
    expect(out).toContain(`to      ${kafka.bootstrap} (production), ${TOPIC} [0]`);
    expect(out).toContain(`key     ${bank.account}`);
    expect(out).toContain('"amount":-61.76');
    expect(out).toContain('change  balance: 841.07 -> 779.31');
    expect(err).toContain('nothing was sent');
    const document = await cli.expect(0, command(plan(), '--dry-run', '--json'));
    expect(document.out).toContain('"balance": 841.07');
    expect(JSON.parse(document.out)).toMatchObject({ after: { balance: 779.31 }, afterEqualsShouldBe: true });
    expect(await endOffsets(kafka, TOPIC)).toEqual(before);
  });

  test('what is refused before anything is sent', async () => {
    const before = await endOffsets(kafka, TOPIC);
    const unconfirmed = await cli.expect(4, command(plan()));
    expect(oneSentence(unconfirmed.err)).toContain('--confirm');
    await cli.expect(4, command(plan(), '--confirm', 'something else'));
    for (const [change, words] of [
      [{ reason: '' }, 'reason'],
      [{ amount: 1 }, 'amount'],
      [{ set: { 'event_data..amount': 1 } }, 'set'],
      [{ aggregate: 'SavingsAccount' }, 'TYPE/ID'],
    ] as const)
      expect(oneSentence((await cli.expect(2, confirmed(plan(change)))).err)).toContain(words);
    const broken = cli.file('broken.json');
    writeFileSync(broken, '{"aggregate": ');
    expect(oneSentence((await cli.expect(2, confirmed(broken))).err)).toContain('broken.json');
    expect(oneSentence((await cli.expect(2, confirmed(cli.file('none.json')))).err)).toContain('none.json');
    const unknown = plan({ aggregate: 'SavingsAccount/nobody', corrects: undefined });
    expect(oneSentence((await cli.expect(1, confirmed(unknown))).err)).toContain('SavingsAccount nobody');
    const elsewhere = plan({ corrects: `${TOPIC}:0:77` });
    expect(oneSentence((await cli.expect(1, confirmed(elsewhere))).err)).toContain(`${TOPIC}:0:77`);
    expect(await endOffsets(kafka, TOPIC)).toEqual(before);
  });

  test('published once, read by another consumer, and refused the second time', async () => {
    const { out } = await cli.expect(0, confirmed(plan(), '--json'));
    const receipt = JSON.parse(out);
    expect(receipt).toMatchObject({ readBack: 'same', race: { status: 'none' }, actor: 'm.keller' });
    const seen = (await consoleRead(kafka, TOPIC, 0)).at(-1)!;
    expect(seen.offset).toBe(receipt.place.offset);
    expect(seen.key).toBe(bank.account);
    expect(JSON.parse(seen.value!)).toMatchObject({
      event_id: receipt.eventId,
      event_type: 'InterestPostingReversed',
      causation_id: doubledId,
      event_data: { amount: -61.76 },
    });
    const state = ['state', '--workspace', cli.file('bank.hindcast')];
    const now = await cli.expect(0, [...state, '--aggregate', `SavingsAccount/${bank.account}`]);
    expect(now.out).toContain('"balance":779.31,');

    const before = await endOffsets(kafka, TOPIC);
    const again = await cli.expect(4, confirmed(plan()));
    expect(again.err).toMatch(/already/);
    expect(again.out).toBe('');
    expect(await endOffsets(kafka, TOPIC)).toEqual(before);
  });

  test('refused when another program has written to the aggregate since the capture', async () => {
    await bank.send([bank.event('DepositMade', { amount: '10.00', currency: 'AUD' })]);
    const before = await endOffsets(kafka, TOPIC);
    const place = `${TOPIC}:0:2`;
    const moved = await cli.expect(4, confirmed(plan({ corrects: place })));
    expect(moved.err).toMatch(/head|since|moved|newer/i);
    expect(moved.err).toContain('nothing was sent');
    expect(await endOffsets(kafka, TOPIC)).toEqual(before);
  });
});
