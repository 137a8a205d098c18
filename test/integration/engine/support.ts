// A whole engine behind the memory carrier, as a page sees it: every answer is checked against the contract.
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { expect } from 'vitest';
import type { ConnectionInput } from '../../../src/contract/connections.ts';
import type { Api } from '../../../src/contract/contract.ts';
import type { JobState } from '../../../src/contract/system.ts';
import { createEngine, type Engine } from '../../../src/engine/app.ts';
import type { EngineHost, SecretBox } from '../../../src/engine/host.ts';
import { forkConsole } from '../../../src/engine/projection/testing/kit.ts';
import { memoryPair } from '../../../src/rpc/carriers/memory.ts';
import { createClient } from '../../../src/rpc/client.ts';
import { serveCarrier } from '../../../src/rpc/server.ts';
import type { KafkaHandle } from '../../kafka/broker.ts';
import { PATIENT_CLIENT } from '../../kafka/patience.ts';

const KEY = randomBytes(32);

/** Real encryption with a key of this process. */
export const secretBox: SecretBox = {
  description: 'AES-256-GCM with a key of this test',
  async seal(plain) {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', KEY, iv);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  },
  async open(text) {
    const bytes = Buffer.from(text, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12));
    cipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString('utf8');
  },
};

export interface TestEngine {
  api: Api;
  engine: Engine;
  dataDir: string;
  log: string[];
  /** Ends the engine and keeps its folder. */
  close(): Promise<void>;
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'hindcast-engine-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function startEngine(
  dataDir: string,
  options: { demoRecording?: string; tokens?: Map<string, string> } = {},
): Promise<TestEngine> {
  const log: string[] = [];
  const host: EngineHost = {
    door: 'test',
    version: '0.0.0',
    dataDir,
    demoRecording: options.demoRecording ?? null,
    user: 'm.keller',
    restarts: 0,
    secrets: secretBox,
    spawnHelper: forkConsole,
    resolveFileToken: (token) => options.tokens?.get(token) ?? null,
    log: (level, message, facts) => void log.push(`${level} ${message} ${JSON.stringify(facts ?? {})}`),
  };
  const engine = await createEngine(host);
  const [page, own] = memoryPair();
  const served = serveCarrier(own, engine.services, { log: host.log, validateOutputs: true });
  const client = createClient(page);
  return {
    api: client.api,
    engine,
    dataDir,
    log,
    async close() {
      client.close();
      served.close();
      await engine.close();
    },
  };
}

export const connectionInput = (brokers: string, more: Partial<ConnectionInput> = {}): ConnectionInput => ({
  id: null,
  name: `test-${randomUUID().slice(0, 8)}`,
  brokers: brokers.split(','),
  environment: 'development',
  tls: null,
  sasl: null,
  ...more,
});

/** Waits for the end of a job. */
export async function ended(api: Api, jobId: string): Promise<JobState> {
  const abort = new AbortController();
  for await (const states of api.jobs.watch({}, { signal: abort.signal })) {
    const state = states.find(({ id }) => id === jobId);
    if (state !== undefined && state.status !== 'running') {
      abort.abort();
      return state;
    }
  }
  throw new Error('the stream of jobs ended');
}

/** Captures topics from their beginning and expects all of them. */
export async function captureAll(api: Api, connectionId: string, topics: string[]): Promise<JobState> {
  const { jobId } = await api.capture.start({ connectionId, topics, from: 'earliest' });
  const state = await ended(api, jobId);
  expect(state, JSON.stringify(state.error)).toMatchObject({ status: 'done', error: null });
  return state;
}

/** End offsets of all partitions of a topic, as kafkajs sees them. */
export async function endOffsets(kafka: KafkaHandle, topic: string): Promise<string[]> {
  const admin = client(kafka).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => high);
  } finally {
    await admin.disconnect();
  }
}

const client = (kafka: KafkaHandle) =>
  new Kafka({ ...PATIENT_CLIENT, brokers: kafka.bootstrap.split(','), clientId: 'other' });

/** Another program that writes events of an account in shape A. */
export class Bank {
  readonly topic: string;
  readonly account: string = randomUUID();
  readonly kafka: KafkaHandle;
  #second = 0;

  constructor(kafka: KafkaHandle, topic: string) {
    this.kafka = kafka;
    this.topic = topic;
  }

  get ref(): { type: string; id: string } {
    return { type: 'SavingsAccount', id: this.account };
  }

  event(
    type: string,
    data: Record<string, unknown>,
    id: string = randomUUID(),
  ): { id: string; text: string } {
    const at = new Date(Date.UTC(2025, 11, 1, 9, 0, this.#second++)).toISOString();
    // Amounts are written as the bank writes them: with two decimals, which JSON.stringify would drop.
    const text = JSON.stringify({
      event_id: id,
      event_type: type,
      event_version: 1,
      aggregate_type: 'SavingsAccount',
      aggregate_id: this.account,
      tenant_id: 'tenant-123',
      user_id: 'user-456',
      event_data: data,
      correlation_id: 'batch-2025-12',
      causation_id: null,
      event_timestamp: at,
      metadata: { source: 'ultracore-api', version: '1.0.0' },
    }).replace(/"(-?\d+\.\d\d)"/g, '$1');
    return { id, text };
  }

  async send(
    events: { text: string }[],
    options: { topic?: string; partition?: number; key?: string | null } = {},
  ): Promise<void> {
    const producer = client(this.kafka).producer();
    await producer.connect();
    try {
      const { topic = this.topic, partition, key = this.account } = options;
      const headers = { 'x-tenant': 'tenant-123' };
      await producer.send({
        topic,
        messages: events.map(({ text }) => ({ key, value: text, headers, partition })),
      });
    } finally {
      await producer.disconnect();
    }
  }

  /** Opened, approved, a deposit, interest, and the same interest again by a retry. Returns the id of the second. */
  async doubledInterest(options: { partition?: number } = {}): Promise<string> {
    const second = randomUUID();
    const interest = { amount: '61.76', period: '2025-12' };
    await this.send(
      [
        this.event('SavingsAccountOpened', { account_number: 'SA1000420017', account_name: 'Holiday' }),
        this.event('SavingsAccountApproved', { approved_by: 'user-9' }),
        this.event('DepositMade', { amount: '717.55', currency: 'AUD' }),
        this.event('InterestPosted', interest),
        this.event('InterestPosted', interest, second),
      ],
      options,
    );
    return second;
  }
}
