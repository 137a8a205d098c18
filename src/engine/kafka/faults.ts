// Turns what Node, OpenSSL, kafkajs and brokers report into a KafkaFault with a sentence and a next step.
import { errorOfCode } from './kafkajsInternals.ts';
import { type KafkaConnection, KafkaFault, type KafkaFaultCode } from './types.ts';

interface Words {
  code: KafkaFaultCode;
  sentence: (where: string) => string;
  nextStep: string;
  retryable?: boolean;
}

const make = ({ code, sentence, nextStep, retryable }: Words, where: string, cause?: unknown) =>
  new KafkaFault(code, where, sentence(where), nextStep, { retryable, cause });

const NETWORK: Record<string, Words> = {
  ENOTFOUND: {
    code: 'name-not-found',
    sentence: (where) => `The name of ${where} is not known to this computer's DNS`,
    nextStep: 'Check the spelling; a name inside a company network may need its VPN.',
  },
  EAI_AGAIN: {
    code: 'name-not-found',
    sentence: (where) => `The name of ${where} could not be looked up: DNS does not answer`,
    nextStep: 'Check the network connection, then try again.',
    retryable: true,
  },
  ECONNREFUSED: {
    code: 'connection-refused',
    sentence: (where) => `${where} refuses connections: nothing listens on that port`,
    nextStep: 'Check the port, and that the broker is running.',
    retryable: true,
  },
  EHOSTUNREACH: {
    code: 'unreachable',
    sentence: (where) => `There is no way through the network to ${where}`,
    nextStep: 'Check the network connection or VPN.',
    retryable: true,
  },
  ETIMEDOUT: {
    code: 'timeout',
    sentence: (where) => `${where} did not answer in time`,
    nextStep: 'Check the address, and whether a firewall drops the packets.',
    retryable: true,
  },
};
NETWORK.ENETUNREACH = NETWORK.EHOSTUNREACH!;

const UNTRUSTED: Words = {
  code: 'tls-untrusted',
  sentence: (where) =>
    `The certificate of ${where} is signed by an authority that this connection does not trust`,
  nextStep: 'Add the certificate of that authority (CA, as PEM) to the connection.',
};

const TLS: [RegExp, Words][] = [
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|INVALID_CA/,
    UNTRUSTED,
  ],
  [
    /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    {
      code: 'tls-hostname',
      sentence: (where) => `The certificate of ${where} is made out to another name`,
      nextStep: 'Connect by the name in the certificate, or set it as the server name of the connection.',
    },
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    {
      code: 'tls-expired',
      sentence: (where) => `The certificate of ${where} is out of its time of validity`,
      nextStep: 'Have the certificate of the broker renewed; check the clock of this computer.',
    },
  ],
  [
    /CERTIFICATE_REQUIRED/,
    {
      code: 'tls-client-cert-required',
      sentence: (where) => `${where} asks for a client certificate`,
      nextStep: 'Add a client certificate and its key (PEM) to the connection.',
    },
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|HANDSHAKE_FAILURE)/,
    {
      code: 'tls-client-cert-invalid',
      sentence: (where) => `${where} does not accept the client certificate`,
      nextStep: 'Use a certificate that is valid now and signed by an authority the broker trusts.',
    },
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|before secure TLS connection/i,
    {
      code: 'tls-not-spoken',
      sentence: (where) => `${where} does not speak TLS on that port`,
      nextStep: 'Use the port of the TLS listener, or switch TLS off for this connection.',
    },
  ],
  [
    /KEY_VALUES_MISMATCH|NO_START_LINE|BAD_DECRYPT|BAD_PASSWORD|ERR_OSSL|PEM/,
    {
      code: 'tls-client-cert-invalid',
      sentence: () => 'The certificate, key or passphrase of this connection cannot be read',
      nextStep: 'Give PEM files that belong together, and the passphrase when the key has one.',
    },
  ],
];

const CLOSED: Words = {
  code: 'connection-closed',
  sentence: (where) => `${where} closed the connection`,
  nextStep: 'Test the connection: it tells whether TLS, the login or the broker is the cause.',
  retryable: true,
};

/** Translates any error that came up while talking to `where`. A KafkaFault is returned as it is. */
export function asFault(error: unknown, where: string, connection?: KafkaConnection): KafkaFault {
  if (error instanceof KafkaFault) return error;
  if (!(error instanceof Error)) return protocolFault(where, String(error), error);
  const { code, name, message, type } = error as Error & { code?: unknown; type?: string };
  if (name === 'AbortError')
    return new KafkaFault(
      'cancelled',
      where,
      `Reading from ${where} was cancelled`,
      'Start it again to go on.',
    );
  if (typeof code === 'string' && NETWORK[code] !== undefined) return make(NETWORK[code], where, error);
  const login = loginFault(error, where, connection);
  if (login !== null) return login;
  if (type !== undefined && typeof code === 'number') return faultOfCode(code, where);
  const words = TLS.find(([pattern]) => pattern.test(`${String(code ?? '')} ${message}`))?.[1];
  if (words?.code === 'tls-client-cert-invalid' && connection?.tls !== undefined && !connection.tls.cert)
    return make(TLS.find(([, known]) => known.code === 'tls-client-cert-required')![1], where, error);
  if (words !== undefined) return make(words, where, error);
  if (/timed? ?out/i.test(message)) return make(NETWORK.ETIMEDOUT!, where, error);
  if (
    /KafkaJSConnection|LockTimeout/.test(name) ||
    /ECONNRESET|EPIPE|Closed connection|Not connected/.test(`${code} ${message}`)
  )
    return make(CLOSED, where, error);
  return protocolFault(where, message, error);
}

const protocolFault = (where: string, message: string, cause: unknown) =>
  new KafkaFault(
    'protocol',
    where,
    `${where} answered in a way that was not understood: ${message}`,
    'Test the connection; if it passes, report this with the version of the broker.',
    { cause },
  );

function loginFault(error: Error, where: string, connection?: KafkaConnection): KafkaFault | null {
  const { name, message, type } = error as Error & { type?: string };
  const mechanism = (connection?.sasl?.mechanism ?? 'SASL').toUpperCase();
  if (/mechanism is not supported/.test(message) || type === 'UNSUPPORTED_SASL_MECHANISM')
    return new KafkaFault(
      'sasl-mechanism-unsupported',
      where,
      `${where} does not offer the login mechanism ${mechanism}`,
      'Choose another mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.',
      { cause: error },
    );
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
    return /closed|timed out|Connection error/i.test(message)
      ? null
      : new KafkaFault(
          'sasl-failed',
          where,
          `${where} refuses the login as "${connection?.sasl?.username ?? ''}" (${mechanism})`,
          'Check the user name, the password and the mechanism.',
          { cause: error },
        );
  if (type === 'ILLEGAL_SASL_STATE')
    return new KafkaFault(
      'sasl-unexpected',
      where,
      `${where} does not expect a login (SASL) on that port`,
      'Use the port of the SASL listener, or switch the login off for this connection.',
      { cause: error },
    );
  return null;
}

const topicWords = (code: KafkaFaultCode, what: string, nextStep: string, retryable = false): Words => ({
  code,
  sentence: (where) => `${where} ${what}`,
  nextStep,
  retryable,
});

const LEADER = topicWords(
  'leader-unavailable',
  'has no leader that answers now',
  'Wait for the cluster to elect one, then try again.',
  true,
);
const TOO_LARGE = topicWords(
  'record-too-large',
  'refuses the record: it is larger than the topic allows',
  'Make the event smaller, or have max.message.bytes of the topic raised.',
);
const REPLICAS = topicWords(
  'not-enough-replicas',
  'has too few replicas in sync to accept a write',
  'Wait until the cluster is healthy, then try again.',
  true,
);
const FENCED = topicWords(
  'producer-fenced',
  'no longer accepts this producer',
  'Publish again: a new producer is opened for each attempt.',
);

const BROKER: Record<string, Words> = {
  UNKNOWN_TOPIC_OR_PARTITION: topicWords(
    'topic-unknown',
    'does not exist, or this login may not see it',
    'Refresh the list of topics; ask for the Describe right if it should be there.',
  ),
  UNKNOWN_TOPIC_ID: topicWords('topic-unknown', 'does not exist any more', 'Refresh the list of topics.'),
  INVALID_TOPIC_EXCEPTION: topicWords(
    'topic-invalid',
    'is not a valid topic name',
    'Use letters, digits, dots, dashes and underscores.',
  ),
  TOPIC_AUTHORIZATION_FAILED: topicWords(
    'topic-not-authorized',
    'may not be read or written by this login',
    'Ask the owner of the cluster for the rights Describe and Read (or Write) on the topic.',
  ),
  GROUP_AUTHORIZATION_FAILED: topicWords(
    'group-not-authorized',
    'does not show consumer groups to this login',
    'Ask for the Describe right on groups; reading topics works without it.',
  ),
  CLUSTER_AUTHORIZATION_FAILED: topicWords(
    'cluster-not-authorized',
    'does not allow this to this login',
    'Ask the owner of the cluster for the right; publishing needs Write on the topic and, before Kafka 3.0, IdempotentWrite on the cluster.',
  ),
  OFFSET_OUT_OF_RANGE: topicWords(
    'offset-out-of-range',
    'does not hold the asked offset any more',
    'Read from the first offset that is kept.',
  ),
  LEADER_NOT_AVAILABLE: LEADER,
  NOT_LEADER_FOR_PARTITION: LEADER,
  REPLICA_NOT_AVAILABLE: LEADER,
  BROKER_NOT_AVAILABLE: LEADER,
  FENCED_LEADER_EPOCH: LEADER,
  UNKNOWN_LEADER_EPOCH: LEADER,
  KAFKA_STORAGE_ERROR: LEADER,
  OFFSET_NOT_AVAILABLE: LEADER,
  MESSAGE_TOO_LARGE: TOO_LARGE,
  RECORD_LIST_TOO_LARGE: TOO_LARGE,
  INVALID_RECORD: topicWords(
    'record-refused',
    'refuses the record as invalid',
    'A compacted topic needs a key; a topic may also limit timestamps.',
  ),
  INVALID_TIMESTAMP: topicWords(
    'record-refused',
    'refuses the timestamp of the record',
    'Use a time nearer to now: the topic limits it (message.timestamp.before/after.max.ms).',
  ),
  NOT_ENOUGH_REPLICAS: REPLICAS,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: REPLICAS,
  INVALID_PRODUCER_EPOCH: FENCED,
  PRODUCER_FENCED: FENCED,
  UNKNOWN_PRODUCER_ID: FENCED,
  OUT_OF_ORDER_SEQUENCE_NUMBER: FENCED,
};

/**
 * What Kafka's own clients repeat a request for (org.apache.kafka.common.protocol.Errors: RetriableException), without
 * those of writing and of groups' offsets; 8 was one of them once.
 */
const isPassing = new Set([
  2, 5, 6, 7, 8, 9, 13, 14, 15, 16, 41, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 89, 103, 106,
]);
/** Codes that are newer than kafkajs. */
const NEWER: Readonly<Record<number, string>> = {
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
  106: 'FETCH_SESSION_TOPIC_ID_ERROR',
};

/** Whether asking again, perhaps another broker, can help (codes of the Kafka protocol). */
export const isPassingCode = (code: number): boolean => isPassing.has(code);

/** The fault of an error code in a response. */
export function faultOfCode(code: number, where: string): KafkaFault {
  const type = NEWER[code] ?? errorOfCode(code).type;
  const words = BROKER[type];
  if (words !== undefined) return make(words, where);
  const { message } = errorOfCode(code);
  return new KafkaFault(
    'protocol',
    where,
    `${where}: the broker reports ${type}: ${message}`,
    isPassing.has(code)
      ? 'Try again in a moment.'
      : 'Ask the owner of the cluster; the broker log says more.',
    { retryable: isPassing.has(code) },
  );
}

/** Offsets are packed with a partition number into 53 bits; a partition that has more cannot be kept. */
export const offsetTooLarge = (where: string): KafkaFault =>
  new KafkaFault(
    'offset-too-large',
    where,
    `${where} has offsets beyond 2^40, which cannot be kept`,
    'Leave this partition out.',
  );
