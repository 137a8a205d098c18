import { create } from 'zustand';
import type { Api, Output } from '../../contract/contract.ts';
import type { system } from '../../contract/system.ts';
import { createClient } from '../../rpc/client.ts';
import { connectPage } from '../../rpc/page.ts';
import { localError, RemoteError } from '../../rpc/remoteError.ts';

/** Every failure of a call, with a code, a sentence and a next step. */
export { RemoteError as EngineError };
export type EngineInfo = Output<(typeof system)['info']>;

interface EngineStore {
  /** connecting: for the first time. lost: it was there; it is being reached again. refused: it does not let us in. */
  status: 'connecting' | 'ready' | 'lost' | 'refused';
  api: Api | null;
  info: EngineInfo | null;
  /** The engine came back as another process; what was captured is kept. Stays until dismissed. */
  restarted: boolean;
  problem: string | null;
  dismissRestart(): void;
}

export const useEngine = create<EngineStore>((set) => ({
  status: 'connecting',
  api: null,
  info: null,
  restarted: false,
  problem: null,
  dismissRestart: () => set({ restarted: false }),
}));

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
export const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The engine's procedures as soon as it is there. Rejects when it refuses this page or the signal is aborted. */
export function engineReady(signal?: AbortSignal): Promise<Api> {
  const { api, status, problem } = useEngine.getState();
  if (api !== null) return Promise.resolve(api);
  if (status === 'refused') return Promise.reject(localError('internal', { problem: problem ?? 'refused' }));
  return new Promise((resolve, reject) => {
    const stop = useEngine.subscribe((state) => {
      if (state.api === null && state.status !== 'refused') return;
      stop();
      if (state.api !== null) resolve(state.api);
      else reject(localError('internal', { problem: state.problem ?? 'refused' }));
    });
    signal?.addEventListener('abort', () => {
      stop();
      reject(localError('cancelled', { what: 'The request' }));
    });
  });
}

/**
 * Does something, and again for as long as it fails of what passes by itself, such as a lost connection.
 * @throws what does not pass, and anything once the signal is aborted
 */
export async function insist<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (signal.aborted || !(error instanceof RemoteError && error.retryable)) throw error;
    }
    await wait(FIRST_WAIT_MS);
  }
}

/** One connection from its beginning to its end; resolves when it has closed. */
async function holdConnection(onReady: (api: Api, signal: AbortSignal) => void): Promise<void> {
  const carrier = await connectPage();
  const ended = new AbortController();
  const closed = new Promise<void>((done) => carrier.onClose(done));
  try {
    const { api } = createClient(carrier);
    const info = await api.system.info({});
    const before = useEngine.getState().info;
    const another = before !== null && (before.pid !== info.pid || before.startedAt !== info.startedAt);
    useEngine.setState((state) => ({
      status: 'ready',
      api,
      info,
      problem: null,
      restarted: state.restarted || another || (before === null && info.restarts > 0),
    }));
    onReady(api, ended.signal);
    await closed;
  } finally {
    ended.abort();
    carrier.close();
  }
}

/** Codes that trying again does not help. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RemoteError && !error.retryable && error.code !== 'internal';

/**
 * Reaches the engine and stays with it: after a loss it tries again, at most every five seconds.
 * @param onReady called for every new connection; its signal ends with the connection
 */
export async function startEngine(onReady: (api: Api, signal: AbortSignal) => void): Promise<void> {
  for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    try {
      await holdConnection((api, signal) => {
        pause = FIRST_WAIT_MS;
        onReady(api, signal);
      });
      useEngine.setState({ status: 'lost', api: null, problem: null });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (isRefusal(error)) {
        useEngine.setState({ status: 'refused', api: null, problem });
        return;
      }
      useEngine.setState(({ info }) => ({
        status: info === null ? 'connecting' : 'lost',
        api: null,
        problem,
      }));
    }
    await wait(pause);
  }
}
