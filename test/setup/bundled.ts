// Where the bundles of this run are (see bundles.ts), for what is loaded in a test.
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The set-up, the plugin and the tests are loaded apart from each other; the environment of the run is what they share. */
export const FOLDER = 'HINDCAST_TEST_BUNDLES';

/** The folder of this run that has `main/headless.js` as `out` has it; undefined when the source could not be bundled. */
export const bundleFolder = (): string | undefined => process.env[FOLDER];

/** A program that tests run in a process of its own: its bundle, and its source where there is none. */
export function programOf(source: URL): string {
  const folder = bundleFolder();
  const file = fileURLToPath(source);
  return folder === undefined ? file : join(folder, 'main', `${basename(file, '.ts')}.js`);
}
