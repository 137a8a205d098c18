import { describe, expect, it } from 'vitest';
import { advance, LONGEST_GAP_MS } from './player.ts';

const times = [1000, 1100, 1200, 90_000, 90_050, 90_010, 90_060];
const timeAt = (index: number) => times[index];

describe('playing', () => {
  it('goes as far as the budget reaches and keeps the rest', () => {
    expect(advance(0, 250, 6, timeAt)).toEqual({ index: 2, budget: 50, skippedMs: null });
    expect(advance(0, 99, 6, timeAt)).toEqual({ index: 0, budget: 99, skippedMs: null });
  });

  it('plays a quiet gap as a second and says how long it was', () => {
    expect(advance(2, LONGEST_GAP_MS, 6, timeAt)).toEqual({ index: 3, budget: 0, skippedMs: 88_800 });
    expect(advance(2, LONGEST_GAP_MS - 1, 6, timeAt).index).toBe(2);
  });

  it('passes clocks that run backwards, begins before the first event and ends at the last', () => {
    expect(advance(4, 50, 6, timeAt)).toEqual({ index: 6, budget: 0, skippedMs: null });
    expect(advance(-1, 0, 6, timeAt).index).toBe(0);
    expect(advance(5, 1e9, 6, timeAt).index).toBe(6);
  });

  it('waits for times that are not known yet', () => {
    expect(advance(0, 1e9, 6, (index) => (index < 2 ? times[index] : undefined)).index).toBe(1);
  });
});
