/** Changes of a log as they go from thread to thread: payloads as JSON text, so that every digit arrives. */
import type { AggregateRef } from '../../contract/common.ts';
import { parseJson } from '../../core/json.ts';
import type { OverlayChange } from '../../core/overlay.ts';

/** A change as the contract has it. */
export type ChangeText = Omit<OverlayChange, 'data'> & { data?: string };

export interface ChangedLogText {
  ref: AggregateRef;
  changes: readonly ChangeText[];
}

/** The payload read. @throws JsonProblem */
export const changeOf = (change: ChangeText): OverlayChange =>
  ('data' in change ? { ...change, data: parseJson(change.data!) } : change) as OverlayChange;
