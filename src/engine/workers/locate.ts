/**
 * How much garbage a thread lets gather before it looks. Left alone, V8 takes up to 192 MB in each thread of a machine
 * with much memory, and keeps it: following for an hour would look like a leak. The two threads of a capture get more,
 * with 24 it is a tenth slower; so do those of a replay, of a check and of a what-if, which end with it.
 * Megabytes.
 */
export const THREAD_LIMITS = {
  readerWorker: { maxYoungGenerationSizeMb: 24 },
  writerWorker: { maxYoungGenerationSizeMb: 64 },
  captureWorker: { maxYoungGenerationSizeMb: 64 },
  replayWorker: { maxYoungGenerationSizeMb: 64 },
  checkWorker: { maxYoungGenerationSizeMb: 64 },
  runWorker: { maxYoungGenerationSizeMb: 64 },
} as const;

/**
 * Where a worker's entry file is. Run from source (tests, command line) it is the .ts file beside this one; in the
 * bundle this module and the entries are .js files in one folder.
 */
export function workerUrl(name: keyof typeof THREAD_LIMITS): URL {
  const extension = new URL(import.meta.url).pathname.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
