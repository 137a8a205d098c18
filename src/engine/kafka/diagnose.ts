// The connection test: goes the way of a connection step by step and names the one that fails, with what to do about
// it. Reads only; writes nothing, joins nothing.
import { formatAddress, parseAddress } from './address.ts';
import { type ClusterClient, connectCluster } from './clusterClient.ts';
import { asFault, faultOfCode } from './faults.ts';
import { askApiVersions, openTcp, openTls, resolveName } from './probe.ts';
import { FETCH } from './requests.ts';
import { type KafkaConnection, KafkaFault, type KafkaFaultCode, type KafkaLog } from './types.ts';

/** name: DNS. kafka: does a broker answer. login: SASL. brokers: every broker at its advertised address. access: ACL. */
export type DiagnosisStepName = 'name' | 'tcp' | 'tls' | 'kafka' | 'login' | 'brokers' | 'access';

export interface DiagnosisStep {
  step: DiagnosisStepName;
  /** host:port, or the topics of the access step. */
  where: string;
  status: 'ok' | 'failed' | 'skipped';
  detail: string;
  code?: KafkaFaultCode;
  nextStep?: string;
  ms: number;
  facts?: Record<string, unknown>;
}

export interface DiagnosisOptions {
  signal?: AbortSignal;
  /** Topics whose access is checked; none: the first visible ones. */
  topics?: string[];
  log?: KafkaLog;
}

const SAMPLE = 20;

/** Tests a connection. Yields each step when it is known; after a failed step of the last address nothing follows. */
export async function* diagnoseConnection(
  connection: KafkaConnection,
  options: DiagnosisOptions = {},
): AsyncGenerator<DiagnosisStep> {
  let reached: string | null = null;
  for (const address of connection.brokers) {
    let ok = true;
    for await (const step of testAddress(address, connection, options.signal)) {
      yield step;
      if (step.status === 'failed') ok = false;
    }
    if (ok) {
      reached = address;
      break;
    }
  }
  if (reached === null) return;

  const begin = performance.now();
  let client: ClusterClient;
  try {
    client = await connectCluster({ ...connection, brokers: [reached] }, options);
  } catch (error) {
    yield failed('login', reached, loginFault(error, reached, connection), begin);
    return;
  }
  try {
    const { sasl } = connection;
    const name = sasl && `logged in as "${sasl.username}" with ${sasl.mechanism.toUpperCase()}`;
    const facts = { clusterId: client.clusterId };
    if (name === undefined)
      yield {
        ...passed('login', reached, 'no login is set and none is asked for', begin, facts),
        status: 'skipped',
      };
    else yield passed('login', reached, name, begin, facts);
    yield await testBrokers(client, connection, options.signal);
    yield await testAccess(client, options.topics);
  } finally {
    client.close();
  }
}

const passed = (
  step: DiagnosisStepName,
  where: string,
  detail: string,
  begin: number,
  facts?: Record<string, unknown>,
): DiagnosisStep => ({ step, where, status: 'ok', detail, ms: performance.now() - begin, facts });

function failed(step: DiagnosisStepName, where: string, fault: KafkaFault, begin: number): DiagnosisStep {
  const { code, message, nextStep } = fault;
  const { facts } = fault as { facts?: Record<string, unknown> };
  return {
    step,
    where,
    status: 'failed',
    detail: message,
    code,
    nextStep,
    ms: performance.now() - begin,
    facts,
  };
}

/** A broker with SASL simply closes the connection of a client that does not log in. */
function loginFault(error: unknown, where: string, connection: KafkaConnection): KafkaFault {
  const fault = asFault(error, where, connection);
  if (fault.code !== 'connection-closed' || connection.sasl !== undefined) return fault;
  return new KafkaFault(
    'sasl-required',
    where,
    `${where} answers, then closes the connection of a client without login: it asks for one (SASL)`,
    'Set user name, password and mechanism of this connection.',
    { cause: error },
  );
}

async function* testAddress(
  address: string,
  connection: KafkaConnection,
  signal?: AbortSignal,
): AsyncGenerator<DiagnosisStep> {
  const ms = connection.connectTimeoutMs ?? 10_000;
  let begin = performance.now();
  let step: DiagnosisStepName = 'name';
  try {
    const { host, port } = parseAddress(address);
    const target = { host, port, where: address };
    const addresses = await resolveName(host, address);
    yield passed('name', address, `${host} is ${addresses.join(', ')}`, begin, { addresses });

    step = 'tcp';
    begin = performance.now();
    const tcp = await openTcp(target, ms, signal);
    let socket = tcp;
    try {
      yield passed('tcp', address, `port ${port} accepts connections`, begin);

      step = 'tls';
      begin = performance.now();
      let tlsOk: DiagnosisStep = {
        ...passed('tls', address, 'TLS is off for this connection', begin),
        status: 'skipped',
      };
      if (connection.tls !== undefined) {
        const opened = await openTls(tcp, target, connection, ms, signal);
        socket = opened.socket;
        const { protocol, validTo } = opened.facts;
        const checked = connection.tls.verify
          ? `valid until ${validTo}`
          : 'NOT verified, as this connection is set';
        tlsOk = passed('tls', address, `${protocol}, certificate ${checked}`, begin, { ...opened.facts });
      }
      // Since TLS 1.3 a server says after the handshake that it wants a client certificate: the first answer decides.
      const asked = performance.now();
      let apis: number;
      try {
        apis = await askApiVersions(socket, address, connection, ms, signal);
      } catch (error) {
        const fault = asFault(error, address, connection);
        if (!fault.code.startsWith('tls-')) {
          step = 'kafka';
          yield tlsOk;
          begin = asked;
        }
        throw fault;
      }
      yield tlsOk;
      yield passed('kafka', address, `a Kafka broker answers, with ${apis} APIs`, asked, { apis });
    } finally {
      socket.destroy();
      tcp.destroy();
    }
  } catch (error) {
    yield failed(step, address, asFault(error, address, connection), begin);
  }
}

/** Brokers tell clients where to reach them; behind a tunnel or in a container those addresses are often wrong. */
async function testBrokers(
  client: ClusterClient,
  connection: KafkaConnection,
  signal?: AbortSignal,
): Promise<DiagnosisStep> {
  const begin = performance.now();
  const ms = connection.connectTimeoutMs ?? 10_000;
  const addresses = client.brokers.map(({ host, port }) => formatAddress(host, port));
  const where = addresses.join(', ');
  const faults = await Promise.all(
    client.brokers.map(async ({ host, port }, i) => {
      const target = { host, port, where: addresses[i]! };
      try {
        await resolveName(host, target.where);
        (await openTcp(target, ms, signal)).destroy();
        return null;
      } catch (error) {
        return asFault(error, target.where);
      }
    }),
  );
  const broken = faults.find((fault) => fault !== null);
  const facts = { brokers: client.brokers };
  if (broken === undefined)
    return passed(
      'brokers',
      where,
      `all ${addresses.length} brokers are reachable at their advertised addresses`,
      begin,
      facts,
    );
  const step = failed('brokers', where, broken, begin);
  const nextStep = `The cluster advertises this address (advertised.listeners); it must be reachable from here. ${broken.nextStep}`;
  return { ...step, nextStep, facts };
}

async function testAccess(client: ClusterClient, asked?: string[]): Promise<DiagnosisStep> {
  const begin = performance.now();
  let where = asked?.join(', ') ?? 'topics';
  try {
    const visible = await client.listTopics({ offsets: false, configs: false });
    const names = asked ?? visible.slice(0, SAMPLE).map(({ name }) => name);
    if (names.length === 0) {
      const detail = 'no topic is visible: there is none, or this login may not describe any';
      return {
        ...passed('access', where, detail, begin, { visible: 0 }),
        nextStep: 'Ask for the rights Describe and Read on the topics.',
      };
    }
    const refused: string[] = [];
    for (const name of names) {
      const fault = await readFault(client, name);
      if (fault === null) continue;
      if (asked !== undefined) {
        where = name;
        throw fault;
      }
      refused.push(name);
    }
    const facts = { visible: visible.length, tried: names.length, refused };
    if (refused.length === names.length) throw faultOfCode(29, refused.join(', '));
    const readable = `${names.length - refused.length} of ${names.length} tried may be read`;
    return passed('access', where, `${visible.length} topics are visible, ${readable}`, begin, facts);
  } catch (error) {
    return failed('access', where, asFault(error, where), begin);
  }
}

/** Reads nothing but the permission: one byte at the first offset. */
async function readFault(client: ClusterClient, topic: string): Promise<KafkaFault | null> {
  try {
    const [first] = await client.offsetsFor([topic]);
    if (first === undefined) return null;
    if (first.error !== undefined) return first.error;
    const leader = await client.leaderOf(first);
    const partitions = [{ partition: first.partition, offset: Number(first.low), maxBytes: 1 }];
    const request = { isolation: 0 as const, maxWaitMs: 0, maxBytes: 1, topics: [{ topic, partitions }] };
    const [part] = await client.request(leader, FETCH, request);
    return part === undefined || part.errorCode === 0 ? null : faultOfCode(part.errorCode, topic);
  } catch (error) {
    return asFault(error, topic);
  }
}
