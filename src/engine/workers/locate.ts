/**
 * Where a worker's entry file is. Run from source (tests, command line) it is the .ts file beside this one; in the
 * bundle this module and the entries are .js files in one folder.
 */
export function workerUrl(name: 'readerWorker' | 'writerWorker' | 'captureWorker'): URL {
  const extension = new URL(import.meta.url).pathname.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
