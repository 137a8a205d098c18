import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Everything that runs on Node, each as a file of its own in out/main. Workers and processes are started by file
 * name from beside the module that starts them, so chunks lie in the same folder.
 */
const workers = readdirSync(join(root, 'src/engine/workers')).filter((name) => /Worker\.ts$/.test(name));
const entries: Record<string, string> = {
  index: 'src/main/index.ts',
  engine: 'src/engine/entries/utility.ts',
  console: 'src/engine/entries/console.ts',
  headless: 'src/headless/cli.ts',
  ...Object.fromEntries(workers.map((name) => [basename(name, '.ts'), `src/engine/workers/${name}`])),
};

/** electron-vite puts `const require = …` into chunks that mention it. Ours are ES modules and make their own. */
const noCommonJsShim: Plugin = {
  name: 'hindcast:no-commonjs-shim',
  configResolved({ plugins }) {
    const shim = plugins.find(({ name }) => name === 'vite:esm-shim');
    if (!shim) throw new Error('electron-vite has no plugin vite:esm-shim any more; this plugin can go');
    delete shim.renderChunk;
  },
};

/**
 * Packages that lie in the bundle, each for what is used of it: of the hundred small files of zod, nearly all the languages
 * of its messages, every thread would have to find, read and compile each.
 */
const bundled = ['zod', 'commander', '@noble/hashes', 'lossless-json', 'big.js'];

export default defineConfig({
  main: {
    plugins: [noCommonJsShim],
    build: {
      sourcemap: true,
      externalizeDeps: { exclude: bundled },
      rolldownOptions: {
        input: entries,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    define: { __APP_VERSION__: JSON.stringify(version) },
    build: {
      externalizeDeps: false,
      // A sandboxed preload must be one CommonJS file.
      rolldownOptions: {
        input: 'src/preload/index.ts',
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    // The content security policy allows neither data: fonts nor the inline script of the preload polyfill.
    build: {
      minify: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: 'src/renderer/index.html' },
    },
  },
});
