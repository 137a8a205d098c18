/** Tells all pages what has changed: scopes gathered and sent at most ten times a second. */
import { LIMITS } from '../../contract/limits.ts';
import type { ChangedScope } from '../../contract/system.ts';
import { Signal } from '../jobs/signal.ts';

export interface ChangedHub {
  push(...scopes: ChangedScope[]): void;
  /** Yields the scopes that changed since the last one; ends when the signal is aborted or the hub closed. */
  stream(signal: AbortSignal): AsyncGenerator<{ scopes: ChangedScope[] }>;
  close(): void;
}

/** How long changes are gathered before they are sent, ms. */
const GATHER_MS = 1000 / LIMITS.progressHz;

export function createChangedHub(): ChangedHub {
  const listeners = new Set<(scopes: ChangedScope[]) => void>();
  const closed = new AbortController();
  return {
    push: (...scopes) => {
      for (const listener of listeners) listener(scopes);
    },
    close: () => closed.abort(),
    async *stream(signal) {
      const waiting = new Set<ChangedScope>();
      const bell = new Signal(AbortSignal.any([signal, closed.signal]));
      const listener = (scopes: ChangedScope[]) => {
        for (const scope of scopes) waiting.add(scope);
        bell.ring();
      };
      listeners.add(listener);
      try {
        while (await bell.wait()) {
          const scopes = [...waiting];
          waiting.clear();
          if (scopes.length > 0) yield { scopes };
          await bell.pause(GATHER_MS);
        }
      } finally {
        listeners.delete(listener);
      }
    },
  };
}
