// What is left when something dies or somebody slips in between: nothing is sent twice, nothing is forgotten.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Draft } from '../../../src/contract/compensate.ts';
import type { Connection } from '../../../src/contract/connections.ts';
import { type Check, checkDraft } from '../../../src/engine/compensation/check.ts';
import { publishChecked } from '../../../src/engine/compensation/publish.ts';
import type { Attempt } from '../../../src/engine/compensation/receipts.ts';
import { connectCluster } from '../../../src/engine/kafka/clusterClient.ts';
import { openProducer } from '../../../src/engine/kafka/producer.ts';
import { saveRecording } from '../../../src/engine/store/recording.ts';
import { openWorkspace, type Workspace } from '../../../src/engine/store/workspace.ts';
import { type KafkaHandle, sharedKafka } from '../../kafka/broker.ts';
import { describeKafka } from '../../kafka/describe.ts';
import { connectionTo, createTopic } from '../kafka/support.ts';
import { Bank, captureAll, connectionInput, endOffsets, startEngine, temporaryFolder } from './support.ts';

const NEVER = new AbortController().signal;
const log = () => {};

describeKafka('receipts', () => {
  const folder = temporaryFolder();
  let kafka: KafkaHandle;

  beforeAll(async () => {
    kafka = await sharedKafka();
  });
  afterAll(() => folder.remove());

  /** An account captured into a workspace, a draft for it, and the engine closed again. */
  async function drafted(topic: string) {
    await createTopic(kafka, topic, { partitions: 1 });
    const bank = new Bank(kafka, topic);
    const eventId = await bank.doubledInterest();
    const engine = await startEngine(folder.path);
    try {
      const { api } = engine;
      await api.workspace.create({ name: topic });
      const connection = await api.connections.save({
        connection: connectionInput(kafka.bootstrap),
        secrets: {},
      });
      await captureAll(api, connection.id, [topic]);
      const { rows } = await api.events.query({ filter: { eventId }, from: 0, count: 1 });
      const ask = { connectionId: connection.id, ref: bank.ref, correctedId: rows[0]!.id, actor: 'm.keller' };
      const { draft } = await api.compensate.draft(ask);
      const file = join(folder.path, 'workspaces', `${topic}.hindcast`);
      return { bank, connection, draft: { ...draft, reason: 'Posted twice' }, file };
    } finally {
      await engine.close();
    }
  }

  async function inWorkspace<T>(file: string, work: (workspace: Workspace) => Promise<T>): Promise<T> {
    const workspace = await openWorkspace(file, { mode: 'open', log });
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  }

  async function withCheck<T>(
    { file, connection, draft }: { file: string; connection: Connection; draft: Draft },
    work: (
      check: Check,
      workspace: Workspace,
      client: Awaited<ReturnType<typeof connectCluster>>,
    ) => Promise<T>,
  ): Promise<T> {
    return inWorkspace(file, async (workspace) => {
      const client = await connectCluster(connectionTo(kafka));
      try {
        return await work(await checkDraft(client, workspace, connection, draft, NEVER), workspace, client);
      } finally {
        client.close();
      }
    });
  }

  const attemptOf = ({ plan, draft, planHash, reading }: Check, at: number): Attempt => ({
    receipt: {
      id: randomUUID(),
      connection: 'test',
      environment: 'development',
      clusterId: plan.clusterId,
      ref: draft.ref,
      correctedId: draft.correctedId,
      eventType: plan.eventType,
      eventId: plan.eventId,
      reason: plan.reason,
      actor: draft.actor,
      idempotencyKey: plan.idempotencyKey,
      keyHash: '',
      valueHash: '',
      planHash,
    },
    at,
    topic: draft.topic,
    partition: 0,
    checkedEnd: reading.read[0]!.to,
  });

  test('a writer who slips in between the check and the write is found and named', async () => {
    const story = await drafted('race.savings');
    const receipt = await withCheck(story, async (check, workspace, client) => {
      expect(check.moved).toEqual([]);
      await story.bank.send([story.bank.event('WithdrawalMade', { amount: '20.00' })]);
      const tools = { client, workspace, connection: connectionTo(kafka), kafkaLog: () => {}, log };
      return publishChecked(check, tools);
    });
    expect(receipt.readBack).toBe('same');
    expect(receipt.race).toMatchObject({
      status: 'found',
      text: expect.stringContaining('WithdrawalMade at race.savings:0:5'),
    });
    expect(receipt.place.offset).toBe('6');
  });

  test('a crash between the answer of the broker and the receipt is found out: nothing is sent again', async () => {
    const story = await drafted('crash.savings');
    await withCheck(story, async (check, workspace) => {
      await workspace.write('receipts.begin', { attempt: attemptOf(check, Date.now()) });
      const { key, value, headers } = check.plan;
      const producer = await openProducer(connectionTo(kafka));
      await producer.publish({
        topic: 'crash.savings',
        partition: 0,
        key,
        value,
        headers,
        timestamp: Date.now(),
      });
      producer.close();
    });
    const engine = await startEngine(folder.path);
    try {
      const { api } = engine;
      await api.connections.unlock({ id: story.connection.id, reason: 'again', typedName: null });
      expect(await api.compensate.receipts({})).toEqual([]);
      const preview = await api.compensate.preview({ draft: story.draft });
      expect(preview.guards.find(({ code }) => code === 'duplicate')?.status).toBe('failed');
      const sent = api.compensate.publish({
        draft: story.draft,
        planHash: preview.planHash,
        typedName: null,
      });
      await expect(sent).rejects.toMatchObject({
        code: 'compensate.duplicate',
        message: expect.stringContaining('crash.savings:0:5'),
      });
      expect(await endOffsets(kafka, 'crash.savings')).toEqual(['6']);
      const [receipt] = await api.compensate.receipts({});
      expect(receipt).toMatchObject({
        place: { topic: 'crash.savings', partition: 0, offset: '5' },
        race: { status: 'unknown' },
      });
    } finally {
      await engine.close();
    }
  });

  test('an attempt that was never answered and is not in the log blocks at first, then is said', async () => {
    const story = await drafted('lost.savings');
    const guardAfter = async (at: number) => {
      await withCheck(story, (check, workspace) =>
        workspace.write('receipts.begin', { attempt: attemptOf(check, at) }),
      );
      return withCheck(story, async ({ earlier }) => earlier);
    };
    // As just sent, however long the next steps take.
    expect(await guardAfter(Date.now() + 600_000)).toMatchObject({ standing: 'unsettled', place: null });
    const engine = await startEngine(folder.path);
    await engine.api.connections.unlock({ id: story.connection.id, reason: 'again', typedName: null });
    const { planHash } = await engine.api.compensate.preview({ draft: story.draft });
    await expect(
      engine.api.compensate.publish({ draft: story.draft, planHash, typedName: null }),
    ).rejects.toMatchObject({ code: 'compensate.unsure' });
    await engine.close();
    expect(await endOffsets(kafka, 'lost.savings')).toEqual(['5']);
    expect(await guardAfter(Date.now() - 120_000)).toMatchObject({ standing: 'gone' });
  });

  test('a receipt survives SIGKILL the moment it is written', async () => {
    const story = await drafted('killed.savings');
    const attempt = await withCheck(story, async (check) => attemptOf(check, Date.now()));
    const receipt = {
      ...attempt.receipt,
      publishedAt: attempt.at,
      place: { topic: 'killed.savings', partition: 0, offset: '5' },
      readBack: 'same',
      race: { status: 'none', text: '' },
    };
    const root = new URL('../../../src/engine/store/workspace.ts', import.meta.url).href;
    const script = `
      const { openWorkspace } = await import(${JSON.stringify(root)});
      const workspace = await openWorkspace(${JSON.stringify(story.file)}, { mode: 'open', log() {} });
      await workspace.write('receipts.begin', { attempt: ${JSON.stringify(attempt)} });
      await workspace.write('receipts.finish', { receipt: ${JSON.stringify(receipt)} });
      process.kill(process.pid, 'SIGKILL');`;
    const program = join(folder.path, 'killed.mjs');
    writeFileSync(program, script);
    const ended = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    expect(ended.signal, ended.stderr).toBe('SIGKILL');
    const engine = await startEngine(folder.path);
    expect(await engine.api.compensate.receipts({})).toEqual([receipt]);
    await engine.close();
  });

  test('a workspace of another cluster, and a recording, cannot be published from', async () => {
    const story = await drafted('foreign.savings');
    const { draft, connection } = story;
    const check = await withCheck(story, async (done) => done);
    const engine = await startEngine(folder.path);
    const foreign = join(folder.path, 'workspaces', 'foreign.hindcast');
    const workspace = await openWorkspace(foreign, { mode: 'create', log });
    const texts = [
      story.bank.event('SavingsAccountOpened', {}),
      story.bank.event('DepositMade', { amount: '9.00' }),
    ];
    await workspace.write('appendRecords', {
      clusterId: 'another-cluster',
      end: true,
      records: texts.map(({ text }, offset) => ({
        ...{ topic: draft.topic, partition: 0, offset, timestamp: 1_764_580_000_000 + offset },
        ...{ key: Buffer.from(draft.key), value: Buffer.from(text), headers: [] },
      })),
    });
    const recording = join(folder.path, 'recording.hindcast');
    await saveRecording(workspace, recording);
    await workspace.close();
    try {
      const { api } = engine;
      await api.connections.unlock({ id: connection.id, reason: 'again', typedName: null });
      await api.workspace.open({ name: 'foreign' });
      const ask = { connectionId: connection.id, ref: draft.ref, correctedId: null, actor: 'x' };
      const other = { ...(await api.compensate.draft(ask)).draft, reason: 'Wrong place' };
      const preview = await api.compensate.preview({ draft: other });
      expect(preview.guards.find(({ code }) => code === 'cluster')?.text).toContain('another-cluster');
      const sent = api.compensate.publish({ draft: other, planHash: preview.planHash, typedName: null });
      await expect(sent).rejects.toMatchObject({ code: 'workspace.other-cluster' });

      await engine.engine.openWorkspaceFile(recording, 'open');
      expect(await api.compensate.receipts({})).toEqual([]);
      const shown = await api.compensate.preview({ draft: other });
      expect(shown.guards.find(({ code }) => code === 'read-only')).toMatchObject({ status: 'failed' });
      await expect(
        api.compensate.publish({ draft: other, planHash: shown.planHash, typedName: null }),
      ).rejects.toMatchObject({ code: 'workspace.read-only' });
      expect(await endOffsets(kafka, draft.topic)).toEqual([String(check.reading.read[0]!.to)]);
    } finally {
      await engine.close();
    }
  });
});
