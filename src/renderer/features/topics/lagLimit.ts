import { create } from 'zustand';

const KEY = 'hindcast.lagLimitSeconds';
const USUAL_SECONDS = 10;
/** A year. */
const MOST_SECONDS = 31_536_000;

/** A whole number of seconds from 1 to a year; null for anything else. */
export function parseLimit(text: string): number | null {
  const seconds = Number(text);
  return /^\d{1,8}$/.test(text.trim()) && seconds >= 1 && seconds <= MOST_SECONDS ? seconds : null;
}

interface LimitStore {
  /** From which age (s) of an unread record on a group counts as late. */
  seconds: number;
  setSeconds(seconds: number): void;
}

/** One limit for all topics, remembered on this machine. */
export const useLagLimit = create<LimitStore>((set) => ({
  seconds: parseLimit(localStorage.getItem(KEY) ?? '') ?? USUAL_SECONDS,
  setSeconds(seconds) {
    localStorage.setItem(KEY, String(seconds));
    set({ seconds });
  },
}));
