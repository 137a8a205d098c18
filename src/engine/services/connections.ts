import type { DiagnosisStep } from '../../contract/connections.ts';
import type { Service } from '../../contract/contract.ts';
import { kafkaLog } from '../connections/cluster.ts';
import { diagnoseConnection, type DiagnosisStep as KafkaStep } from '../kafka/diagnose.ts';
import type { ServiceDeps } from './deps.ts';

/** Login and the brokers' advertised addresses are, to a person, parts of these steps. */
const STEP: Record<KafkaStep['step'], DiagnosisStep['step']> = {
  name: 'name',
  tcp: 'tcp',
  tls: 'tls',
  kafka: 'kafka',
  login: 'sasl',
  brokers: 'kafka',
  access: 'access',
};

const shown = ({ step, where, status, detail, nextStep, ms }: KafkaStep): DiagnosisStep => ({
  step: STEP[step],
  status,
  detail: detail.includes(where) ? detail : `${where}: ${detail}`,
  nextStep: nextStep ?? null,
  ms,
});

export function createConnectionService(deps: ServiceDeps): Service<'connections'> {
  const { connections, log } = deps;
  return {
    list: async () => connections.list(),
    save: async ({ connection, secrets }) => connections.save(connection, secrets),
    remove: async ({ id }) => {
      await connections.remove(id);
      return {};
    },
    async test({ connection, secrets }, { signal }) {
      const kafka = await connections.formToKafka(connection, secrets);
      const found: KafkaStep[] = [];
      for await (const step of diagnoseConnection(kafka, { signal, log: kafkaLog(log) })) found.push(step);
      signal.throwIfAborted();
      // An address that fails is no harm as long as another one leads to the cluster.
      const reached = found.findIndex(({ step }) => step === 'login');
      const ok = reached !== -1 && found.slice(reached).every(({ status }) => status !== 'failed');
      return { ok, steps: found.map(shown) };
    },
    unlock: async ({ id, reason, typedName }) => connections.unlock(id, reason, typedName),
    lock: async ({ id }) => connections.lock(id),
  };
}
