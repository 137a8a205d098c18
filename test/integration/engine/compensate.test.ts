import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Draft, Preview } from '../../../src/contract/compensate.ts';
import type { Api } from '../../../src/contract/contract.ts';
import { parseJson } from '../../../src/core/json.ts';
import { partitionForKey } from '../../../src/engine/kafka/murmur2.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { consoleRead, createTopic } from '../kafka/support.ts';
import {
  Bank,
  captureAll,
  connectionInput,
  endOffsets,
  startEngine,
  type TestEngine,
  temporaryFolder,
} from './support.ts';

const PARTITIONS = 3;
const state = (text: string) => JSON.parse(text) as Record<string, unknown>;
const guardOf = (preview: Preview, code: string) => preview.guards.find((guard) => guard.code === code);

describeKafka('compensating on a real Kafka', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;
  let engine: TestEngine;
  let api: Api;

  beforeAll(async () => {
    kafka = await sharedKafka();
    engine = await startEngine(folder.path);
    ({ api } = engine);
  });
  afterAll(async () => {
    await engine?.close();
    folder.remove();
  });

  /** An account with its interest posted twice, captured into a workspace of its own. */
  async function prepared(
    topic: string,
    options: { environment?: 'staging' | 'production'; partition?: number } = {},
  ) {
    await createTopic(kafka, topic, { partitions: PARTITIONS });
    const bank = new Bank(kafka, topic);
    const doubledId = await bank.doubledInterest({ partition: options.partition });
    await api.workspace.create({ name: topic });
    const connection = await api.connections.save({
      connection: connectionInput(kafka.bootstrap, { environment: options.environment ?? 'staging' }),
      secrets: {},
    });
    await captureAll(api, connection.id, [topic]);
    return { bank, connection, doubledId, correctedId: await recordOf(doubledId) };
  }

  async function recordOf(eventId: string): Promise<number> {
    const { rows } = await api.events.query({ filter: { eventId }, from: 0, count: 1 });
    return rows[0]!.id;
  }

  async function draftFor(
    { bank, connection, correctedId }: Awaited<ReturnType<typeof prepared>>,
    reason = 'Duplicate posting for December 2025, retry without key',
  ): Promise<Draft> {
    const { draft } = await api.compensate.draft({
      connectionId: connection.id,
      ref: bank.ref,
      correctedId,
      actor: 'm.keller',
    });
    return { ...draft, reason };
  }

  const unlock = (id: string, typedName: string | null = null) =>
    api.connections.unlock({ id, reason: 'dispute 0412', typedName });
  const refused = (draft: Draft, planHash: string, typedName: string | null = null) =>
    api.compensate.publish({ draft, planHash, typedName }).then(
      () => Promise.reject(new Error('it was published')),
      (error: { code: string; message: string }) => error,
    );

  test('the whole loop: draft, check, publish, read back, see it arrive', async () => {
    const topic = 'loop.savings.interest';
    const story = await prepared(topic);
    const { bank, connection, doubledId, correctedId } = story;
    const { draft: bare, fields } = await api.compensate.draft({
      connectionId: connection.id,
      ref: bank.ref,
      correctedId,
      actor: 'm.keller',
    });
    expect(bare).toMatchObject({
      topic,
      key: bank.account,
      eventType: 'InterestPostingReversed',
      actor: 'm.keller',
    });
    expect(parseJson(bare.value)).toMatchObject({
      event_type: 'InterestPostingReversed',
      aggregate_id: bank.account,
      causation_id: doubledId,
      correlation_id: 'batch-2025-12',
      event_data: { amount: -61.76, period: '2025-12', reason: '' },
    });
    expect(fields.find(({ path }) => path === 'event_data.amount')).toMatchObject({
      value: '-61.76',
      editable: true,
    });

    const before = await endOffsets(kafka, topic);
    const locked = await api.compensate.preview({ draft: { ...bare, reason: 'Posted twice by a retry' } });
    expect(guardOf(locked, 'read-only')?.status).toBe('failed');
    expect(locked.publishable).toBe(false);
    expect(await refused(bare, locked.planHash)).toMatchObject({ code: 'connection.read-only' });
    expect(await endOffsets(kafka, topic)).toEqual(before);

    await unlock(connection.id);
    const draft = await draftFor(story);
    const preview = await api.compensate.preview({ draft });
    expect(preview.guards.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(preview.publishable).toBe(true);
    expect(state(preview.now.state)).toMatchObject({ balance: 841.07, interest_posted_total: 123.52 });
    expect(preview.now.state).toContain('"balance":841.07');
    expect(state(preview.shouldBe!.state)).toMatchObject({ balance: 779.31 });
    expect(state(preview.after.state)).toMatchObject({ balance: 779.31, interest_posted_total: 61.76 });
    expect(preview.afterEqualsShouldBe).toBe(true);
    expect(preview.changes.find(({ path }) => path === 'balance')).toMatchObject({ delta: '-61.76' });
    const partition = partitionForKey(Buffer.from(bank.account), PARTITIONS);
    expect(preview.place).toMatchObject({ topic, partition, connection: connection.name });
    expect(await endOffsets(kafka, topic)).toEqual(before);

    const receipt = await api.compensate.publish({ draft, planHash: preview.planHash, typedName: null });
    expect(receipt).toMatchObject({ readBack: 'same', race: { status: 'none' }, reason: draft.reason });
    expect(receipt.place).toEqual({ topic, partition, offset: before[partition] });

    // What Kafka's own consumer sees is exactly what the preview showed.
    const seen = (await consoleRead(kafka, topic, partition)).at(-1)!;
    expect(seen.key).toBe(preview.key.text);
    expect(seen.value).toBe(preview.value.text);
    expect(seen.headers).toEqual(preview.headers.map(({ key, value }) => [key, value?.text ?? null]));
    expect(seen.headers.filter(([, value]) => value === receipt.idempotencyKey)).toHaveLength(1);
    expect(parseJson(seen.value!)).toMatchObject({ event_data: { reason: draft.reason } });

    // It is captured and changes the state; the receipt is kept.
    const captured = async () =>
      (await api.events.query({ filter: { eventId: receipt.eventId! }, from: 0, count: 2 })).rows;
    await expect.poll(captured).toHaveLength(1);
    const rows = await captured();
    expect(rows[0]).toMatchObject({ type: 'InterestPostingReversed', place: receipt.place });
    expect(await api.compensate.receipts({})).toEqual([receipt]);
    const subject = { ref: bank.ref, cut: { knownOn: null, trueOn: null }, reducer: null };
    const timeline = await api.aggregates.timeline(subject);
    expect(timeline).toMatchObject({ total: 6, lastEventId: rows[0]!.id });
    const arrived = await api.aggregates.state({ ...subject, index: 5 });
    expect(state(arrived.state)).toMatchObject({ balance: 779.31 });
    // Only the moment of sending was not known at the check.
    const withoutMoment = (text: string) => text.replace(/"last_event_at":"[^"]+"/, '');
    expect(withoutMoment(arrived.state)).toBe(withoutMoment(preview.after.state));
    const next = await api.compensate.draft({
      connectionId: connection.id,
      ref: bank.ref,
      correctedId,
      actor: 'x',
    });
    const again = await api.compensate.preview({ draft: next.draft });
    expect(state(again.now.state)).toMatchObject({ balance: 779.31 });
  });

  test('the same compensation is refused twice, also with a new event id and from a new draft', async () => {
    const topic = 'twice.savings.interest';
    const story = await prepared(topic);
    await unlock(story.connection.id);
    const draft = await draftFor(story);
    const { planHash } = await api.compensate.preview({ draft });
    const [first, second] = await Promise.allSettled([
      api.compensate.publish({ draft, planHash, typedName: null }),
      api.compensate.publish({ draft, planHash, typedName: null }),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { code: 'compensate.duplicate' },
    });
    const after = await endOffsets(kafka, topic);
    expect(after.map(Number).reduce((sum, end) => sum + end, 0)).toBe(6);

    const fresh = await draftFor(story);
    expect(fresh.value).not.toBe(draft.value);
    const preview = await api.compensate.preview({ draft: fresh });
    expect(guardOf(preview, 'duplicate')).toMatchObject({
      status: 'failed',
      text: expect.stringMatching(/published already at/i),
    });
    expect(preview.publishable).toBe(false);
    expect(await refused(fresh, preview.planHash)).toMatchObject({ code: 'compensate.duplicate' });
    expect(await endOffsets(kafka, topic)).toEqual(after);
  });

  test('what was not checked is not published', async () => {
    const topic = 'edited.savings.interest';
    const story = await prepared(topic);
    await unlock(story.connection.id);
    const draft = await draftFor(story);
    const { planHash } = await api.compensate.preview({ draft });
    const before = await endOffsets(kafka, topic);
    const edited = { ...draft, value: draft.value.replace('-61.76', '-61.77') };
    expect(edited.value).not.toBe(draft.value);
    expect(await refused(edited, planHash)).toMatchObject({ code: 'compensate.plan-changed' });
    const header = { ...draft, headers: [...draft.headers, { key: 'x-extra', value: null }] };
    expect(await refused(header, planHash)).toMatchObject({ code: 'compensate.plan-changed' });
    expect(await endOffsets(kafka, topic)).toEqual(before);
  });

  test('a head that moved is refused, whether captured or not', async () => {
    const topic = 'moved.savings.interest';
    const story = await prepared(topic);
    await unlock(story.connection.id);
    const draft = await draftFor(story);
    const { planHash } = await api.compensate.preview({ draft });
    const other = new Bank(kafka, topic);
    await other.send([other.event('DepositMade', { amount: '1.00' })]);
    expect((await api.compensate.preview({ draft })).publishable).toBe(true);

    await story.bank.send([story.bank.event('FeeCharged', { amount: '5.00' })]);
    const before = await endOffsets(kafka, topic);
    const preview = await api.compensate.preview({ draft });
    expect(guardOf(preview, 'head')).toMatchObject({
      status: 'failed',
      text: expect.stringContaining('FeeCharged'),
    });
    expect(await refused(draft, planHash)).toMatchObject({
      code: 'compensate.head-moved',
      message: expect.stringContaining('FeeCharged'),
    });
    await captureAll(api, story.connection.id, [topic]);
    expect(await refused(draft, planHash)).toMatchObject({ code: 'compensate.head-moved' });
    expect(await endOffsets(kafka, topic)).toEqual(before);

    const anew = await draftFor(story);
    const checked = await api.compensate.preview({ draft: anew });
    expect(checked.publishable).toBe(true);
    const receipt = await api.compensate.publish({
      draft: anew,
      planHash: checked.planHash,
      typedName: null,
    });
    expect(receipt.readBack).toBe('same');
  });

  test('production asks for the name, at unlocking and at publishing', async () => {
    const story = await prepared('production.savings.interest', { environment: 'production' });
    const { id, name } = story.connection;
    await expect(unlock(id)).rejects.toMatchObject({ code: 'connection.name-mismatch' });
    await expect(unlock(id, name.toUpperCase())).rejects.toMatchObject({ code: 'connection.name-mismatch' });
    await unlock(id, name);
    const draft = await draftFor(story);
    const preview = await api.compensate.preview({ draft });
    expect(guardOf(preview, 'confirm')).toMatchObject({
      status: 'open',
      text: expect.stringContaining(name),
    });
    expect(preview.publishable).toBe(true);
    for (const typed of [null, '', `${name} `])
      expect(await refused(draft, preview.planHash, typed)).toMatchObject({
        code: 'connection.name-mismatch',
      });
    const receipt = await api.compensate.publish({ draft, planHash: preview.planHash, typedName: name });
    expect(receipt.environment).toBe('production');
  });

  describe('an event that cannot stand in its stream', () => {
    let story: Awaited<ReturnType<typeof prepared>>;
    let draft: Draft;
    beforeAll(async () => {
      story = await prepared('invalid.savings.interest');
      await unlock(story.connection.id);
      draft = await draftFor(story);
    });

    test.each<[string, (draft: Draft) => Draft, RegExp]>([
      ['no JSON', (one) => ({ ...one, value: `${one.value}}` }), /JSON/],
      [
        'another aggregate',
        (one) => ({ ...one, value: one.value.replaceAll(story.bank.account, 'SA-other') }),
        /belong/,
      ],
      ['a key of another', (one) => ({ ...one, key: 'SA-other' }), /key/],
      [
        'no type',
        (one) => ({ ...one, value: one.value.replace('"InterestPostingReversed"', '""') }),
        /no longer has the shape/,
      ],
      ['no reason', (one) => ({ ...one, reason: ' ' }), /reason/],
      [
        'an amount that is no number',
        (one) => ({ ...one, value: one.value.replace('-61.76', '"much"') }),
        /amount/,
      ],
      ['an id that exists', (one) => reuseId(one, story.doubledId), /already used/],
      ['another topic', (one) => ({ ...one, topic: 'loop.savings.interest' }), /topic/],
    ])('%s', async (_what, spoil, problem) => {
      const before = await endOffsets(kafka, story.bank.topic);
      const spoiled = spoil(draft);
      const preview = await api.compensate.preview({ draft: spoiled }).catch((error: Error) => error);
      const said = preview instanceof Error ? preview.message : (guardOf(preview, 'valid')?.text ?? '');
      expect(said).toMatch(problem);
      if (!(preview instanceof Error)) expect(preview.publishable).toBe(false);
      const planHash = preview instanceof Error ? '' : preview.planHash;
      expect(await refused(spoiled, planHash)).toMatchObject({ code: 'compensate.invalid' });
      expect(await endOffsets(kafka, story.bank.topic)).toEqual(before);
    });

    test('an unknown aggregate, and a record of another one', async () => {
      const ref = { type: 'SavingsAccount', id: 'nobody' };
      const ask = { connectionId: story.connection.id, actor: 'x' };
      await expect(api.compensate.draft({ ...ask, ref, correctedId: null })).rejects.toMatchObject({
        code: 'aggregate.unknown',
      });
      await expect(
        api.compensate.draft({ ...ask, ref: story.bank.ref, correctedId: 99_999 }),
      ).rejects.toMatchObject({ code: 'compensate.invalid' });
    });
  });

  test('follows the earlier events when they do not lie where the key hash says', async () => {
    const topic = 'elsewhere.savings.interest';
    const story = await prepared(topic, { partition: 0 });
    let partition = 0;
    // The account's id is random: make sure that partition 0 is not where the hash would put it.
    if (partitionForKey(Buffer.from(story.bank.account), PARTITIONS) === 0) {
      const other = new Bank(kafka, topic);
      while (partitionForKey(Buffer.from(other.account), PARTITIONS) === 1)
        Object.assign(other, { account: `${other.account}x` });
      partition = 1;
      const doubledId = await other.doubledInterest({ partition });
      await captureAll(api, story.connection.id, [topic]);
      Object.assign(story, { bank: other, doubledId, correctedId: await recordOf(doubledId) });
    }
    await unlock(story.connection.id);
    const draft = await draftFor(story);
    const preview = await api.compensate.preview({ draft });
    expect(preview.place.partition).toBe(partition);
    expect(guardOf(preview, 'cluster')?.text).toMatch(/the key hash would say/);
    const receipt = await api.compensate.publish({ draft, planHash: preview.planHash, typedName: null });
    expect(receipt.place.partition).toBe(partition);
  });

  test('a new event beside the stream needs no corrected one', async () => {
    const story = await prepared('plain.savings.interest');
    await unlock(story.connection.id);
    const { draft } = await api.compensate.draft({
      connectionId: story.connection.id,
      ref: story.bank.ref,
      correctedId: null,
      actor: 'm.keller',
    });
    const value = draft.value.replace('"event_data": {', '"event_data": {\n    "amount": 12.30,');
    const edited = { ...draft, eventType: 'DepositMade', value, reason: 'Cash found in the till' };
    const preview = await api.compensate.preview({ draft: edited });
    expect(preview.guards.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(preview.shouldBe).toBeNull();
    expect(preview.value.text).toContain('"amount":12.30');
    expect(preview.changes.find(({ path }) => path === 'balance')).toMatchObject({
      before: '841.07',
      after: '853.37',
    });
    const receipt = await api.compensate.publish({
      draft: edited,
      planHash: preview.planHash,
      typedName: null,
    });
    expect(receipt).toMatchObject({ correctedId: null, eventType: 'DepositMade', readBack: 'same' });
  });
});

const reuseId = (draft: Draft, id: string): Draft => ({
  ...draft,
  value: draft.value.replace(/"event_id": "[^"]+"/, `"event_id": "${id}"`),
});
