// Tests open workspaces hundreds of times, each with several threads, and run the command line in processes. From source
// every thread and process would read, strip and compile 250 files: two seconds of processor for one workspace. So they
// run what is shipped: bundles, made from the source as it is at the start of the run. The module under test itself is
// loaded from source; a plugin tells only `workers/locate.ts` where the threads are.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';
import { FOLDER } from './bundled.ts';

const root = join(import.meta.dirname, '../..');
const workers = 'src/engine/workers';
const processes = {
  console: 'src/engine/entries/console.ts',
  headless: 'src/headless/cli.ts',
  // Programs of the tests that are killed while they work.
  appendForever: 'src/engine/store/testing/appendForever.ts',
  captureForever: 'test/integration/capture/captureForever.ts',
  soakChild: 'test/integration/capture/soakChild.ts',
};
const LOCATE = 'HINDCAST_TEST_LOCATE';
const DAY = 86_400_000;

/** Makes the bundles in a folder of this run; what it returns removes them. Source that cannot be built runs as it is. */
export default async function makeBundles(): Promise<() => void> {
  // Inside of the checkout, so that packages are found from there.
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  removeOld(cache);
  const folder = mkdtempSync(join(cache, 'bundles-'));
  // Processes of the tests may still be writing what they compiled; what cannot go now goes with the old ones.
  const remove = () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    } catch {
      process.stderr.write(`${folder} could not be removed\n`);
    }
  };
  try {
    await bundle(join(folder, 'main'));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    process.stderr.write(`The source could not be bundled; threads run from source: ${problem}\n`);
    remove();
    return () => {};
  }
  process.env[FOLDER] = folder;
  process.env[LOCATE] = pathToFileURL(join(folder, 'main/locate.js')).href;
  // What one process of the tests compiled, the next one need not.
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
  return remove;
}

/** Removes what runs left that were killed. */
function removeOld(cache: string): void {
  const old = (folder: string) =>
    Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > DAY;
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (name.startsWith('bundles-') && old(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(outDir: string): Promise<void> {
  const threads = readdirSync(join(root, workers)).filter((name) => name.endsWith('Worker.ts'));
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    // Packages of many small files; each thread would look for them one by one.
    ssr: { noExternal: ['zod', 'hyparquet', 'lossless-json', 'big.js', '@noble/hashes'] },
    build: {
      ssr: true,
      target: 'node24',
      sourcemap: true,
      minify: false,
      outDir,
      rolldownOptions: {
        input: {
          ...processes,
          ...Object.fromEntries(threads.map((name) => [basename(name, '.ts'), join(workers, name)])),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
}

/** Lets `workers/locate.ts` find the bundles, as it does when it is one itself. What Vitest keeps of it fits every run. */
export const bundledThreads: Plugin = {
  name: 'hindcast:threads-of-bundles',
  transform(code, id) {
    if (!id.endsWith('/src/engine/workers/locate.ts')) return null;
    return {
      code: code.replaceAll('import.meta.url', `(process.env.${LOCATE} ?? import.meta.url)`),
      map: null,
    };
  },
};
