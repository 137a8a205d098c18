/** What is measured of the page's frames (test/e2e/framesOnce.ts). Milliseconds. */

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** By the browser's own trace, for each frame. */
export interface WorkOfFrames {
  /** All tasks of the main thread from one frame to the next: script, style, layout, paint, messages, garbage. */
  work: Quantiles;
  /** The same in processor time: without what the thread waited for a core. */
  processor: Quantiles;
  /** Mean of what the frames consist of. */
  parts: Record<'script' | 'style' | 'layout' | 'paint' | 'garbage' | 'other', number>;
}

/** One way to move. */
export interface MoveFigures extends WorkOfFrames {
  frames: number;
  /** Between two frames of the screen. */
  interval: Quantiles;
  /** Share of frames that came later than the screen's next turn. */
  missed: number;
  /** Inputs whose answer was seen, and from the input to the end of the frame that shows it or a newer one. */
  answered: number;
  latency: Quantiles | null;
  /** Different events shown. */
  shown: number;
}

export interface FrameFigures {
  events: number;
  /** The playhead dragged along the whole life; Alt and wheel; the arrow key held; playing; wheel on the strip. */
  moves: Record<'drag' | 'wheel' | 'key' | 'play' | 'zoom', MoveFigures>;
}
