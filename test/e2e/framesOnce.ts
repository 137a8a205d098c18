// Frames of the timeline of one long stream, in a real browser before the built app: the playhead is dragged, moved by
// wheel and by a held key, played at top speed, and the strip is zoomed. Prints JSON, times in ms.
//   node test/e2e/framesOnce.ts '[1000000]'
// A second argument names a folder to keep the stream in, so that the next run begins at once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import type { AggregateRef } from '../../src/contract/common.ts';
import { canonicalJson, formatJson, sha256Hex } from '../../src/core/json.ts';
import type { Json } from '../../src/core/model.ts';
import { reducerFor } from '../../src/core/projections/builtin.ts';
import { keyframeReads } from '../../src/engine/keyframes/keyframeReads.ts';
import { timelineReads } from '../../src/engine/reads/timeline.ts';

import type { FrameFigures, MoveFigures, WorkOfFrames } from '../perf/frameFigures.ts';
import { scriptArguments, scriptResult } from '../perf/machine.ts';
import { buildStreams, freshContext } from '../perf/streams.ts';
import { browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { framesOf, quantilesOf, startTrace, stopTrace } from './frameTrace.ts';
import { startWatching, stopWatching, type Watched } from './frameWatch.ts';
import { open } from './screen.ts';

const NOW = { knownOn: null, trueOn: null };
const SCREEN = { width: 1440, height: 900 };
const DRAGS = 400;
const STEPS = 240;
const PLAYED_MS = 5000;
/** Between two inputs of a wheel, and of a key that is held. */
const WHEEL_MS = 16;
const REPEAT_MS = 33;
/** A frame that took longer than this and a half of the screen's turn missed one. */
const TURN_MS = 1000 / 60;
const REST_MS = 800;

const [events = 1_000_000, keep = null] = scriptArguments<[number?, string?]>();
if (browserProblem !== null) {
  process.stderr.write(`${browserProblem}\n`);
  process.exit(1);
}
const folder = keep ?? mkdtempSync(join(tmpdir(), 'hindcast-frames-'));
const file = join(folder, 'stream.hindcast');
const dataDir = join(folder, 'data');
const derived = join(dataDir, 'derived');

/** The stream and its keyframes: what is folded once is folded. */
async function prepare(): Promise<AggregateRef> {
  if (!existsSync(file)) await buildStreams(file, events, 1);
  mkdirSync(derived, { recursive: true });
  const definition = reducerFor('SavingsAccount') as unknown as Json;
  const reducer = { definition: formatJson(definition), hash: sha256Hex(canonicalJson(definition)) };
  const context = freshContext(file);
  const ref = context.db.prepare('SELECT type, key AS id FROM aggregate').get() as AggregateRef;
  const subject = { ref, cut: NOW, reducer, derived };
  let progress = keyframeReads['keyframes.begin'](context, { ...subject, at: Date.now() });
  while (!progress.isOver) progress = keyframeReads['keyframes.step'](context, {});
  context.db.close();
  // Hundreds of megabytes that the system would still be writing while the frames are counted.
  spawnSync('sync');
  return ref;
}

/** Which event a share of the strip stands for, as the engine says. */
function locator(ref: AggregateRef): (share: number) => number {
  const context = freshContext(file);
  const { firstAt, lastAt } = timelineReads['aggregates.strip'](context, { ref, cut: NOW, buckets: 1 });
  return (share) => {
    const time = Math.round(firstAt! + Math.max(0, Math.min(1, share)) * (lastAt! - firstAt!));
    return timelineReads['aggregates.locate'](context, { ref, cut: NOW, target: { time } }).index!;
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Sends inputs at a steady rate, as a hand or a keyboard does, whether or not the page keeps up. */
async function steadily(
  count: number,
  everyMs: number,
  input: (at: number) => Promise<unknown>,
): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const started = performance.now();
  for (let at = 0; at < count; at += 1) {
    sent.push(input(at));
    await pause(Math.max(0, started + (at + 1) * everyMs - performance.now()));
  }
  await Promise.all(sent);
}

/** @param wanted the event each input of the page goes to; null: inputs of this kind are not waited for */
function figuresOf(watched: Watched, work: WorkOfFrames, wanted: (number | null)[]): MoveFigures {
  const { ticks, shown, ends, inputs } = watched;
  const gaps = ticks.slice(1).map((time, at) => time - ticks[at]!);
  const latencies: number[] = [];
  let frame = 0;
  for (const [at, { time }] of inputs.entries()) {
    if (wanted[at] == null) continue;
    const newer = new Set(wanted.slice(at));
    while (frame < ticks.length && ends[frame]! < time) frame += 1;
    const found = shown.findIndex((index, from) => from >= frame && newer.has(index));
    if (found !== -1) latencies.push(ends[found]! - time);
  }
  return {
    ...work,
    frames: gaps.length,
    interval: quantilesOf(gaps),
    missed: gaps.filter((gap) => gap > 1.5 * TURN_MS).length / Math.max(1, gaps.length),
    answered: latencies.length,
    latency: latencies.length === 0 ? null : quantilesOf(latencies),
    shown: new Set(shown).size,
  };
}

async function measured(
  page: Page,
  cdp: CDPSession,
  move: () => Promise<void>,
  wantedOf: (watched: Watched) => (number | null)[] = () => [],
): Promise<MoveFigures> {
  await pause(REST_MS);
  await startTrace(cdp);
  await startWatching(page);
  await move();
  await pause(100);
  const watched = await stopWatching(page);
  const work = framesOf(await stopTrace(cdp));
  return figuresOf(watched, work, wantedOf(watched));
}

async function measure(page: Page, cdp: CDPSession, ref: AggregateRef): Promise<FrameFigures['moves']> {
  const strip = page.getByRole('slider', { name: /Recorded time/ });
  const box = (await strip.boundingBox())!;
  const y = box.y + box.height / 2;
  const key = (type: 'keyDown' | 'rawKeyDown' | 'keyUp', name: string, code: number, text = '') =>
    cdp.send('Input.dispatchKeyEvent', { type, key: name, code: name, windowsVirtualKeyCode: code, text });
  const pointer = (x: number) =>
    cdp.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y, button: 'left', buttons: 1 });
  const wheel = (deltaY: number, modifiers: number) =>
    cdp.send('Input.dispatchMouseEvent', {
      ...{ type: 'mouseWheel', x: box.x + box.width * 0.4, y, deltaX: 0, deltaY, modifiers },
    });
  const indexShown = async () => Number(await strip.getAttribute('aria-valuenow')) - 1;
  const locate = locator(ref);

  const drag = async (steps: number) => {
    await page.mouse.move(box.x + 10, y);
    await page.mouse.down();
    await steadily(steps, TURN_MS, (at) => pointer(box.x + box.width * (0.5 + 0.48 * Math.sin(at / 23))));
    await page.mouse.up();
  };
  await drag(120);
  const dragged = await measured(
    page,
    cdp,
    () => drag(DRAGS),
    ({ inputs }) =>
      inputs.map(({ type, x }) => (type === 'pointermove' ? locate((x - box.x) / box.width) : null)),
  );

  /** So many steps on from where one is, each of which shows the next event. */
  const steps = async (kind: string, send: () => Promise<void>) => {
    const start = await indexShown();
    return measured(page, cdp, send, ({ inputs }) => {
      let made = 0;
      return inputs.map(({ type }) => {
        if (type !== kind) return null;
        made += 1;
        return start + made;
      });
    });
  };
  const ALT = 1;
  const wheeled = await steps('wheel', () => steadily(STEPS, WHEEL_MS, () => wheel(100, ALT)));
  const held = await steps('keydown', async () => {
    await steadily(STEPS, REPEAT_MS, () => key('rawKeyDown', 'ArrowRight', 39));
    await key('keyUp', 'ArrowRight', 39);
  });

  await page.keyboard.press('Home');
  for (let at = 0; at < 5; at += 1) await page.keyboard.press('>');
  const played = await measured(page, cdp, async () => {
    await page.keyboard.press('Space');
    await pause(PLAYED_MS);
    await page.keyboard.press('Space');
  });
  await page.mouse.move(box.x + box.width * 0.4, y);
  const zoomed = await measured(page, cdp, () =>
    steadily(STEPS, WHEEL_MS, (at) => wheel(at % 80 < 40 ? -60 : 60, 0)),
  );
  return { drag: dragged, wheel: wheeled, key: held, play: played, zoom: zoomed };
}

async function run(): Promise<FrameFigures> {
  const ref = await prepare();
  const [app, browser] = await Promise.all([startApp({ workspace: file, dataDir }), openBrowser()]);
  try {
    const { page } = await openPage(browser, app, SCREEN);
    await open(page, `aggregates/${encodeURIComponent(ref.type)}/${encodeURIComponent(ref.id)}`);
    await page.getByRole('tree', { name: 'State' }).waitFor();
    // The condition that is declared for such accounts is looked at after every event; it is drawn when that is done.
    await page
      .getByRole('img', { name: /: (?:broken \d|never broken)/ })
      .first()
      .waitFor();
    const cdp = await page.context().newCDPSession(page);
    return { events, moves: await measure(page, cdp, ref) };
  } finally {
    await browser.close();
    await app.close();
  }
}

try {
  scriptResult(await run());
} finally {
  if (keep === null) rmSync(folder, { recursive: true, force: true });
}
