import { type RefObject, useEffect, useRef, useState } from 'react';
import { onThemeChange, tokenColour } from './theme.ts';

export interface Drawing {
  context: CanvasRenderingContext2D;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Colour of a token such as `--accent`. */
  colour: (token: string) => string;
}

/** Draws a canvas whenever its size, the theme or `draw` changes. Returns its width in CSS pixels. */
export function useCanvas(
  ref: RefObject<HTMLCanvasElement | null>,
  draw: (drawing: Drawing) => void,
): number {
  const [width, setWidth] = useState(0);
  const newest = useRef(draw);
  newest.current = draw;
  const repaint = useRef(() => {});
  useEffect(() => {
    const canvas = ref.current;
    const parent = canvas?.parentElement;
    if (!canvas || !parent) return;
    const colours = new Map<string, string>();
    const colour = (token: string) => {
      const known = colours.get(token) ?? tokenColour(parent, token);
      colours.set(token, known);
      return known;
    };
    // Asking for the size lays the page out; it is known from the observer.
    const size = { width: 0, height: 0 };
    const paint = () => {
      const context = canvas.getContext('2d');
      if (context === null || size.width === 0) return;
      const scale = devicePixelRatio;
      const [wide, high] = [Math.round(size.width * scale), Math.round(size.height * scale)];
      // Setting the size of a canvas makes a new one.
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
      }
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      newest.current({ context, ...size, colour });
    };
    repaint.current = paint;
    const observer = new ResizeObserver(() => {
      const box = canvas.getBoundingClientRect();
      size.width = box.width;
      size.height = box.height;
      paint();
      setWidth(box.width);
    });
    observer.observe(canvas);
    const stop = onThemeChange(() => {
      colours.clear();
      paint();
    });
    return () => {
      observer.disconnect();
      stop();
    };
  }, [ref]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new drawing is painted at once.
  useEffect(() => repaint.current(), [draw]);
  return width;
}
