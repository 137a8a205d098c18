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
    const paint = () => {
      const box = canvas.getBoundingClientRect();
      const scale = devicePixelRatio;
      canvas.width = Math.round(box.width * scale);
      canvas.height = Math.round(box.height * scale);
      const context = canvas.getContext('2d');
      if (context === null || box.width === 0) return;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, box.width, box.height);
      newest.current({ context, width: box.width, height: box.height, colour });
      setWidth(box.width);
    };
    repaint.current = paint;
    const observer = new ResizeObserver(paint);
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
