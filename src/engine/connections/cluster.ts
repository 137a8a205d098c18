/** Short use of a cluster: connect, work, close, with failures in the words of the contract. */
import type { EngineHost } from '../host.ts';
import { type ClusterClient, connectCluster } from '../kafka/clusterClient.ts';
import type { KafkaConnection, KafkaLog } from '../kafka/types.ts';
import type { ConnectionStore } from './connectionStore.ts';
import { asHindcastError } from './faults.ts';

/** The driver's log as lines of ours; its chatter below a warning is left out. */
export const kafkaLog =
  (log: EngineHost['log']): KafkaLog =>
  ({ level, message }) => {
    if (level === 'error' || level === 'warn') log('warn', `Kafka: ${message}`);
  };

export interface ClusterUse {
  connections: ConnectionStore;
  log: EngineHost['log'];
}

/**
 * Connects to a saved connection for the time of `work`. An abort closes the sockets, so nothing waits on.
 * @throws HindcastError `connection.*`, `topic.*`, `vault.locked`, `cancelled`
 */
export async function withCluster<T>(
  use: ClusterUse,
  connectionId: string,
  signal: AbortSignal,
  work: (client: ClusterClient, connection: KafkaConnection) => Promise<T>,
): Promise<T> {
  const { name } = use.connections.get(connectionId);
  const connection = await use.connections.toKafka(connectionId);
  try {
    const client = await connectCluster(connection, { log: kafkaLog(use.log), signal });
    const abort = () => client.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await work(client, connection);
    } finally {
      signal.removeEventListener('abort', abort);
      client.close();
    }
  } catch (error) {
    throw asHindcastError(signal.aborted ? signal.reason : error, name);
  }
}
