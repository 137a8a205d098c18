/** Where to go next: a place in the list, or a question whose answer is one (null: nowhere). */
export type Destination = number | (() => Promise<number | null>);

/** What is moved through, as it is now. */
export interface Course<Subject> {
  subject: Subject;
  /** Place that is shown. */
  index: number;
  last: number;
  select(index: number): void;
  /** Place that was chosen last, also before it is shown; null: none was. */
  chosen(): number | null;
}

export interface MoveDuties<Subject> {
  /** Done when all that the screen shows of an event is there. */
  prepare(subject: Subject, index: number): Promise<unknown>;
  /** Told after an event was selected. */
  onSelected(subject: Subject, from: number, index: number, last: number): void;
  onError(error: unknown): void;
  nextFrame(): Promise<void>;
}

export interface Moves {
  /** Goes there as soon as it is prepared, in place of one that has not begun; done when all moves are. */
  reach(destination: Destination): Promise<void>;
  /** Where so many events on or back from where the last call leads is; null: it leads there already. */
  after(steps: number): number | null;
  isRunning(): boolean;
}

/**
 * Moves along a list: one is under way at a time and only the newest next one is kept. What a person has chosen meanwhile
 * is newer than all that was asked for before it.
 */
export function createMoves<Subject>(now: () => Course<Subject>, duties: MoveDuties<Subject>): Moves {
  let next: Destination | null = null;
  let running: Promise<void> | null = null;
  /** Where the move that is under way leads, as soon as it is known; null: none is. */
  let under: number | null = null;
  /** What was chosen when the newest move was asked for, or by the moves themselves since. */
  let base: number | null = null;
  const run = async (): Promise<void> => {
    while (next !== null) {
      const wanted: Destination = next;
      next = null;
      under = null;
      const before = base;
      const { subject, chosen } = now();
      if (chosen() !== before) continue;
      try {
        const index = typeof wanted === 'number' ? wanted : await wanted();
        if (index === null) continue;
        under = index;
        await duties.prepare(subject, index);
        const { index: from, last } = now();
        if (subject === now().subject && now().chosen() === before) {
          now().select(index);
          base = now().chosen();
          duties.onSelected(subject, from, index, last);
        }
      } catch (error) {
        duties.onError(error);
      }
      await duties.nextFrame();
    }
  };
  return {
    reach(destination) {
      next = destination;
      base = now().chosen();
      running ??= run().finally(() => {
        running = null;
        under = null;
      });
      return running;
    },
    after(steps) {
      const { index, last, chosen } = now();
      const place = chosen();
      const led = place === base ? (typeof next === 'number' ? next : under) : null;
      const from = led ?? place ?? index;
      const to = Math.max(-1, Math.min(last, from + steps));
      return to === from ? null : to;
    },
    isRunning: () => running !== null,
  };
}
