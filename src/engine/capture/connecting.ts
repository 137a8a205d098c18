/** Connecting for a capture: a broker that dies meanwhile is waited for, as it is later on. */
import { type ClusterClient, connectCluster } from '../kafka/clusterClient.ts';
import { type KafkaConnection, KafkaFault } from '../kafka/types.ts';
import { pause } from './openTail.ts';

/** A cluster that nobody has seen yet is more likely a wrong address than a dead one. */
const PATIENCE_NEW_MS = 10_000;
/** One that did answer, now or for an earlier capture, is given up after this long. */
const PATIENCE_KNOWN_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Connects and does the first work there; with another connection when the one breaks. The caller closes the client.
 * @param options.isKnown the workspace holds records of the cluster; `onWait` is told what is waited for, in a sentence
 * @throws KafkaFault
 */
export async function connectFor<T>(
  connection: KafkaConnection,
  options: { signal: AbortSignal; isKnown: boolean; onWait: (waits: string) => void },
  work: (client: ClusterClient) => Promise<T>,
): Promise<{ client: ClusterClient; result: T }> {
  const { signal, isKnown, onWait } = options;
  const since = performance.now();
  let patience = isKnown ? PATIENCE_KNOWN_MS : PATIENCE_NEW_MS;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    let client: ClusterClient | null = null;
    try {
      client = await connectCluster(connection, { signal });
      patience = PATIENCE_KNOWN_MS;
      return { client, result: await work(client) };
    } catch (error) {
      client?.close();
      const isPassing = error instanceof KafkaFault && error.retryable && !signal.aborted;
      if (!isPassing || performance.now() - since >= patience) throw error;
      onWait(error.message);
      await pause(wait, signal);
    }
  }
}
