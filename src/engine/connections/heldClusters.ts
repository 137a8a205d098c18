/** Clusters that are asked again and again (a screen that stays open): one login serves many questions. */
import { type ClusterClient, connectCluster } from '../kafka/clusterClient.ts';
import type { KafkaConnection } from '../kafka/types.ts';
import { KafkaFault } from '../kafka/types.ts';
import { type ClusterUse, kafkaLog } from './cluster.ts';
import { asHindcastError } from './faults.ts';

/** How long a client without work stays connected, ms. */
const IDLE_MS = 15_000;

interface Held {
  client: Promise<ClusterClient>;
  /** What it was opened with; another profile or password opens another one. */
  opened: string;
  users: number;
  idle: NodeJS.Timeout | null;
}

export class HeldClusters {
  readonly #use: ClusterUse;
  readonly #held = new Map<string, Held>();

  constructor(use: ClusterUse) {
    this.#use = use;
  }

  /**
   * Works with a connected client of a saved connection. An abort ends the waiting; what is under way is answered and
   * thrown away, because others may use the same client.
   * @throws HindcastError `connection.*`, `topic.*`, `vault.locked`, `cancelled`
   */
  async with<T>(id: string, signal: AbortSignal, work: (client: ClusterClient) => Promise<T>): Promise<T> {
    const { name } = this.#use.connections.get(id);
    const connection = await this.#use.connections.toKafka(id);
    const held = this.#hold(id, connection);
    held.users++;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([held.client.then(work), aborted.promise]);
    } catch (error) {
      // A client that lost its broker may know nobody else: the next question connects anew.
      if (error instanceof KafkaFault && error.retryable) this.#drop(id, held);
      throw asHindcastError(signal.aborted ? signal.reason : error, name);
    } finally {
      signal.removeEventListener('abort', abort);
      held.users--;
      this.#rest(id, held);
    }
  }

  #hold(id: string, connection: KafkaConnection): Held {
    const opened = JSON.stringify(connection);
    const present = this.#held.get(id);
    if (present !== undefined && present.opened === opened) {
      if (present.idle !== null) clearTimeout(present.idle);
      present.idle = null;
      return present;
    }
    if (present !== undefined) this.#drop(id, present);
    const client = connectCluster(connection, { log: kafkaLog(this.#use.log) });
    const held: Held = { client, opened, users: 0, idle: null };
    this.#held.set(id, held);
    client.catch(() => this.#drop(id, held));
    return held;
  }

  #rest(id: string, held: Held): void {
    if (held.users > 0) return;
    if (this.#held.get(id) !== held) {
      closeSoon(held);
      return;
    }
    if (held.idle !== null) clearTimeout(held.idle);
    held.idle = setTimeout(() => this.#drop(id, held), IDLE_MS);
    held.idle.unref();
  }

  /** Nobody gets this client any more; who still works with it finishes. */
  #drop(id: string, held: Held): void {
    if (held.idle !== null) clearTimeout(held.idle);
    if (this.#held.get(id) === held) this.#held.delete(id);
    if (held.users === 0) closeSoon(held);
  }

  /** Closes all of them at once. */
  close(): void {
    for (const held of this.#held.values()) {
      if (held.idle !== null) clearTimeout(held.idle);
      closeSoon(held);
    }
    this.#held.clear();
  }
}

const closeSoon = ({ client }: Held): void =>
  void client.then(
    (open) => open.close(),
    () => {},
  );
