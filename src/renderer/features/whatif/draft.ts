import { create } from 'zustand';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Hypothesis, LogChange } from '../../../contract/whatif.ts';

type ReducerText = NonNullable<Hypothesis['reducer']>;

/** What a person is trying; it lives as long as the window and is never stored with the data. */
interface WhatIfDraft {
  /** By name of the real reducer: what was written instead. */
  reducers: Record<string, ReducerText>;
  without: string;
  /** Changes to the log of one aggregate. */
  overlay: { ref: AggregateRef; changes: LogChange[] } | null;
  /** Conditions that are tried beside those of the projection. */
  conditions: string[];
}

export const useDraft = create<WhatIfDraft>(() => ({
  reducers: {},
  without: '',
  overlay: null,
  conditions: [],
}));

export function setReducer(name: string, text: ReducerText | null): void {
  useDraft.setState(({ reducers: { [name]: _, ...others } }) => ({
    reducers: text === null ? others : { ...others, [name]: text },
  }));
}

export const changesOf = (overlay: WhatIfDraft['overlay'], ref: AggregateRef): LogChange[] =>
  overlay !== null && overlay.ref.type === ref.type && overlay.ref.id === ref.id ? overlay.changes : [];

/** Only one aggregate has a hypothetical log at a time: changes to another one take its place. */
export function setChanges(ref: AggregateRef, changes: LogChange[]): void {
  useDraft.setState({ overlay: changes.length === 0 ? null : { ref, changes } });
}

/** Takes back what was done to one event; inserted ones are named by their negative number. */
export function withoutChangesOf(changes: readonly LogChange[], id: number): LogChange[] {
  // The number of an inserted event is its place among the changes, so these must keep their places.
  const isOf = (change: LogChange, at: number) =>
    change.change === 'insert' ? id === -(at + 1) : change.id === id;
  const left: LogChange[] = [];
  const moved = new Map<number, number>();
  for (const [at, change] of changes.entries()) {
    if (isOf(change, at)) continue;
    if (change.change === 'insert') moved.set(-(at + 1), -(left.length + 1));
    left.push(change);
  }
  return left.flatMap((change) => {
    if (!('after' in change) || change.after === null || change.after >= 0) return [change];
    const after = moved.get(change.after);
    // What stood behind the event that is gone has no place any more.
    return after === undefined ? [] : [{ ...change, after }];
  });
}

/** What is asked: only what differs from the real one. */
export function hypothesisOf(
  { reducers, without, overlay }: WhatIfDraft,
  real: { name: string; language: string; text: string } | undefined,
): Hypothesis {
  const written = real === undefined ? undefined : reducers[real.name];
  const isChanged =
    written !== undefined && (written.text !== real!.text || written.language !== real!.language);
  return {
    reducer: isChanged ? written : null,
    without: without.trim() === '' ? null : without.trim(),
    overlay,
  };
}
