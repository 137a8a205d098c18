import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { BytesOut } from '../../contract/common.ts';
import type { Draft, Guard, Preview, Receipt } from '../../contract/compensate.ts';
import type { Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import { type Check, checkDraft, placeText } from '../compensation/check.ts';
import { textOrNull } from '../compensation/draftRead.ts';
import { guardsOf, isPublishable } from '../compensation/guards.ts';
import { publishChecked, recoverReceipt } from '../compensation/publish.ts';
import { kafkaLog, withCluster } from '../connections/cluster.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import type { Workspace } from '../store/workspace.ts';
import { startCapture } from './capture.ts';
import type { ServiceDeps } from './deps.ts';

/** How long publishing waits for the event to be captured, ms; the capture goes on after that. */
const CAPTURE_WAIT_MS = 15_000;
const NEVER = new AbortController().signal;

export function createCompensateService(deps: ServiceDeps): Service<'compensate'> {
  const { connections, workspaces, changed, log } = deps;
  let publishing: Promise<unknown> = Promise.resolve();

  async function publish(
    { draft, planHash, typedName }: { draft: Draft; planHash: string; typedName: string | null },
    signal: AbortSignal,
  ): Promise<Receipt> {
    const { connectionId } = draft;
    const workspace = workspaces.current();
    if (workspace.readOnly) throw new HindcastError('workspace.read-only', { where: workspace.place });
    connections.requireUnlocked(connectionId);
    const profile = connections.get(connectionId);
    if (profile.environment === 'production' && typedName !== profile.name)
      throw new HindcastError('connection.name-mismatch', { name: profile.name });
    // Not bound to the caller's signal: once the record may have left, everything after it must be done.
    const receipt = await withCluster(deps, connectionId, NEVER, async (client, connection) => {
      const check = await settled(
        client,
        workspace,
        await checkDraft(client, workspace, profile, draft, signal),
      );
      if (check.planHash !== planHash) throw new HindcastError('compensate.plan-changed');
      refuse(check, guardsOf(check, workspace));
      // Checking takes a moment, in which the ten minutes may have ended or somebody may have locked it.
      connections.requireUnlocked(connectionId);
      signal.throwIfAborted();
      return publishChecked(check, { client, connection, workspace, kafkaLog: kafkaLog(log), log });
    });
    log('info', 'Compensating event published', { receipt: receipt.id, place: receipt.place.topic });
    changed.push('receipts');
    await captureAfter(deps, connectionId, draft.topic);
    return receipt;
  }

  /** Gives an unconfirmed attempt that turned out to be written the receipt it never got. */
  async function settled(client: ClusterClient, workspace: Workspace, check: Check): Promise<Check> {
    const { unconfirmed, earlier } = check;
    if (unconfirmed === null || earlier?.place == null || workspace.readOnly) return check;
    await workspace.write('receipts.finish', {
      receipt: await recoverReceipt(client, unconfirmed, earlier.place),
    });
    changed.push('receipts');
    return check;
  }

  return {
    draft: async ({ connectionId, ref, correctedId, actor }, { signal }) => {
      connections.get(connectionId);
      const names = { ref, correctedId, actor, eventId: randomUUID(), now: Date.now() };
      const { draft, fields } = await workspaces.current().read('compensation.draft', names, { signal });
      return { draft: { connectionId, ...draft }, fields };
    },
    preview: async ({ draft }, { signal }) => {
      const workspace = workspaces.current();
      const profile = connections.get(draft.connectionId);
      const check = await withCluster(deps, draft.connectionId, signal, (client) =>
        checkDraft(client, workspace, profile, draft, signal).then((done) =>
          settled(client, workspace, done),
        ),
      );
      return previewOf(check, guardsOf(check, workspace));
    },
    // One at a time: the second of two equal requests must see what the first has done.
    publish: (input, { signal }) => {
      const mine = publishing.then(() => publish(input, signal));
      publishing = mine.catch(() => {});
      return mine;
    },
    receipts: async () => {
      const stored = await workspaces.current().read('receipts.list', {});
      return stored.flatMap(({ receipt }) => (receipt === null ? [] : [receipt]));
    },
  };
}

/** The first guard that failed, as the error that says so; that it was published already explains any other. */
function refuse(check: Check, guards: readonly Guard[]): void {
  const all = guards.filter(({ status }) => status === 'failed');
  const failed = all.find(({ code }) => code === 'duplicate') ?? all[0];
  if (failed === undefined) return;
  const { connection, plan, earlier, clusterId } = check;
  const problem = failed.text.replace(/\.\s*$/, '');
  if (failed.code === 'read-only') throw new HindcastError('connection.read-only', { name: connection.name });
  if (failed.code === 'cluster' && plan.clusterId !== null)
    throw new HindcastError('workspace.other-cluster', {
      where: 'The workspace',
      found: plan.clusterId,
      asked: clusterId,
    });
  if (failed.code === 'head') throw new HindcastError('compensate.head-moved', { problem });
  if (failed.code === 'duplicate') {
    if (earlier?.place == null) throw new HindcastError('compensate.unsure', { problem });
    throw new HindcastError('compensate.duplicate', { place: placeText(earlier.place) });
  }
  throw new HindcastError('compensate.invalid', { problem });
}

/** Brings the new event into the workspace. The receipt stands whether this works or not. */
async function captureAfter(deps: ServiceDeps, connectionId: string, topic: string): Promise<void> {
  const { jobs, log } = deps;
  try {
    const { jobId } = startCapture(deps, { connectionId, topics: [topic], from: 'go-on' });
    let timer: NodeJS.Timeout | undefined;
    const wait = new Promise((done) => {
      timer = setTimeout(done, CAPTURE_WAIT_MS);
    });
    await Promise.race([jobs.ended(jobId), wait]);
    clearTimeout(timer);
  } catch (error) {
    log('warn', 'The topic was not captured after publishing', { topic, problem: (error as Error).message });
  }
}

function bytesOut(bytes: Uint8Array): z.infer<typeof BytesOut> {
  const part = bytes.subarray(0, LIMITS.bytesChunk);
  const cut = part.length < bytes.length;
  const text = cut ? null : textOrNull(part);
  const shown = text ?? Buffer.from(part).toString('base64');
  return { encoding: text === null ? 'base64' : 'utf8', text: shown, size: bytes.length, cut };
}

function previewOf(check: Check, guards: Guard[]): Preview {
  const { plan, connection, clusterId, draft, target } = check;
  const { states, head, corrected } = plan;
  const version = (of: { version: number | null }) => (of.version === null ? '' : ` v${of.version}`);
  return {
    now: {
      state: states.now,
      note: `after ${head.type || 'the last record'}${version(head)} at ${placeText(head)}`,
    },
    shouldBe:
      states.shouldBe === null || corrected === null
        ? null
        : { state: states.shouldBe, note: `without ${corrected.type}${version(corrected)}` },
    after: { state: states.after, note: `with ${plan.eventType} at the end` },
    changes: plan.changes,
    afterEqualsShouldBe: plan.afterEqualsShouldBe,
    place: {
      connection: connection.name,
      environment: connection.environment,
      clusterId,
      topic: draft.topic,
      partition: target.partition,
    },
    key: bytesOut(plan.key ?? new Uint8Array(0)),
    value: bytesOut(plan.value),
    headers: plan.headers.map(({ key, value }) => ({ key, value: value === null ? null : bytesOut(value) })),
    fields: plan.fields,
    guards,
    planHash: check.planHash,
    publishable: isPublishable(guards),
  };
}
