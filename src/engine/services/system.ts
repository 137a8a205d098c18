import type { Service } from '../../contract/contract.ts';
import type { ServiceDeps } from './deps.ts';

export function createSystemService({ host, changed }: ServiceDeps): Service<'system'> {
  const startedAt = Date.now();
  return {
    info: async () => ({
      version: host.version,
      node: process.version,
      pid: process.pid,
      startedAt,
      door: host.door,
      secrets: host.secrets.description,
      restarts: host.restarts,
      user: host.user,
    }),
    changed: (_input, { signal }) => changed.stream(signal),
  };
}
