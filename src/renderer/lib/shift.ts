/** An animation that stands still: its time in milliseconds is the place of its element in pixels. */
const shifts = new WeakMap<Element, Animation>();
/** Further than any screen is wide, px. */
const FAR = 1_000_000;

/**
 * Puts an element so many pixels (0 to 1,000,000) to the right of where it stands. Chromium sorts all layers of a page
 * anew for every change of a transform, 2 ms of a frame; the time of an animation goes straight to the one that moves.
 */
export function shiftTo(element: HTMLElement, px: number): void {
  let shift = shifts.get(element);
  if (shift === undefined) {
    shift = element.animate(
      { transform: ['translateX(0)', `translateX(${FAR}px)`] },
      { duration: FAR, fill: 'both' },
    );
    shift.pause();
    shifts.set(element, shift);
  }
  shift.currentTime = px;
}
