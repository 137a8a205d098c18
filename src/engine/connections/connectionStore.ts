/** The connections of this machine. Profiles lie on disk; secrets only as ciphertext; the right to publish only in memory. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Connection, ConnectionInput, Secrets } from '../../contract/connections.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { EngineHost, SecretBox } from '../host.ts';
import type { KafkaConnection } from '../kafka/types.ts';
import { type Profile, readProfiles, type Sealed, writeProfiles } from './profileFile.ts';

/** How long a connection stays unlocked, ms. */
export const UNLOCKED_MS = 10 * 60_000;
const CLIENT_ID = 'hindcast';
const SECRET_NAMES = ['password', 'key', 'passphrase'] as const;

export interface ConnectionStore {
  /** @throws HindcastError once, when the saved connections were damaged and had to be put aside */
  list(): Connection[];
  /** @throws HindcastError `connection.unknown` */
  get(id: string): Connection;
  /** Saves a new (id null) or changed connection; a change locks it. @throws HindcastError */
  save(input: ConnectionInput, secrets: Secrets): Promise<Connection>;
  remove(id: string): Promise<void>;
  /** Allows publishing for ten minutes. @throws HindcastError `connection.name-mismatch` */
  unlock(id: string, reason: string, typedName: string | null): Connection;
  lock(id: string): Connection;
  /** @throws HindcastError `connection.read-only` unless it is unlocked now */
  requireUnlocked(id: string): { until: number; reason: string };
  /** A saved connection with its secrets, for the engine only. @throws HindcastError `connection.secret-missing`, `vault.locked` */
  toKafka(id: string): Promise<KafkaConnection>;
  /** What is on a form, with stored secrets where none were typed. @throws as toKafka */
  formToKafka(input: ConnectionInput, secrets: Secrets): Promise<KafkaConnection>;
  close(): void;
}

export interface ConnectionStoreOptions {
  dataDir: string;
  secrets: SecretBox;
  log: EngineHost['log'];
  onChange: () => void;
  /** Milliseconds; replaced in tests. */
  now?: () => number;
}

/** Reads the saved connections of `dataDir`. */
export async function openConnectionStore(options: ConnectionStoreOptions): Promise<ConnectionStore> {
  const file = join(options.dataDir, 'connections.json');
  const { profiles, problem } = await readProfiles(file);
  if (problem !== null) options.log('error', problem.message, { next: problem.nextStep });
  return new Store(options, file, profiles, problem);
}

interface Unlocked {
  until: number;
  reason: string;
  timer: NodeJS.Timeout;
}

class Store implements ConnectionStore {
  readonly #options: ConnectionStoreOptions;
  readonly #file: string;
  readonly #now: () => number;
  readonly #unlocked = new Map<string, Unlocked>();
  #profiles: Profile[];
  #problem: HindcastError | null;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(
    options: ConnectionStoreOptions,
    file: string,
    profiles: Profile[],
    problem: HindcastError | null,
  ) {
    this.#options = options;
    this.#file = file;
    this.#profiles = profiles;
    this.#problem = problem;
    this.#now = options.now ?? Date.now;
  }

  list(): Connection[] {
    const problem = this.#problem;
    this.#problem = null;
    if (problem !== null) throw problem;
    return this.#profiles.map((profile) => this.#show(profile));
  }

  get(id: string): Connection {
    return this.#show(this.#find(id));
  }

  async save(input: ConnectionInput, secrets: Secrets): Promise<Connection> {
    const sealed: Sealed = {};
    for (const name of SECRET_NAMES) {
      const plain = secrets[name];
      if (typeof plain === 'string') sealed[name] = await this.#options.secrets.seal(plain);
    }
    const id = input.id ?? randomUUID();
    await this.#change((profiles) => {
      const old = profiles.find((profile) => profile.id === id);
      if (input.id !== null && old === undefined) throw new HindcastError('connection.unknown', { id });
      if (profiles.some((other) => other.id !== id && other.name === input.name))
        throw new HindcastError('input.invalid', {
          procedure: 'connections.save',
          problem: `name: another connection is called “${input.name}”`,
        });
      const kept: Sealed = {};
      for (const name of SECRET_NAMES)
        if (secrets[name] === undefined && old?.sealed[name] !== undefined) kept[name] = old.sealed[name];
      const profile: Profile = { ...input, id, sealed: { ...kept, ...sealed } };
      return old === undefined
        ? [...profiles, profile]
        : profiles.map((other) => (other.id === id ? profile : other));
    });
    this.#relock(id);
    this.#options.onChange();
    return this.get(id);
  }

  async remove(id: string): Promise<void> {
    this.#find(id);
    await this.#change((profiles) => profiles.filter((profile) => profile.id !== id));
    this.#relock(id);
    this.#options.onChange();
  }

  unlock(id: string, reason: string, typedName: string | null): Connection {
    const profile = this.#find(id);
    if (profile.environment === 'production' && typedName !== profile.name)
      throw new HindcastError('connection.name-mismatch', { name: profile.name });
    this.#relock(id);
    const timer = setTimeout(() => this.lock(id), UNLOCKED_MS);
    timer.unref();
    this.#unlocked.set(id, { until: this.#now() + UNLOCKED_MS, reason, timer });
    this.#options.log('info', 'Connection unlocked for publishing', { name: profile.name, reason });
    this.#options.onChange();
    return this.#show(profile);
  }

  lock(id: string): Connection {
    const profile = this.#find(id);
    if (this.#relock(id)) {
      this.#options.log('info', 'Connection locked', { name: profile.name });
      this.#options.onChange();
    }
    return this.#show(profile);
  }

  requireUnlocked(id: string): { until: number; reason: string } {
    const { unlocked, name } = this.get(id);
    if (unlocked === null) throw new HindcastError('connection.read-only', { name });
    return unlocked;
  }

  async toKafka(id: string): Promise<KafkaConnection> {
    const profile = this.#find(id);
    return this.#assemble(profile, await this.#openAll(profile.sealed, {}));
  }

  async formToKafka(input: ConnectionInput, secrets: Secrets): Promise<KafkaConnection> {
    const stored = input.id === null ? {} : this.#find(input.id).sealed;
    return this.#assemble(input, await this.#openAll(stored, secrets));
  }

  close(): void {
    for (const id of [...this.#unlocked.keys()]) this.#relock(id);
  }

  #find(id: string): Profile {
    const profile = this.#profiles.find((one) => one.id === id);
    if (profile === undefined) throw new HindcastError('connection.unknown', { id });
    return profile;
  }

  #show({ sealed, ...profile }: Profile): Connection {
    const unlocked = this.#unlocked.get(profile.id);
    const isOpen = unlocked !== undefined && unlocked.until > this.#now();
    return {
      ...profile,
      has: { password: sealed.password !== undefined, key: sealed.key !== undefined },
      unlocked: isOpen ? { until: unlocked.until, reason: unlocked.reason } : null,
    };
  }

  #relock(id: string): boolean {
    const unlocked = this.#unlocked.get(id);
    clearTimeout(unlocked?.timer);
    return this.#unlocked.delete(id);
  }

  /** One change after the other; memory follows the disk, so a failed write changes nothing. */
  #change(edit: (profiles: Profile[]) => Profile[]): Promise<void> {
    const mine = this.#saving.then(async () => {
      const profiles = edit(this.#profiles);
      await writeProfiles(this.#file, profiles);
      this.#profiles = profiles;
    });
    this.#saving = mine.catch(() => {});
    return mine;
  }

  async #openAll(sealed: Sealed, typed: Secrets): Promise<Partial<Record<keyof Sealed, string>>> {
    const opened: Partial<Record<keyof Sealed, string>> = {};
    for (const name of SECRET_NAMES) {
      const given = typed[name];
      const stored = sealed[name];
      if (typeof given === 'string') opened[name] = given;
      else if (given === undefined && stored !== undefined)
        opened[name] = await this.#options.secrets.open(stored);
    }
    return opened;
  }

  #assemble(input: ConnectionInput, secrets: Partial<Record<keyof Sealed, string>>): KafkaConnection {
    const { brokers, tls, sasl, name } = input;
    const connection: KafkaConnection = { brokers, clientId: CLIENT_ID };
    if (tls !== null) {
      connection.tls = { verify: tls.verify };
      if (tls.ca !== null) connection.tls.ca = tls.ca;
      if (tls.cert !== null) {
        if (secrets.key === undefined) throw new HindcastError('connection.secret-missing', { name });
        connection.tls.cert = tls.cert;
        connection.tls.key = secrets.key;
        if (secrets.passphrase !== undefined) connection.tls.passphrase = secrets.passphrase;
      }
    }
    if (sasl !== null) {
      if (secrets.password === undefined) throw new HindcastError('connection.secret-missing', { name });
      connection.sasl = { ...sasl, password: secrets.password };
    }
    return connection;
  }
}
