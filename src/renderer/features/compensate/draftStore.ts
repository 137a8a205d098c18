import { z } from 'zod';
import { create } from 'zustand';
import type { AggregateRef } from '../../../contract/common.ts';
import { Draft, DraftField, Receipt } from '../../../contract/compensate.ts';

/** A draft being written: what it is now, and what it was when the engine made it. */
// A draft that corrects no event has no type until a person writes one.
const Unfinished = Draft.extend({ eventType: z.string() });
const Kept = z.object({
  draft: Unfinished,
  drafted: Unfinished,
  fields: z.array(DraftField),
});
export type Kept = z.infer<typeof Kept>;

const Stored = z.object({
  drafts: z.record(z.string(), Kept),
  receipts: z.record(z.string(), Receipt),
});
type Stored = z.infer<typeof Stored>;

const KEY = 'hindcast.compensations';

function load(): Stored {
  try {
    return Stored.parse(JSON.parse(sessionStorage.getItem(KEY) ?? ''));
  } catch {
    // Nothing stored yet, or by another version: a draft is made again from the event.
    return { drafts: {}, receipts: {} };
  }
}

/** Drafts live as long as the window; nothing in here is ever sent by itself. */
export const useDrafts = create<Stored>(() => load());
useDrafts.subscribe((stored) => sessionStorage.setItem(KEY, JSON.stringify(stored)));

/** One draft per workspace, aggregate and corrected event. */
export const draftKey = (workspace: string, ref: AggregateRef, correctedId: number | null): string =>
  JSON.stringify([workspace, ref.type, ref.id, correctedId]);

export function keepDraft(key: string, kept: Kept | null): void {
  useDrafts.setState(({ drafts: { [key]: _, ...others } }) => ({
    drafts: kept === null ? others : { ...others, [key]: kept },
  }));
}

/** Keeps the receipt in view and lets go of the draft it was made from. */
export function keepReceipt(key: string, receipt: Receipt | null): void {
  useDrafts.setState(({ receipts: { [key]: _, ...others } }) => ({
    receipts: receipt === null ? others : { ...others, [key]: receipt },
  }));
  if (receipt !== null) keepDraft(key, null);
}
