// The server.properties of one test broker (KRaft). Broker 1 is also the controller.

/** The listeners of one broker by name; only PLAINTEXT exists on an open cluster. */
export interface BrokerPorts {
  PLAINTEXT: number;
  SASL_PLAINTEXT?: number;
  SSL?: number;
  SASL_SSL?: number;
}

export interface BrokerSettings {
  id: number;
  brokers: number;
  ports: BrokerPorts;
  controllerPort: number;
  dataDir: string;
  /** Where makeCertificates() wrote; null for an open cluster. */
  certs: string | null;
  overrides: Record<string, string | number | boolean>;
}

/** Users of a secure cluster; the password of each is `NAME-secret`. `admin` is a super user. */
export const USERS = ['admin', 'reader', 'writer'] as const;

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule';

/** The text of server.properties. */
export function serverProperties(settings: BrokerSettings): string {
  const { id, ports, controllerPort, certs } = settings;
  const listeners = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const controller = id === 1 ? [`CONTROLLER://127.0.0.1:${controllerPort}`] : [];
  const replication = Math.min(settings.brokers, 3);
  const properties: Record<string, string | number | boolean> = {
    'process.roles': id === 1 ? 'broker,controller' : 'broker',
    'node.id': id,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, ...controller].join(','),
    'advertised.listeners': listeners.join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...Object.keys(ports).map((n) => `${n}:${n}`),
    ].join(','),
    'log.dirs': settings.dataDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // Compaction is looked at after a moment, not after half a minute.
    'log.initial.task.delay.ms': 500,
    'log.cleaner.backoff.ms': 200,
    // A killed broker may come back after this time, not after nine seconds. On a busy machine brokers, also a lone one
    // with its own controller, wait for a processor: one that had none for a while is not dead.
    'broker.heartbeat.interval.ms': 300,
    'broker.session.timeout.ms': 6000,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': 1,
    ...(certs === null ? {} : secureProperties(certs)),
    ...settings.overrides,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function secureProperties(certs: string): Record<string, string> {
  const users = USERS.map((name) => `user_${name}="${name}-secret"`).join(' ');
  const properties: Record<string, string> = {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The plaintext listener (broker to broker, and the tests' own tools) is not restricted.
    'super.users': 'User:ANONYMOUS;User:admin',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': `${certs}/server.pem`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': `${certs}/ca.crt`,
    'listener.name.ssl.ssl.client.auth': 'required',
  };
  for (const listener of ['sasl_plaintext', 'sasl_ssl']) {
    properties[`listener.name.${listener}.plain.sasl.jaas.config`] = `${PLAIN} required ${users};`;
    for (const bits of [256, 512])
      properties[`listener.name.${listener}.scram-sha-${bits}.sasl.jaas.config`] = `${SCRAM} required;`;
  }
  return properties;
}
