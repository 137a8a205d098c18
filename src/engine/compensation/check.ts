/** Everything that is looked at before a compensation may be sent. Reads only. */

import type { PlaceOut } from '../../contract/common.ts';
import { int64 } from '../../contract/common.ts';
import type { Draft } from '../../contract/compensate.ts';
import type { Connection } from '../../contract/connections.ts';
import type { Place } from '../../core/model.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { groupsOfTopic } from '../kafka/groups.ts';
import type { Workspace } from '../store/workspace.ts';
import { type Reading, readBeyond, type Stretch } from './head.ts';
import { planHash } from './planHash.ts';
import { carriesKey, type FreshEvent, type Plan } from './planRead.ts';
import type { Attempt, StoredCompensation } from './receipts.ts';
import { chooseTarget, type Target } from './target.ts';

/** An earlier compensation with the same idempotency key. */
export interface Earlier {
  place: Place | null;
  /** published: it is in the log. unsettled: it was sent, not confirmed, and may still arrive. gone: it never arrived. */
  standing: 'published' | 'unsettled' | 'gone';
  text: string;
}

export interface Check {
  draft: Draft;
  connection: Connection;
  clusterId: string | null;
  plan: Plan;
  target: Target;
  planHash: string;
  /** The end of the log in every partition where an event of the aggregate could be. */
  reading: Reading;
  /** Events of the aggregate that are not captured. */
  moved: FreshEvent[];
  earlier: Earlier | null;
  /** The attempt with this key that the broker never confirmed. */
  unconfirmed: Attempt | null;
  /** Other compensations of the same event in this workspace. */
  sameEvent: StoredCompensation[];
  /** Who reads the topic of the event, or why that is not known. */
  groups: Readers | { problem: string };
}

export interface Readers {
  /** Groups with a committed offset or a member on the topic, by name. */
  reading: { groupId: string; isShare: boolean; active: boolean }[];
  /** Groups of which it is not known whether they read it. */
  unclear: string[];
  /** Other groups may exist that the cluster does not show to this login. */
  hidden: boolean;
  /** Brokers whose groups are not known. */
  problems: string[];
}

/** A request that is this old can no longer be under way: the producer waits 30 s for each answer and closes. */
const SETTLED_MS = 60_000;

export async function checkDraft(
  client: ClusterClient,
  workspace: Workspace,
  connection: Connection,
  draft: Draft,
  signal: AbortSignal,
): Promise<Check> {
  const now = Date.now();
  const maxBytes = await maxMessageBytes(client, draft.topic);
  const plan = await workspace.read('compensation.plan', { draft, now, maxBytes }, { signal });
  const partitions = await client.partitions(draft.topic);
  const target = chooseTarget(plan, partitions.length);
  const stretches = await stretchesOf(workspace, plan, { topic: draft.topic, partition: target.partition });
  const subject = { ref: draft.ref, key: plan.key };
  const reading = await readBeyond(client, stretches, subject, signal);
  const moved = await workspace.read('compensation.belonging', { ref: draft.ref, records: reading.records });
  const stored = await workspace.read('receipts.list', {});
  const own = stored.find(({ attempt }) => attempt.receipt.idempotencyKey === plan.idempotencyKey) ?? null;
  const { clusterId } = client;
  return {
    draft,
    connection,
    clusterId,
    plan,
    target,
    planHash: planHash({ ...plan, clusterId, topic: draft.topic, partition: target.partition }),
    reading,
    moved,
    earlier: await findEarlier(client, { plan, reading, own, subject, signal }),
    unconfirmed: own?.status === 'pending' ? own.attempt : null,
    sameEvent: stored.filter(
      ({ attempt: { receipt } }) =>
        receipt.correctedId !== null &&
        receipt.correctedId === draft.correctedId &&
        receipt.idempotencyKey !== plan.idempotencyKey,
    ),
    groups: await groupsOf(
      client,
      draft.topic,
      partitions.map(({ id }) => id),
    ),
  };
}

/** The partitions of the stream and of the new event, each from where the capture stands. */
async function stretchesOf(
  workspace: Workspace,
  plan: Plan,
  target: { topic: string; partition: number },
): Promise<Stretch[]> {
  const isKnown = plan.lanes.some(
    (lane) => lane.topic === target.topic && lane.partition === target.partition,
  );
  const lanes = isKnown
    ? plan.lanes
    : [...plan.lanes, ...(await workspace.read('compensation.standing', { partitions: [target] }))];
  return lanes.map(({ topic, partition, captured }) => ({ topic, partition, from: captured, to: null }));
}

async function findEarlier(
  client: ClusterClient,
  facts: {
    plan: Plan;
    reading: Reading;
    own: StoredCompensation | null;
    subject: Parameters<typeof readBeyond>[2];
    signal: AbortSignal;
  },
): Promise<Earlier | null> {
  const { plan, reading, own } = facts;
  const key = plan.idempotencyKey;
  const published = (place: Place, how: string): Earlier => ({
    place,
    standing: 'published',
    text: `published already at ${placeText(place)}${how}`,
  });
  if (own?.receipt) {
    const { topic, partition, offset } = own.receipt.place;
    return published({ topic, partition, offset: Number(offset) }, '; its receipt is in this workspace');
  }
  if (plan.duplicates[0] !== undefined) return published(plan.duplicates[0], '; it is captured');
  const fresh = reading.records.find((record) => carriesKey(record, key));
  if (fresh !== undefined) return published(fresh, '; it is not captured yet');
  if (own === null) return null;
  return lookForAttempt(client, own, facts);
}

/** An attempt without an answer: the log itself tells whether it arrived. */
async function lookForAttempt(
  client: ClusterClient,
  { attempt }: StoredCompensation,
  { subject, signal, plan }: { subject: Parameters<typeof readBeyond>[2]; signal: AbortSignal; plan: Plan },
): Promise<Earlier> {
  const { topic, partition, checkedEnd, at } = attempt;
  const stretch = { topic, partition, from: checkedEnd, to: null };
  const { records, read } = await readBeyond(client, [stretch], subject, signal);
  const found = records.find((record) => carriesKey(record, plan.idempotencyKey));
  if (found !== undefined) {
    const place = { topic, partition, offset: found.offset };
    return {
      place,
      standing: 'published',
      text: `published already at ${placeText(place)}: the broker had not confirmed it, but it is there`,
    };
  }
  const sent = new Date(at).toISOString();
  const looked = `looked for it in ${topic}/${partition} up to offset ${read[0]!.to}: it is not there`;
  if (Date.now() - at < SETTLED_MS)
    return {
      place: null,
      standing: 'unsettled',
      text: `sent at ${sent} and not confirmed; ${looked} yet. Wait a minute and check again`,
    };
  return { place: null, standing: 'gone', text: `an attempt of ${sent} was not confirmed; ${looked}` };
}

async function maxMessageBytes(client: ClusterClient, topic: string): Promise<number | null> {
  const found = (await client.describeConfigs([topic], ['max.message.bytes'])).get(topic);
  const text = found?.values.get('max.message.bytes');
  return text == null ? null : Number(text);
}

async function groupsOf(
  client: ClusterClient,
  topic: string,
  partitions: number[],
): Promise<Check['groups']> {
  try {
    const { groups, unclear, faults, sees } = await groupsOfTopic(client, { name: topic, partitions });
    return {
      reading: groups.map(({ groupId, protocol, members }) => ({
        groupId,
        isShare: protocol === 'share',
        active: (members?.length ?? 0) > 0,
      })),
      unclear: unclear.map(({ groupId }) => groupId),
      hidden: sees !== 'all',
      problems: faults.map(({ message }) => message),
    };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

export const placeText = ({ topic, partition, offset }: Place): string => `${topic}:${partition}:${offset}`;
export const placeOut = ({ topic, partition, offset }: Place): PlaceOut => ({
  topic,
  partition,
  offset: int64(offset),
});
