import type { AggregateRef } from '../../contract/common.ts';
import type { Address } from './address.ts';

let last: AggregateRef | null = null;

/** Told of every address: remembers the aggregate whose timeline was open last. */
export function noteAggregate({ segments: [screen, type, id] }: Address): void {
  if (screen === 'aggregates' && type !== undefined && id !== undefined) last = { type, id };
}

/** The aggregate that was looked at last in this window: what one goes on with on other screens. */
export const lastAggregate = (): AggregateRef | null => last;
