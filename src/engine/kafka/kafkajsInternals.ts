// The one file that uses what kafkajs 2.2.4 does not publish: its authenticated broker connections, on which we send
// requests of our own and get the raw response. The contract this file relies on is tested in
// test/integration/kafka/writing.test.ts.
import { createRequire } from 'node:module';
import type { SecureContextOptions } from 'node:tls';
import { openFrameSocket } from './frameSocket.ts';
import type { KafkaConnection, KafkaLog } from './types.ts';

const require = createRequire(import.meta.url);

/** What is used of kafkajs/src/network/connection. */
interface RawConnection {
  isConnected(): boolean;
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  send(message: unknown): Promise<Buffer>;
  disconnect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  processData(data: Buffer): void;
  chunks: Buffer[];
  bytesBuffered: number;
  socket?: { destroy(): void };
  requestQueue: {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  };
}

interface RawPool {
  pool: RawConnection[];
  getConnection(index: number): Promise<RawConnection>;
}

interface RawBroker {
  versions: Record<number, { minVersion: number; maxVersion: number }>;
  connect(): Promise<void>;
}

interface Internals {
  Broker: new (options: Record<string, unknown>) => RawBroker;
  ConnectionPool: new (options: Record<string, unknown>) => RawPool;
  createLogger: (options: { level: number; logCreator: () => (entry: LogEntry) => void }) => unknown;
  errorCodes: { type: string; code: number; retriable: boolean; message: string }[];
}

interface LogEntry {
  label: string;
  log: { message: string; logger?: string; timestamp?: string } & Record<string, unknown>;
}

let loaded: Internals | undefined;

function internals(): Internals {
  loaded ??= {
    Broker: require('kafkajs/src/broker'),
    ConnectionPool: require('kafkajs/src/network/connectionPool'),
    createLogger: require('kafkajs/src/loggers').createLogger,
    errorCodes: require('kafkajs/src/protocol/error').errorCodes,
  };
  return loaded;
}

/** A request of ours: the body already encoded for that version. */
export interface RawRequest {
  apiKey: number;
  apiVersion: number;
  apiName: string;
  body: Buffer;
  /** Milliseconds; only a value above the connection's own has an effect. */
  timeoutMs?: number;
}

/** A connected, authenticated broker. */
export interface BrokerLink {
  host: string;
  port: number;
  /** The versions of an API both ends may use; null when the broker does not know the API. */
  versions(apiKey: number): { min: number; max: number } | null;
  /** Sends a request and returns the response body after its correlation id. Fetch has a socket of its own. */
  send(request: RawRequest): Promise<Buffer>;
  /** Closes at once; requests under way fail. */
  close(): void;
}

const FETCH = 1;
const LOG_LEVEL_ERROR_ONLY = 1;

/** Opens a broker's connection through TLS and SASL. Errors are kafkajs' own: translate them with asFault(). */
export async function openBroker(
  target: { host: string; port: number },
  connection: KafkaConnection,
  log: KafkaLog,
): Promise<BrokerLink> {
  const { Broker, ConnectionPool } = internals();
  const connectionTimeout = connection.connectTimeoutMs ?? 10_000;
  const logger = createLogger(log);
  const pool = new ConnectionPool({
    ...target,
    logger,
    socketFactory: openFrameSocket,
    ssl: tlsOptions(connection),
    sasl: connection.sasl === undefined ? undefined : { ...connection.sasl },
    clientId: connection.clientId,
    connectionTimeout,
    requestTimeout: connection.requestTimeoutMs ?? 30_000,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
  });
  pool.pool.forEach(quietQueue);
  pool.pool.forEach(keepFrames);
  const broker = new Broker({ connectionPool: pool, logger, authenticationTimeout: connectionTimeout });
  try {
    await withinTime(broker.connect(), connectionTimeout * 3, target);
  } catch (error) {
    closePool(pool);
    throw error;
  }
  const opening: (Promise<RawConnection> | null)[] = [null, null];
  let closed = false;

  // Two first requests at once would each open a socket, and the overwritten one is never closed.
  const lane = async (index: number): Promise<RawConnection> => {
    const present = pool.pool[index]!;
    if (present.isConnected() && (connection.sasl === undefined || present.isAuthenticated())) return present;
    opening[index] ??= pool
      .getConnection(index)
      .then(async (raw) => {
        await raw.authenticate();
        return raw;
      })
      .finally(() => {
        opening[index] = null;
      });
    return opening[index];
  };

  return {
    ...target,
    versions: (apiKey) => {
      const range = broker.versions[apiKey];
      return range === undefined ? null : { min: range.minVersion, max: range.maxVersion };
    },
    send: async ({ apiKey, apiVersion, apiName, body, timeoutMs }) => {
      const raw = await lane(apiKey === FETCH ? 1 : 0);
      if (closed) throw new Error('Closed connection');
      return raw.send({
        // kafkajs asks its encoders for `buf` and `buffer`; ours are finished bytes.
        request: { apiKey, apiVersion, apiName, encode: async () => ({ buf: body, buffer: body }) },
        response: { decode: async (payload: Buffer) => payload, parse: async (payload: Buffer) => payload },
        requestTimeout: timeoutMs ?? null,
        logResponseError: false,
      });
    },
    close: () => {
      closed = true;
      closePool(pool);
    },
  };
}

function closePool(pool: RawPool): void {
  for (const raw of pool.pool) {
    // disconnect() alone waits for the answers of requests under way, which a frozen broker never gives.
    raw.rejectRequests(
      Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' }),
    );
    raw.disconnect().catch(() => {});
    raw.socket?.destroy();
  }
}

/**
 * kafkajs looks for throttled requests every millisecond for ever, with a delay that Node 24 reports as negative.
 * It is only needed while something waits.
 */
function quietQueue({ requestQueue: queue }: RawConnection): void {
  queue.scheduleCheckPendingRequests = () => {
    if (queue.throttleCheckTimeoutId !== null || queue.pending.length === 0) return;
    const delay = Math.max(queue.throttledUntil - Date.now(), 10);
    queue.throttleCheckTimeoutId = setTimeout(() => {
      queue.throttleCheckTimeoutId = null;
      queue.checkPendingRequests();
    }, delay);
  };
}

/** kafkajs puts the empty rest of the last response in front of the next one, which copies the whole of it. */
function keepFrames(raw: RawConnection): void {
  const process = raw.processData.bind(raw);
  raw.processData = (data) => {
    if (raw.bytesBuffered === 0) raw.chunks.length = 0;
    process(data);
  };
}

function tlsOptions(connection: KafkaConnection): SecureContextOptions | undefined {
  const { tls } = connection;
  if (tls === undefined) return undefined;
  const { ca, cert, key, passphrase } = tls;
  const options = { ca, cert, key, passphrase, rejectUnauthorized: tls.verify };
  return tls.serverName === undefined ? options : Object.assign(options, { servername: tls.serverName });
}

async function withinTime<T>(
  work: Promise<T>,
  ms: number,
  { host, port }: { host: string; port: number },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`Connection timeout: ${host}:${port}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

function createLogger(log: KafkaLog): unknown {
  const entry = ({ label, log: { message, logger: _, timestamp: __, ...details } }: LogEntry) =>
    log({ level: label.toLowerCase() as 'error', message, details });
  return internals().createLogger({ level: LOG_LEVEL_ERROR_ONLY, logCreator: () => entry });
}

/** What Kafka calls an error code of its protocol (https://kafka.apache.org/protocol#protocol_error_codes). */
export function errorOfCode(code: number): { type: string; retriable: boolean; message: string } {
  const known = internals().errorCodes.find((entry) => entry.code === code);
  return known ?? { type: `ERROR_${code}`, retriable: false, message: `Kafka's error code ${code}` };
}
