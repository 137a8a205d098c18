import { useMemo, useState } from 'react';
import { compileUpcasters, type Upcast, UpcasterProblem } from '../../../core/upcast.ts';
import { useSettled } from '../../lib/settled.ts';
import { type UpcasterDraft, writtenUpcaster } from './upcasterText.ts';
import { type SampleEvent, useSampleEvents } from './useSampleEvents.ts';

const PAUSE_MS = 300;

/** What upcasters that are being written make of a real event. */
export interface TriedUpcast {
  /** Why they cannot be used; null: they can. */
  wrong: string | null;
  event: SampleEvent | null;
  folded: Upcast | null;
  /** Events of the version that is read, and all that were looked at; undefined: on their way. */
  fitting: number;
  looked: readonly SampleEvent[] | undefined;
  /** Another event of those that fit. */
  next: () => void;
}

/** @param draft the upcaster that is shown: events are of its type and version */
export function useUpcast(drafts: readonly UpcasterDraft[], draft: UpcasterDraft | null): TriedUpcast {
  const [turn, setTurn] = useState(0);
  const looked = useSampleEvents(useSettled(draft?.type ?? '', PAUSE_MS));
  const from = draft === null || draft.from === '' ? null : draft.from;
  const fitting = (looked ?? []).filter(({ schemaVersion }) => schemaVersion === from);
  const compiled = useMemo(() => {
    try {
      return compileUpcasters(drafts.map(writtenUpcaster));
    } catch (error) {
      if (error instanceof UpcasterProblem) return error.message;
      throw error;
    }
  }, [drafts]);
  const event = fitting[turn % Math.max(1, fitting.length)] ?? null;
  const isRead = typeof compiled !== 'string' && event !== null;
  return {
    wrong: typeof compiled === 'string' ? compiled : null,
    event,
    folded: isRead ? compiled.apply(event.topic, event) : null,
    fitting: fitting.length,
    looked,
    next: () => setTurn(turn + 1),
  };
}
