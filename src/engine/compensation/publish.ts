/** The one place of the engine that writes to Kafka. */
import { randomUUID } from 'node:crypto';
import type { Receipt } from '../../contract/compensate.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { Place } from '../../core/model.ts';
import { asHindcastError } from '../connections/faults.ts';
import type { EngineHost } from '../host.ts';
import type { ClusterClient } from '../kafka/clusterClient.ts';
import { fetchOne } from '../kafka/fetchReader.ts';
import { encodeHeaders } from '../kafka/headers.ts';
import { openProducer, type Published } from '../kafka/producer.ts';
import { type KafkaConnection, KafkaFault, type KafkaLog } from '../kafka/types.ts';
import type { Workspace } from '../store/workspace.ts';
import { type Check, placeOut, placeText } from './check.ts';
import { isSame, readBeyond } from './head.ts';
import { bytesHash } from './planHash.ts';
import type { Attempt } from './receipts.ts';

export interface PublishTools {
  client: ClusterClient;
  connection: KafkaConnection;
  workspace: Workspace;
  kafkaLog: KafkaLog;
  log: EngineHost['log'];
}

/**
 * Sends what was checked, reads it back, looks for a race, keeps the receipt. The check must be fresh and without a
 * failed guard. Once the record may have left, nothing cancels this any more.
 * @throws HindcastError `compensate.unsure` when the broker did not confirm; anything else means: not written
 */
export async function publishChecked(check: Check, tools: PublishTools): Promise<Receipt> {
  const { workspace } = tools;
  const attempt = attemptOf(check);
  const { begun } = await workspace.write('receipts.begin', { attempt });
  if (!begun) throw new HindcastError('compensate.duplicate', { place: 'the place its receipt names' });
  const published = await send(check, tools, attempt);
  const place = { topic: attempt.topic, partition: published.partition, offset: Number(published.offset) };
  const receipt: Receipt = {
    ...attempt.receipt,
    publishedAt: published.timestamp,
    place: placeOut(place),
    readBack: await readBack(check, tools.client, place.offset),
    race: await lookForRace(check, tools, place.offset),
  };
  // The event is in the log: a full disk must not make that look like a failure. The attempt stays noted as pending,
  // and the next check finds the event and writes the receipt.
  await workspace
    .write('receipts.finish', { receipt })
    .catch((error: Error) =>
      tools.log('error', 'The receipt could not be stored', { problem: error.message }),
    );
  return receipt;
}

function attemptOf(check: Check): Attempt {
  const { draft, plan, target, connection, reading } = check;
  const end = reading.read.find(
    ({ topic, partition }) => topic === draft.topic && partition === target.partition,
  );
  return {
    receipt: {
      id: randomUUID(),
      connection: connection.name,
      environment: connection.environment,
      clusterId: check.clusterId,
      ref: draft.ref,
      correctedId: draft.correctedId,
      eventType: plan.eventType,
      eventId: plan.eventId,
      reason: plan.reason,
      actor: draft.actor,
      idempotencyKey: plan.idempotencyKey,
      keyHash: bytesHash(plan.key),
      valueHash: bytesHash(plan.value),
      planHash: check.planHash,
    },
    at: Date.now(),
    topic: draft.topic,
    partition: target.partition,
    checkedEnd: end!.to,
  };
}

/** The producer lives inside this function only. */
async function send(check: Check, tools: PublishTools, attempt: Attempt): Promise<Published> {
  const { topic, partition, at } = attempt;
  const { key, value, headers, idempotencyKey } = check.plan;
  try {
    const producer = await openProducer(tools.connection, { log: tools.kafkaLog });
    try {
      return await producer.publish({ topic, partition, key, value, headers, timestamp: at });
    } finally {
      producer.close();
    }
  } catch (error) {
    const isUnsure = !(error instanceof KafkaFault) || error.code === 'outcome-unknown';
    if (!isUnsure) await tools.workspace.write('receipts.drop', { key: idempotencyKey });
    throw isUnsure && !(error instanceof KafkaFault)
      ? new HindcastError('compensate.unsure', { problem: (error as Error).message }, { cause: error })
      : asHindcastError(error, check.connection.name);
  }
}

async function readBack(check: Check, client: ClusterClient, offset: number): Promise<Receipt['readBack']> {
  const { draft, plan, target } = check;
  try {
    const found = await fetchOne(client, draft.topic, target.partition, offset);
    if (found === null) return 'not-read';
    const same =
      isSame(found.key, plan.key) &&
      isSame(found.value, plan.value) &&
      isSame(found.headers, encodeHeaders(plan.headers));
    return same ? 'same' : 'differs';
  } catch {
    // Written and confirmed all the same: what cannot be read back now must not look like a failed publication.
    return 'not-read';
  }
}

/** What of the aggregate came between the checked head and now, in every partition where its events can be. */
async function lookForRace(check: Check, tools: PublishTools, offset: number): Promise<Receipt['race']> {
  const { draft, plan, target, reading } = check;
  const isTarget = (place: { topic: string; partition: number }) =>
    place.topic === draft.topic && place.partition === target.partition;
  const stretches = reading.read.map((lane) => ({
    ...lane,
    from: lane.to,
    to: isTarget(lane) ? offset : null,
  }));
  try {
    const subject = { ref: draft.ref, key: plan.key };
    const { records, read } = await readBeyond(
      tools.client,
      stretches,
      subject,
      new AbortController().signal,
    );
    const found = await tools.workspace.read('compensation.belonging', { ref: draft.ref, records });
    const [first] = found;
    const looked = read
      .map((lane) => `${lane.topic}/${lane.partition} offsets ${lane.from} to ${lane.to}`)
      .join(', ');
    if (first === undefined)
      return {
        status: 'none',
        text: `No other event of this aggregate lies between the checked head and this one (${looked}). Kafka itself cannot promise that; it was looked for.`,
      };
    const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
    return {
      status: 'found',
      text: `${first.type || 'A record'} at ${placeText(first)}${more} was written by somebody else between the check and this event. Look at both and compensate again if it is due.`,
    };
  } catch (error) {
    return {
      status: 'unknown',
      text: `Whether somebody wrote in between could not be looked for: ${(error as Error).message}. Capture the topic and compare.`,
    };
  }
}

/** The receipt of an attempt whose answer was lost, from the record found in the log. */
export async function recoverReceipt(
  client: ClusterClient,
  attempt: Attempt,
  place: Place,
): Promise<Receipt> {
  const found = await fetchOne(client, place.topic, place.partition, place.offset).catch(() => null);
  const same =
    found !== null &&
    bytesHash(found.key) === attempt.receipt.keyHash &&
    bytesHash(found.value) === attempt.receipt.valueHash;
  return {
    ...attempt.receipt,
    publishedAt: found?.timestamp ?? attempt.at,
    place: placeOut(place),
    readBack: found === null ? 'not-read' : same ? 'same' : 'differs',
    race: {
      status: 'unknown',
      text: 'The broker did not confirm this event when it was sent; it was found in the log later. Whether somebody wrote in between was not looked for then.',
    },
  };
}
