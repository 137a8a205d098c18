// What a page sees of its own frames: when each began and ended, which event it showed, and the inputs that came.
import type { Page } from 'playwright-core';
import { FRAME_MARK } from './frameTrace.ts';

export interface Watched {
  /** When each frame began, by performance.now(), and when its script, layout and paint were behind. */
  ticks: number[];
  ends: number[];
  /** Place of the event whose state stood on the screen in each frame. */
  shown: number[];
  /** Inputs in the order in which the page got them; the time is that of the input, not of its handling. */
  inputs: { type: string; time: number; x: number }[];
}

interface Watching extends Watched {
  on: boolean;
  stop(): void;
}

/** Watches the frames from now until {@link stopWatching}. */
export const startWatching = (page: Page): Promise<void> =>
  page.evaluate((mark) => {
    const types = ['pointermove', 'wheel', 'keydown'] as const;
    const onInput = (event: Event) => {
      const all = event instanceof PointerEvent ? event.getCoalescedEvents() : [];
      const first = all[0] ?? event;
      const x = event instanceof MouseEvent ? event.clientX : 0;
      kept.inputs.push({ type: event.type, time: first.timeStamp, x });
    };
    const kept: Watching = {
      ...{ ticks: [], ends: [], shown: [], inputs: [], on: true },
      stop: () => {
        for (const type of types) removeEventListener(type, onInput, { capture: true });
      },
    };
    for (const type of types) addEventListener(type, onInput, { capture: true, passive: true });
    (window as unknown as { watching: Watching }).watching = kept;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => kept.ends.push(performance.now());
    const slider = document.querySelector('[role=slider]')!;
    const tick = (time: number) => {
      if (!kept.on) return;
      performance.mark(mark);
      kept.ticks.push(time);
      kept.shown.push(Number(slider.getAttribute('aria-valuenow')) - 1);
      // Comes when the frame is made.
      channel.port2.postMessage(0);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }, FRAME_MARK);

export const stopWatching = (page: Page): Promise<Watched> =>
  page.evaluate(() => {
    const { watching } = window as unknown as { watching: Watching };
    watching.on = false;
    watching.stop();
    const { ticks, ends, shown, inputs } = watching;
    return { ticks, ends, shown, inputs };
  });
