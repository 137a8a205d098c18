import {
  keepPreviousData,
  QueryClient,
  timeoutManager,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
} from '@tanstack/react-query';
import type { Api, Contract, Input, Namespace, Output } from '../../contract/contract.ts';
import type { Procedure } from '../../contract/procedure.ts';
import type { ChangedScope } from '../../contract/system.ts';
import { type go, goFromHere } from './address.ts';
import { EngineError, engineReady } from './engine.ts';
import { renew } from './renew.ts';
import { coarseTimers } from './timers.ts';

/** Names of the procedures of a namespace that answer once. */
export type CallName<N extends Namespace> = {
  [K in keyof Contract[N]]: Contract[N][K] extends { kind: 'stream' } ? never : K;
}[keyof Contract[N]] &
  string;
type InputOf<N extends Namespace, K extends CallName<N>> = Contract[N][K] extends Procedure
  ? Input<Contract[N][K]>
  : never;
type OutputOf<N extends Namespace, K extends CallName<N>> = Contract[N][K] extends Procedure
  ? Output<Contract[N][K]>
  : never;

/** `['events', 'query']`: which procedure. */
export type CallPath<N extends Namespace, K extends CallName<N>> = readonly [N, K];

/** What must be asked again when something has changed, as the beginnings of query keys. */
const HANGS_ON: Record<ChangedScope, readonly (readonly string[])[]> = {
  connections: [['connections'], ['topics']],
  workspace: [
    ['workspace'],
    ['events'],
    ['aggregates'],
    ['projections'],
    ['sql'],
    ['search'],
    ['check'],
    ['whatif'],
    ['invariants'],
    ['compensate', 'receipts'],
    ['cases'],
    ['mappings'],
  ],
  events: [
    ['workspace', 'contents'],
    ['workspace', 'current'],
    ['workspace', 'coverage'],
    ['events'],
    ['aggregates'],
    ['projections'],
    ['whatif'],
    ['invariants'],
  ],
  projections: [['projections'], ['sql', 'schema'], ['aggregates', 'list']],
  jobs: [['jobs']],
  receipts: [['compensate', 'receipts']],
  search: [['search']],
  notebook: [['cases'], ['queries'], ['mappings']],
  sentences: [['sentences'], ['events'], ['aggregates'], ['whatif'], ['cases']],
};

/** Changed again and again by themselves, such as once a second while a capture runs; the others a person changes. */
const RECURRING: ReadonlySet<ChangedScope> = new Set(['workspace', 'events', 'jobs']);

const MAX_RETRIES = 3;

// Whoever scrubs asks for sixty answers a second, each of which is let go of some time later.
timeoutManager.setTimeoutProvider(coarseTimers());

/** The engine answers as well without a network: it is on this machine. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (count, error) =>
        count < MAX_RETRIES && error instanceof EngineError && error.code === 'engine.lost',
      retryDelay: (count) => 300 * 2 ** count,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

/** Asks again for what hangs on the given scopes. Answers on the screen stay until the new ones are there. */
export function invalidate(scopes: Iterable<ChangedScope>): void {
  const keys = new Map<string, readonly string[]>();
  let isRecurring = true;
  for (const scope of scopes) {
    isRecurring &&= RECURRING.has(scope);
    for (const key of HANGS_ON[scope]) keys.set(key.join('.'), key);
  }
  if (isRecurring) renew(queryClient, [...keys.values()]);
  // What is on its way is of before and would only be waited for.
  else for (const queryKey of keys.values()) void queryClient.invalidateQueries({ queryKey });
}

/** Calls the engine once; waits while it is being started. */
export async function callEngine<N extends Namespace, K extends CallName<N>>(
  [namespace, name]: CallPath<N, K>,
  input: InputOf<N, K>,
  signal?: AbortSignal,
): Promise<OutputOf<N, K>> {
  const api: Api = await engineReady(signal);
  const group = api[namespace] as unknown as Record<
    string,
    (input: unknown, options?: { signal?: AbortSignal }) => Promise<OutputOf<N, K>>
  >;
  return group[name]!(input, signal === undefined ? undefined : { signal });
}

export interface QueryChoice {
  enabled?: boolean;
  /** Shows the last answer while the next one (another input) is on its way; true unless said otherwise. */
  keep?: boolean;
}

/**
 * What the engine knows, asked once and kept until the engine says that it has changed. While a new input is asked
 * the last answer stays (`isPlaceholderData` is true then), so that nothing jumps.
 */
export function useEngineQuery<N extends Namespace, K extends CallName<N>>(
  path: CallPath<N, K>,
  input: InputOf<N, K>,
  { enabled = true, keep = true }: QueryChoice = {},
): UseQueryResult<OutputOf<N, K>, EngineError> {
  return useQuery<OutputOf<N, K>, EngineError>({
    queryKey: [...path, input],
    queryFn: ({ signal }) => callEngine(path, input, signal),
    enabled,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

/**
 * Something that a person does: `action.mutate(input)`; `isPending`, `error` and `data` for the screen. `onSuccess` is
 * called whatever has become of the screen; where it leads on, it takes `goOn`, see {@link goFromHere}.
 */
export function useEngineAction<N extends Namespace, K extends CallName<N>>(
  path: CallPath<N, K>,
  options: {
    onSuccess?: (output: OutputOf<N, K>, input: InputOf<N, K>, goOn: typeof go) => void;
  } = {},
): UseMutationResult<OutputOf<N, K>, EngineError, InputOf<N, K>, typeof go> {
  return useMutation<OutputOf<N, K>, EngineError, InputOf<N, K>, typeof go>({
    mutationFn: (input) => callEngine(path, input),
    onMutate: goFromHere,
    ...(options.onSuccess === undefined ? {} : { onSuccess: options.onSuccess }),
  });
}
