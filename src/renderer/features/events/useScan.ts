import { useEffect, useState } from 'react';
import type { EventFilter, ScanState } from '../../../contract/events.ts';
import { insist, wait } from '../../lib/engine.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';
import { renew } from '../../lib/renew.ts';
import { eventsKey } from './pages.ts';

/** Rows on the screen are asked again at most so often while hits are being found, ms. */
const SHOW_EVERY_MS = 500;

/**
 * Carries an unfinished search on for as long as the page shows it, and has its hits shown as they are found.
 * @param head how far the answer on the screen is; null: there is nothing to search
 * @returns the newest state; null: nothing has to be read from the bytes
 */
export function useScan(filter: EventFilter, head: ScanState | null | undefined): ScanState | null {
  const [newest, setNewest] = useState<{ filter: EventFilter; state: ScanState } | null>(null);
  const isOpen = head?.done === false;

  useEffect(() => {
    if (!isOpen) return;
    const ended = new AbortController();
    const { signal } = ended;
    const showHits = () => renew(queryClient, [eventsKey(filter), ['events', 'histogram', { filter }]]);
    const run = async () => {
      let shownAt = performance.now();
      let shownHits = -1;
      while (!signal.aborted) {
        const state = await insist(() => callEngine(['events', 'scan'], { filter }, signal), signal);
        setNewest({ filter, state });
        if (state.done) {
          showHits();
          // The list's own answer ends this; records that came meanwhile are still to be searched.
          await wait(SHOW_EVERY_MS);
          continue;
        }
        if (state.matched === shownHits || performance.now() - shownAt < SHOW_EVERY_MS) continue;
        shownHits = state.matched;
        shownAt = performance.now();
        showHits();
      }
    };
    // What fails here fails in the list too, which says it.
    run().catch(() => {});
    return () => ended.abort();
  }, [filter, isOpen]);

  if (head === null || head === undefined) return null;
  const isAhead =
    newest?.filter === filter && newest.state.looked > head.looked && newest.state.of === head.of;
  // Not at its end before the list has all that was found.
  return isAhead ? { ...newest.state, done: false } : head;
}
