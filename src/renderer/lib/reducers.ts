import { useLayoutEffect } from 'react';
import { create } from 'zustand';

export interface ReducerChoice {
  name: string;
  version: number;
  pin: string;
  builtIn: boolean;
}

interface Offer {
  choices: readonly ReducerChoice[];
  /** The one that made what is on the screen. */
  used: { name: string; version: number; pin: string } | null;
}

const NONE: Offer = { choices: [], used: null };
export const useReducerOffer = create<Offer>(() => NONE);

/** A screen tells the focus bar which reducers its subject can be folded with, as long as it is there. */
export function useOfferReducers(offer: Offer | null): void {
  const text = JSON.stringify(offer);
  // Before the page is painted: a link to what is seen names the reducer that made it.
  useLayoutEffect(() => {
    useReducerOffer.setState((JSON.parse(text) as Offer | null) ?? NONE);
    return () => useReducerOffer.setState(NONE);
  }, [text]);
}
