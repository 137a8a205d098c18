// Frame times in the browser while the playhead is dragged over one long stream, played, and the strip is zoomed:
// `node test/e2e/scrub.ts [events]` after `npm run build`. Prints one line of JSON, times in ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { generateBenchmark } from '../fixtures/demo/benchmark.ts';
import { buildStreams } from '../perf/streams.ts';
import { browserProblem, openBrowser, openPage, startApp } from './app.ts';
import { open } from './screen.ts';

interface Frames {
  frames: number;
  p50: number;
  p95: number;
  p99: number;
  worst: number;
  /** Script and layout of a frame, from its beginning to the next free moment. */
  work: { p50: number; p99: number; worst: number };
  /** Different events shown on the way. */
  shown: number;
}

/** Frames from now until {@link stopFrames}. */
const startFrames = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const kept = { times: [] as number[], work: [] as number[], shown: new Set<string>(), on: true };
    (window as unknown as { kept: typeof kept }).kept = kept;
    const channel = new MessageChannel();
    let began = 0;
    channel.port1.onmessage = () => kept.work.push(performance.now() - began);
    const tick = (time: number) => {
      if (!kept.on) return;
      kept.times.push(time);
      began = performance.now();
      // Runs when the frame is made: script, style, layout and paint of it are behind.
      channel.port2.postMessage(0);
      kept.shown.add(document.querySelector('[aria-label="State"] h2')?.textContent ?? '');
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });

const stopFrames = (page: Page): Promise<Frames> =>
  page.evaluate(() => {
    const { kept } = window as unknown as {
      kept: { times: number[]; work: number[]; shown: Set<string>; on: boolean };
    };
    kept.on = false;
    const at = (list: number[], share: number) =>
      list[Math.min(list.length - 1, Math.floor(list.length * share))]!;
    const round = (ms: number) => Math.round(ms * 10) / 10;
    const gaps = kept.times
      .slice(1)
      .map((time, index) => time - kept.times[index]!)
      .sort((a, b) => a - b);
    const work = kept.work.toSorted((a, b) => a - b);
    return {
      frames: gaps.length,
      p50: round(at(gaps, 0.5)),
      p95: round(at(gaps, 0.95)),
      p99: round(at(gaps, 0.99)),
      worst: round(gaps.at(-1)!),
      work: { p50: round(at(work, 0.5)), p99: round(at(work, 0.99)), worst: round(work.at(-1)!) },
      shown: kept.shown.size,
    };
  });

if (browserProblem !== null) {
  process.stderr.write(`${browserProblem}\n`);
  process.exit(1);
}
const events = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), 'hindcast-scrub-'));
const file = join(folder, 'stream.hindcast');
await buildStreams(file, events, 1);
const [first] = generateBenchmark({ events: 1, aggregates: 1 }).records;
const key = String(first!.key);
const [app, browser] = await Promise.all([startApp({ workspace: file }), openBrowser()]);
try {
  const { page } = await openPage(browser, app, { width: 1440, height: 900 });
  page.setDefaultTimeout(60_000);
  await open(page, `aggregates/SavingsAccount/${encodeURIComponent(key)}`);
  await page.getByRole('tree', { name: 'State' }).waitFor();
  const strip = page.getByRole('slider', { name: /Recorded time/ });
  const box = (await strip.boundingBox())!;
  const y = box.y + box.height / 2;
  // What is folded once is folded: the keyframes are there before anything is measured.
  await page.waitForTimeout(Number(process.env.HINDCAST_SCRUB_WAIT ?? 5_000));

  const scrub = async (steps: number) => {
    await page.mouse.move(box.x + 10, y);
    await page.mouse.down();
    for (let at = 0; at < steps; at += 1) {
      const share = 0.5 + 0.48 * Math.sin(at / 23);
      await page.mouse.move(box.x + box.width * share, y);
    }
    await page.mouse.up();
  };
  await scrub(60);
  await startFrames(page);
  await scrub(400);
  const scrubbing = await stopFrames(page);

  await page.keyboard.press('Home');
  for (let at = 0; at < 5; at += 1) await page.keyboard.press('>');
  await startFrames(page);
  await page.keyboard.press('Space');
  await page.waitForTimeout(4_000);
  await page.keyboard.press('Space');
  const playing = await stopFrames(page);

  await page.mouse.move(box.x + box.width * 0.4, y);
  await startFrames(page);
  for (let at = 0; at < 60; at += 1) await page.mouse.wheel(0, at < 30 ? -60 : 60);
  await page.waitForTimeout(500);
  const zooming = await stopFrames(page);
  process.stdout.write(`${JSON.stringify({ events, scrubbing, playing, zooming })}\n`);
} finally {
  await browser.close();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
}
