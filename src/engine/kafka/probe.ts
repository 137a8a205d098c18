// Raw sockets for the connection test: what is behind a port, before kafkajs is involved.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { asFault } from './faults.ts';
import { type KafkaConnection, KafkaFault } from './types.ts';
import { WireReader, WireWriter } from './wire.ts';

/** Looks a name up; an address is returned as it is. @throws KafkaFault name-not-found */
export async function resolveName(host: string, where: string): Promise<string[]> {
  if (isIP(host)) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw asFault(error, where);
  }
}

const timeoutFault = (where: string, what: string, ms: number) =>
  new KafkaFault(
    'timeout',
    where,
    `${where} ${what} within ${ms / 1000} s`,
    'Check the address, and whether a firewall stands between.',
    { retryable: true },
  );

/** Waits for one of the socket's events. Rejects with the socket's error, or when `ms` or the signal end the wait. */
function awaitEvent(
  socket: Socket,
  event: string,
  options: { ms: number; signal?: AbortSignal; late: () => KafkaFault },
): Promise<unknown> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => settle(() => fail(options.late())), options.ms);
    const onError = (error: Error) => settle(() => fail(error));
    const onEvent = (value: unknown) => settle(() => done(value));
    const onClose = () => settle(() => fail(new Error('Closed connection')));
    const onAbort = () => settle(() => fail(options.signal!.reason));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      socket.off('error', onError).off(event, onEvent).off('close', onClose);
      options.signal?.removeEventListener('abort', onAbort);
      // An error that comes later has no other listener and would end the process.
      socket.on('error', () => {});
      finish();
    };
    socket.once('error', onError).once(event, onEvent).once('close', onClose);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
  });
}

/** Opens a TCP connection. @throws KafkaFault connection-refused, unreachable, timeout */
export async function openTcp(
  target: { host: string; port: number; where: string },
  ms: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const socket = connectTcp({ host: target.host, port: target.port });
  try {
    await awaitEvent(socket, 'connect', {
      ms,
      signal,
      late: () => timeoutFault(target.where, 'does not accept a connection', ms),
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw asFault(error, target.where);
  }
}

export interface TlsFacts {
  protocol: string | null;
  subject: string;
  issuer: string;
  names: string;
  validFrom: string;
  validTo: string;
}

/**
 * Speaks TLS on an open socket and checks the certificate as the connection asks.
 * @throws KafkaFault tls-untrusted, tls-hostname, tls-expired, tls-not-spoken, timeout …
 */
export async function openTls(
  socket: Socket,
  target: { host: string; where: string },
  connection: KafkaConnection,
  ms: number,
  signal?: AbortSignal,
): Promise<{ socket: TLSSocket; facts: TlsFacts }> {
  const { ca, cert, key, passphrase, serverName, verify } = connection.tls!;
  const { host, where } = target;
  let secured: TLSSocket;
  try {
    // The certificate is judged below, so that its facts can be shown also when it is refused.
    const named = serverName ?? (isIP(host) ? undefined : host);
    secured = connectTls({
      socket,
      host,
      servername: named,
      ca,
      cert,
      key,
      passphrase,
      rejectUnauthorized: false,
    });
  } catch (error) {
    throw asFault(error, where, connection);
  }
  try {
    await awaitEvent(secured, 'secureConnect', { ms, signal, late: () => notTls(where) });
  } catch (error) {
    secured.destroy();
    const { code } = error as { code?: string };
    // A server that does not know TLS closes the connection, or waits for the rest of what it takes for a message.
    if (code === 'ECONNRESET' || /Closed connection/.test((error as Error).message)) throw notTls(where);
    throw asFault(error, where, connection);
  }
  const facts = factsOf(secured);
  if (verify && !secured.authorized) {
    secured.destroy();
    const code = String(secured.authorizationError);
    const fault = asFault(Object.assign(new Error(code), { code }), where, connection);
    throw Object.assign(fault, { facts });
  }
  return { socket: secured, facts };
}

const notTls = (where: string) =>
  new KafkaFault(
    'tls-not-spoken',
    where,
    `${where} does not speak TLS on that port`,
    'Use the port of the TLS listener, or switch TLS off for this connection.',
  );

function factsOf(socket: TLSSocket): TlsFacts {
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const name = (parts: object | undefined) =>
    Object.entries(parts ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(', ');
  return {
    protocol: socket.getProtocol(),
    subject: name(certificate.subject),
    issuer: name(certificate.issuer),
    names: certificate.subjectaltname ?? '',
    validFrom: certificate.valid_from ?? '',
    validTo: certificate.valid_to ?? '',
  };
}

const CORRELATION = 0x48434150;

/**
 * Asks "which APIs do you know?" (ApiVersions 0, answered before any login) and returns how many there are.
 * @throws KafkaFault not-kafka, tls-expected, tls-client-cert-required, timeout
 */
export async function askApiVersions(
  socket: Socket,
  where: string,
  connection: KafkaConnection,
  ms: number,
  signal?: AbortSignal,
): Promise<number> {
  const body = new WireWriter().int16(18).int16(0).int32(CORRELATION).string(connection.clientId).bytes;
  socket.write(new WireWriter().int32(body.length).raw(body).bytes);
  const deadline = performance.now() + ms;
  let received = Buffer.alloc(0);
  for (;;) {
    const late = () => silent(where, received, ms);
    let chunk: Buffer;
    try {
      chunk = (await awaitEvent(socket, 'data', {
        ms: deadline - performance.now(),
        signal,
        late,
      })) as Buffer;
    } catch (error) {
      if (received.length > 0 || !/Closed connection|ECONNRESET/.test(`${error}`))
        throw asFault(error, where, connection);
      const sentence = `${where} closes the connection when it is asked as a Kafka broker`;
      throw new KafkaFault(
        'not-kafka',
        where,
        sentence,
        'Check that this is the address of a Kafka broker, and whether its port speaks TLS.',
      );
    }
    received = Buffer.concat([received, chunk]);
    const stranger = strangerBehind(received, where);
    if (stranger !== null) throw stranger;
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE())
      return countApis(received, where);
  }
}

const silent = (where: string, received: Buffer, ms: number) =>
  received.length > 0
    ? new KafkaFault(
        'not-kafka',
        where,
        `${where} answers, but not as a Kafka broker`,
        'Check the address and the port.',
      )
    : timeoutFault(where, 'accepts the connection but does not answer', ms);

/** Recognises what is no Kafka by its first bytes. */
function strangerBehind(received: Buffer, where: string): KafkaFault | null {
  const TLS_ALERT = 0x15;
  if (received[0] === TLS_ALERT && received[1] === 3)
    return new KafkaFault(
      'tls-expected',
      where,
      `${where} expects TLS on that port`,
      'Switch TLS on for this connection, or use the port of the listener without TLS.',
    );
  const start = received.subarray(0, 60).toString('latin1');
  if (start.startsWith('HTTP/'))
    return new KafkaFault(
      'not-kafka',
      where,
      `${where} is a web server (HTTP), not a Kafka broker`,
      'Use the address of a broker, not of a web console, a REST proxy or a schema registry.',
    );
  const size = received.length >= 8 ? received.readInt32BE() : 0;
  const isPlausible =
    received.length < 8 || (size >= 6 && size < 1_000_000 && received.readInt32BE(4) === CORRELATION);
  if (isPlausible) return null;
  const printable = start.replace(/[^\x20-\x7e]+/g, ' ').trim();
  return new KafkaFault(
    'not-kafka',
    where,
    `${where} is not a Kafka broker: it answers "${printable}"`,
    'Check the address and the port.',
  );
}

function countApis(received: Buffer, where: string): number {
  const from = new WireReader(received, 8);
  const UNSUPPORTED_VERSION = 35;
  const errorCode = from.int16();
  if (errorCode !== 0 && errorCode !== UNSUPPORTED_VERSION)
    throw new KafkaFault(
      'not-kafka',
      where,
      `${where} answers with error ${errorCode}`,
      'Check the address and the port.',
    );
  return from.array(() => from.raw(6)).length;
}
