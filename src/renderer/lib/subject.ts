import { useLayoutEffect, useRef } from 'react';
import { create } from 'zustand';

/** The event that a screen is about now: what a bookmark marks. */
export interface Subject {
  recordId: number;
  /** Its sentence. */
  title: string;
  /** Parameters that make the address name this event; null removes one. */
  params: Readonly<Record<string, string | number | null>>;
}

export const useSubject = create<{ subject: Subject | null; flush: () => void }>(() => ({
  subject: null,
  flush: () => {},
}));

/** A screen says which event it is about, as long as it is there. `flush` writes what it chose into the address now. */
export function useOfferSubject(subject: Subject | null, flush: () => void = () => {}): void {
  const text = JSON.stringify(subject);
  const newest = useRef(flush);
  newest.current = flush;
  // One offer takes the place of the last: with nothing between them the frame is not rendered for every event. Before
  // the page is painted: who sees an event bookmarks it.
  useLayoutEffect(() => {
    useSubject.setState({ subject: JSON.parse(text) as Subject | null, flush: () => newest.current() });
  }, [text]);
  useLayoutEffect(() => () => useSubject.setState({ subject: null, flush: () => {} }), []);
}
