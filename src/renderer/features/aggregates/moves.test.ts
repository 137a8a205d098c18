import { describe, expect, it } from 'vitest';
import { createMoves } from './moves.ts';

/** A list of ten, at its fourth; what is prepared waits until it is let go on. */
function openList() {
  let chosen = 3;
  const selected: number[] = [];
  const waiting = new Map<number, () => void>();
  const moves = createMoves(
    () => ({
      subject: 'list',
      index: chosen,
      last: 9,
      select: (index) => {
        chosen = index;
        selected.push(index);
      },
      chosen: () => chosen,
    }),
    {
      prepare: (_, index) => new Promise<void>((done) => void waiting.set(index, done)),
      onSelected: () => {},
      onError: (error) => expect.unreachable(String(error)),
      nextFrame: () => Promise.resolve(),
    },
  );
  return {
    moves,
    selected,
    /** The end of all that is under way, after which nothing waits. */
    step(by: number): Promise<void> {
      const to = moves.after(by);
      return to === null ? Promise.resolve() : moves.reach(to);
    },
    click(index: number) {
      chosen = index;
    },
    async prepared(index: number) {
      await expect.poll(() => waiting.has(index)).toBe(true);
      waiting.get(index)!();
    },
  };
}

describe('moves', () => {
  it('steps that come while one is under way add up to one', async () => {
    const { step, prepared, selected } = openList();
    const end = step(1);
    for (let more = 0; more < 3; more += 1) void step(1);
    await prepared(4);
    await prepared(7);
    await end;
    expect(selected).toEqual([4, 7]);
  });

  it('what a person chooses meanwhile is newer than all that was asked for before', async () => {
    const { step, click, prepared, selected } = openList();
    const end = step(1);
    void step(1);
    click(1);
    await prepared(4);
    await end;
    expect(selected).toEqual([]);
  });

  it('a step goes on from what was chosen meanwhile, also while the move before is awaited', async () => {
    for (const steps of [1, 2]) {
      const { step, click, prepared, selected } = openList();
      for (let at = 0; at < steps; at += 1) void step(1);
      click(1);
      const end = step(1);
      void step(1);
      await prepared(4);
      await prepared(3);
      await end;
      expect(selected).toEqual([3]);
    }
  });

  it('ends where the list does', () => {
    const { moves, click } = openList();
    expect(moves.after(20)).toBe(9);
    expect(moves.after(-20)).toBe(-1);
    click(9);
    expect(moves.after(1)).toBeNull();
  });
});
