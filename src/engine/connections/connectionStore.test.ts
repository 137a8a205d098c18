import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type ConnectionInput } from '../../contract/connections.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { SecretBox } from '../host.ts';
import { openConnectionStore, UNLOCKED_MS } from './connectionStore.ts';

const CANARY = 'canary-7f3a-Πάσσ';

function secretBox(): SecretBox {
  const key = randomBytes(32);
  return {
    description: 'AES-256-GCM with a key of this test',
    async seal(plain) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    async open(text) {
      const bytes = Buffer.from(text, 'base64');
      const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      cipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString('utf8');
    },
  };
}

const INPUT: ConnectionInput = {
  id: null,
  name: 'core-banking',
  brokers: ['kafka.example.com:9092'],
  environment: 'production',
  tls: null,
  sasl: { mechanism: 'scram-sha-256', username: 'reader' },
};

let dataDir: string;
let lines: string[];
const open = (secrets = secretBox(), now?: () => number) =>
  openConnectionStore({
    dataDir,
    secrets,
    log: (level, message, facts) => lines.push(`${level} ${message} ${JSON.stringify(facts)}`),
    onChange: () => {},
    now,
  });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hindcast-connections-'));
  lines = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(dataDir, { recursive: true, force: true });
});

describe('saved connections', () => {
  it('survive a restart, and the page never gets a secret', async () => {
    const secrets = secretBox();
    const first = await open(secrets);
    const saved = await first.save(INPUT, { password: CANARY });
    const second = await open(secrets);
    expect(second.list()).toEqual([saved]);
    expect(Connection.parse(saved)).toMatchObject({ has: { password: true, key: false }, unlocked: null });
    expect(JSON.stringify(second.list())).not.toContain(CANARY);
    expect((await second.toKafka(saved.id)).sasl?.password).toBe(CANARY);
  });

  it('lie in a file that only its owner may read, without the secret in any form', async () => {
    const store = await open();
    const { id } = await store.save(INPUT, { password: CANARY, passphrase: CANARY });
    await store.toKafka(id);
    store.unlock(id, 'dispute 0412', 'core-banking');
    const files = await readdir(dataDir);
    expect(files).toEqual(['connections.json']);
    expect((await stat(join(dataDir, 'connections.json'))).mode & 0o777).toBe(0o600);
    const disk = await readFile(join(dataDir, 'connections.json'), 'utf8');
    const forms = ['utf8', 'base64', 'hex', 'base64url'] as const;
    for (const text of [disk, lines.join('\n')])
      for (const form of forms) expect(text).not.toContain(Buffer.from(CANARY, 'utf8').toString(form));
    store.close();
  });

  it('keep a secret that was not typed, replace one that was, remove one that was cleared', async () => {
    const store = await open();
    const { id } = await store.save(INPUT, { password: 'one' });
    await store.save({ ...INPUT, id, brokers: ['other:9092'] }, {});
    expect((await store.toKafka(id)).sasl?.password).toBe('one');
    await store.save({ ...INPUT, id }, { password: 'two' });
    expect((await store.toKafka(id)).sasl?.password).toBe('two');
    expect((await store.save({ ...INPUT, id }, { password: null })).has.password).toBe(false);
    await expect(store.toKafka(id)).rejects.toMatchObject({ code: 'connection.secret-missing' });
  });

  it('fill in what is missing on a form, only for the connection it belongs to', async () => {
    const store = await open();
    const { id } = await store.save(INPUT, { password: 'stored' });
    expect((await store.formToKafka({ ...INPUT, id }, {})).sasl?.password).toBe('stored');
    expect((await store.formToKafka({ ...INPUT, id }, { password: 'typed' })).sasl?.password).toBe('typed');
    await expect(store.formToKafka(INPUT, {})).rejects.toMatchObject({ code: 'connection.secret-missing' });
  });

  it('carry TLS with a client certificate', async () => {
    const store = await open();
    const tls = { ca: 'CA', cert: 'CERT', verify: true };
    const { id } = await store.save({ ...INPUT, sasl: null, tls }, { key: 'KEY', passphrase: 'PHRASE' });
    expect((await store.toKafka(id)).tls).toEqual({ ...tls, key: 'KEY', passphrase: 'PHRASE' });
  });

  it('refuse two of one name and an id that nobody has', async () => {
    const store = await open();
    await store.save(INPUT, {});
    await expect(store.save(INPUT, {})).rejects.toMatchObject({ code: 'input.invalid' });
    await expect(store.save({ ...INPUT, id: 'x' }, {})).rejects.toMatchObject({ code: 'connection.unknown' });
    expect(store.list()).toHaveLength(1);
  });

  it.each([
    ['no JSON', '{"format":1,'],
    ['a foreign shape', '{"format":1,"connections":[{"id":"a","password":"in the open"}]}'],
    ['a newer format', '{"format":2,"connections":[]}'],
  ])('put a file with %s aside, say so once, and never overwrite it', async (_what, text) => {
    await writeFile(join(dataDir, 'connections.json'), text);
    const store = await open();
    const problem = catching(() => store.list());
    expect(problem).toMatchObject({ code: 'connection.failed' });
    expect(problem.message).toContain('put aside');
    expect(store.list()).toEqual([]);
    await store.save(INPUT, {});
    const aside = (await readdir(dataDir)).find((file) => file.includes('damaged'));
    expect(await readFile(join(dataDir, aside!), 'utf8')).toBe(text);
    expect(lines.join()).not.toContain('in the open');
  });

  it('change nothing in memory when they cannot be written', async () => {
    const store = await open();
    await mkdir(join(dataDir, 'connections.json'));
    await expect(store.save(INPUT, {})).rejects.toMatchObject({ code: 'workspace.read-only-place' });
    expect(store.list()).toEqual([]);
    expect(await readdir(dataDir)).toEqual(['connections.json']);
  });
});

describe('the lock', () => {
  it('is closed until a reason is given, and for production the name', async () => {
    const store = await open();
    const { id } = await store.save(INPUT, {});
    expect(() => store.requireUnlocked(id)).toThrow(/read-only/);
    for (const typed of [null, '', 'Core-banking', 'core-banking '])
      expect(catching(() => store.unlock(id, 'dispute', typed)).code).toBe('connection.name-mismatch');
    expect(store.get(id).unlocked).toBeNull();
    expect(store.unlock(id, 'dispute', 'core-banking').unlocked?.reason).toBe('dispute');
    expect(store.requireUnlocked(id).reason).toBe('dispute');
    store.lock(id);
    expect(() => store.requireUnlocked(id)).toThrow(HindcastError);
  });

  it('closes by itself after ten minutes, on a change, and is never stored', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const secrets = secretBox();
    const store = await open(secrets);
    const { id } = await store.save({ ...INPUT, environment: 'staging' }, {});
    store.unlock(id, 'dispute', null);
    await vi.advanceTimersByTimeAsync(UNLOCKED_MS - 1);
    expect(store.get(id).unlocked).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect(store.get(id).unlocked).toBeNull();
    store.unlock(id, 'dispute', null);
    const changed = await store.save({ ...INPUT, id, environment: 'production' }, {});
    expect(changed.unlocked).toBeNull();
    store.unlock(id, 'dispute', 'core-banking');
    expect((await open(secrets)).get(id).unlocked).toBeNull();
  });
});

function catching(work: () => unknown): HindcastError {
  try {
    work();
  } catch (error) {
    if (error instanceof HindcastError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
