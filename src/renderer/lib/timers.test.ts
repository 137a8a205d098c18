import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { coarseTimers, restTimer } from './timers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a rest', () => {
  it('is called once, so long after the last touch', () => {
    const calls: number[] = [];
    const rest = restTimer(100, () => calls.push(performance.now()));
    const start = performance.now();
    for (let at = 0; at < 5; at += 1) {
      rest.touch();
      expect(rest.isTouched()).toBe(true);
      vi.advanceTimersByTime(60);
    }
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([start + 4 * 60 + 100]);
    expect(rest.isTouched()).toBe(false);
  });

  it('is called at last while touches go on', () => {
    let calls = 0;
    const rest = restTimer(100, () => (calls += 1), 250);
    for (let at = 0; at < 10; at += 1) {
      rest.touch();
      vi.advanceTimersByTime(60);
    }
    expect(calls).toBe(2);
  });

  it('is forgotten, and begins anew', () => {
    let calls = 0;
    const rest = restTimer(100, () => (calls += 1));
    rest.touch();
    rest.cancel();
    vi.advanceTimersByTime(500);
    expect(calls).toBe(0);
    rest.touch();
    vi.advanceTimersByTime(100);
    expect(calls).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('coarse timers', () => {
  it('come never too soon and at most a second late, unless they are cleared', () => {
    const timers = coarseTimers();
    const called: [string, number][] = [];
    const note = (name: string) => () => called.push([name, performance.now() - start]);
    const start = performance.now();
    timers.setTimeout(note('short'), 200);
    const cleared = [timers.setTimeout(note('cleared'), 5000), timers.setTimeout(note('cleared'), 300)];
    timers.setTimeout(note('long'), 2500);
    for (const id of cleared) timers.clearTimeout(id);
    vi.advanceTimersByTime(60_000);
    expect(called.map(([name]) => name)).toEqual(['short', 'long']);
    expect(called[0]![1]).toBe(200);
    expect(called[1]![1]).toBeGreaterThanOrEqual(2500);
    expect(called[1]![1]).toBeLessThanOrEqual(3500);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be set and cleared while others are called', () => {
    const timers = coarseTimers();
    const called: string[] = [];
    timers.setTimeout(() => {
      called.push('first');
      timers.clearTimeout(second);
      timers.setTimeout(() => called.push('third'), 1000);
    }, 1000);
    const second = timers.setTimeout(() => called.push('second'), 1000);
    vi.advanceTimersByTime(5000);
    expect(called).toEqual(['first', 'third']);
  });

  it('repeat as the browser does', () => {
    const timers = coarseTimers();
    let calls = 0;
    const id = timers.setInterval(() => (calls += 1), 100);
    vi.advanceTimersByTime(350);
    timers.clearInterval(id);
    vi.advanceTimersByTime(350);
    expect(calls).toBe(3);
  });
});
