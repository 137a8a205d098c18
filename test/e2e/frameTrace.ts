// What the browser's own trace says of the main thread of a page: its work for each frame.
import type { CDPSession } from 'playwright-core';
import type { Quantiles, WorkOfFrames } from '../perf/frameFigures.ts';

/** Of the trace event format; times in µs. */
interface TraceEvent {
  name: string;
  cat: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

const CATEGORIES = [
  ...['devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8', 'blink.user_timing', '__metadata'],
];

export const startTrace = async (cdp: CDPSession): Promise<void> => {
  await cdp.send('Tracing.start', {
    transferMode: 'ReturnAsStream',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'], recordMode: 'recordUntilFull' },
  });
};

export async function stopTrace(cdp: CDPSession): Promise<TraceEvent[]> {
  const ended = new Promise<string>((done) => {
    cdp.once('Tracing.tracingComplete', ({ stream }) => done(stream!));
  });
  await cdp.send('Tracing.end');
  const handle = await ended;
  let text = '';
  for (;;) {
    const { data, eof } = await cdp.send('IO.read', { handle });
    text += data;
    if (eof) break;
  }
  await cdp.send('IO.close', { handle });
  return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;
}

export function quantilesOf(list: readonly number[]): Quantiles {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** What the watching page marks in the trace at the beginning of each frame. */
export const FRAME_MARK = 'frame';

type Part = keyof WorkOfFrames['parts'];

const PART_OF: Record<string, Part> = {
  ...{ FunctionCall: 'script', 'v8.callFunction': 'script', EventDispatch: 'script', TimerFire: 'script' },
  ...{ FireAnimationFrame: 'script', RunMicrotasks: 'script', 'v8.run': 'script' },
  ...{ UpdateLayoutTree: 'style', Layout: 'layout' },
  ...{ PrePaint: 'paint', Paint: 'paint', Layerize: 'paint', Commit: 'paint', UpdateLayer: 'paint' },
  ...{ MinorGC: 'garbage', MajorGC: 'garbage' },
};

/** Milliseconds of each part by what runs innermost, over all tasks. */
function partsOf(events: readonly TraceEvent[]): Record<Part, number> {
  const parts = { script: 0, style: 0, layout: 0, paint: 0, garbage: 0, other: 0 };
  const open: { part: Part; end: number }[] = [];
  let last = 0;
  const spendTo = (time: number) => {
    while (open.length > 0) {
      const inner = open.at(-1)!;
      const to = Math.min(inner.end, time);
      if (to > last) parts[inner.part] += to - last;
      last = Math.max(last, to);
      if (inner.end > time) return;
      open.pop();
    }
    last = time;
  };
  for (const { name, ts, dur = 0 } of events) {
    spendTo(ts);
    open.push({ part: PART_OF[name] ?? open.at(-1)?.part ?? 'other', end: ts + dur });
  }
  spendTo(Number.POSITIVE_INFINITY);
  for (const part of Object.keys(parts) as Part[]) parts[part] /= 1000;
  return parts;
}

/**
 * The work of each frame: all tasks of the page's main thread from the one that begins the frame to the one that
 * begins the next.
 * @throws Error when the trace holds no frame
 */
export function framesOf(trace: readonly TraceEvent[]): WorkOfFrames {
  const marks = trace.filter(({ name, cat }) => name === FRAME_MARK && cat.includes('blink.user_timing'));
  const [first] = marks;
  if (first === undefined) throw new Error('the trace of the browser holds no frame');
  const own = trace
    .filter(({ pid, tid, ph }) => pid === first.pid && tid === first.tid && ph === 'X')
    .toSorted((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const tasks = own.filter(({ name }) => name === 'RunTask');
  const starts = marks
    .map(({ ts }) => tasks.findLast((task) => task.ts <= ts && task.ts + (task.dur ?? 0) >= ts)?.ts ?? ts)
    .sort((a, b) => a - b);
  const frames = starts.slice(1).map(() => ({ work: 0, processor: 0 }));
  let at = 0;
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    while (at < frames.length && ts >= starts[at + 1]!) at += 1;
    const frame = frames[at];
    if (ts < starts[0]! || frame === undefined) continue;
    frame.work += dur / 1000;
    frame.processor += tdur / 1000;
  }
  const [from, to] = [starts[0]!, starts.at(-1)!];
  const parts = partsOf(own.filter(({ ts }) => ts >= from && ts < to));
  for (const part of Object.keys(parts) as Part[]) parts[part] /= Math.max(1, frames.length);
  return {
    work: quantilesOf(frames.map(({ work }) => work)),
    processor: quantilesOf(frames.map(({ processor }) => processor)),
    parts,
  };
}
