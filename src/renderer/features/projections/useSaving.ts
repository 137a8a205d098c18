import { useRef, useState } from 'react';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { toast } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { invalidate, useEngineAction } from '../../lib/queries.ts';

interface Asked {
  definition: string;
  /** Builds what was saved; null: nothing is built. */
  build: ((saved: ProjectionStatus) => void) | null;
}

/** A definition that was sent; one that could not be saved is not any more. */
export interface Sent {
  definition: string;
  isSaved: boolean;
}

/**
 * Saves the definition of a projection, opened under its new name where it has one. What `ask` is called with while another
 * is being saved comes after it; of several, the last.
 */
export function useSaving(name: string, on: string | null) {
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: (saved, _, goOn) => {
      invalidate(['projections']);
      toast(`${shown(saved.title)} is saved.`, {
        ...(saved.state === 'stale' ? { detail: 'Its rows are of the definition before; rebuild it.' } : {}),
      });
      if (saved.name !== name) goOn(['projections', saved.name], { tab: 'definition', on }, true);
    },
  });
  // That it is pending is drawn a moment later: too late for the key that is pressed next.
  const [sent, setSent] = useState<Sent | null>(null);
  const isSaving = useRef(false);
  const owed = useRef<Asked | null>(null);
  const ask = async (asked: Asked): Promise<void> => {
    if (isSaving.current) {
      owed.current = { ...asked, build: asked.build ?? owed.current?.build ?? null };
      return;
    }
    const { definition } = asked;
    let { build } = asked;
    isSaving.current = true;
    setSent({ definition, isSaved: false });
    // Why it failed is in `error`.
    const saved = await save.mutateAsync({ definition }).catch(() => null);
    isSaving.current = false;
    setSent(saved === null ? null : { definition, isSaved: true });
    let next = owed.current;
    owed.current = null;
    if (next?.definition === definition) {
      build ??= next.build;
      next = null;
    }
    // What is built after the next one would be built twice.
    if (saved !== null && (next?.build ?? null) === null) build?.(saved);
    if (next !== null) await ask(next);
  };
  return { ...save, sent, ask };
}
