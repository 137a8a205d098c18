/**
 * How much garbage a thread lets gather before it looks. Left alone, V8 takes up to 192 MB in each thread of a machine
 * with much memory, and keeps it: following for an hour would look like a leak. Megabytes.
 */
export const THREAD_LIMITS = { maxYoungGenerationSizeMb: 24 } as const;

/**
 * Where a worker's entry file is. Run from source (tests, command line) it is the .ts file beside this one; in the
 * bundle this module and the entries are .js files in one folder.
 */
export function workerUrl(name: 'readerWorker' | 'writerWorker' | 'captureWorker' | 'replayWorker'): URL {
  const extension = new URL(import.meta.url).pathname.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
