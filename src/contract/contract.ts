import type { z } from 'zod';
import { aggregates } from './aggregates.ts';
import { cases, queries } from './cases.ts';
import { check } from './check.ts';
import { compensate } from './compensate.ts';
import { capture, connections, topics } from './connections.ts';
import { events } from './events.ts';
import { invariants } from './invariants.ts';
import { mappings } from './mappings.ts';
import type { Procedure } from './procedure.ts';
import { projections, sql } from './projections.ts';
import { search } from './search.ts';
import { sentences } from './sentences.ts';
import { jobs, system } from './system.ts';
import { transfer } from './transfer.ts';
import { whatif } from './whatif.ts';
import { workspace } from './workspace.ts';

/** Everything the page may ask of the engine, by namespace and name. */
export const contract = {
  system,
  jobs,
  connections,
  topics,
  capture,
  workspace,
  transfer,
  events,
  aggregates,
  projections,
  sql,
  compensate,
  search,
  check,
  cases,
  queries,
  mappings,
  sentences,
  whatif,
  invariants,
} as const;

export type Contract = typeof contract;
export type Namespace = keyof Contract;
export type Input<P extends Procedure> = z.output<P['input']>;
export type Output<P extends Procedure> = z.output<P['output']>;

/** `namespace.name` → procedure; undefined when there is none. Own names only, so `__proto__` finds nothing. */
export function findProcedure(path: string): Procedure | undefined {
  const [namespace, name, ...rest] = path.split('.');
  if (namespace === undefined || name === undefined || rest.length > 0) return undefined;
  if (!Object.hasOwn(contract, namespace)) return undefined;
  const group = contract[namespace as Namespace] as Record<string, Procedure>;
  return Object.hasOwn(group, name) ? group[name] : undefined;
}

/** What a handler gets beside its input. */
export interface CallContext {
  signal: AbortSignal;
  traceId: string;
}

/** What a bytes query answers. */
export interface WithBytes<T> {
  value: T;
  bytes: Uint8Array;
}

type HandlerOf<P extends Procedure> = P['kind'] extends 'stream'
  ? (input: Input<P>, context: CallContext) => AsyncIterable<Output<P>>
  : P extends { bytes: true }
    ? (input: Input<P>, context: CallContext) => Promise<WithBytes<Output<P>>>
    : (input: Input<P>, context: CallContext) => Promise<Output<P>>;

/** The handlers of one namespace, as a service implements them. */
export type Service<N extends Namespace> = {
  [K in keyof Contract[N]]: Contract[N][K] extends Procedure ? HandlerOf<Contract[N][K]> : never;
};
/** The whole engine as the router sees it. */
export type Services = { [N in Namespace]: Service<N> };

type CallOf<P extends Procedure> = P['kind'] extends 'stream'
  ? (input: z.input<P['input']>, options: { signal: AbortSignal }) => AsyncIterable<Output<P>>
  : P extends { bytes: true }
    ? (input: z.input<P['input']>, options?: { signal?: AbortSignal }) => Promise<WithBytes<Output<P>>>
    : (input: z.input<P['input']>, options?: { signal?: AbortSignal }) => Promise<Output<P>>;

/** The engine as the page calls it: `api.events.query({…})`. */
export type Api = {
  [N in Namespace]: {
    [K in keyof Contract[N]]: Contract[N][K] extends Procedure ? CallOf<Contract[N][K]> : never;
  };
};
