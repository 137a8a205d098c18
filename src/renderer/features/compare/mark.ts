import { create } from 'zustand';
import type { CompareSide } from '../../../contract/compare.ts';
import { toast } from '../../components/Toast.tsx';
import { go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { paramsOf } from './sides.ts';

interface Mark {
  side: CompareSide;
  /** How it is called: `v12 of SA-1`. */
  words: string;
}

/** What was marked as A, until B is; forgotten with the window. */
export const useMark = create<{ mark: Mark | null }>(() => ({ mark: null }));

export const clearMark = (): void => useMark.setState({ mark: null });

/** The first mark is A; the second is B and opens the comparison. */
export function markSide(side: CompareSide, words: string): void {
  const { mark } = useMark.getState();
  if (mark === null) {
    useMark.setState({ mark: { side, words } });
    toast(`A is ${shown(words)}.`, {
      detail: 'Go to another event, time, reducer or aggregate and press M again for B.',
    });
    return;
  }
  clearMark();
  go(['compare'], { ...paramsOf('a', mark.side), ...paramsOf('b', side) });
}
