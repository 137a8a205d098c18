import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the checkout or of the installed package: it holds `out` and `resources`, wherever this file ended up. */
export const packageRoot = findRoot(import.meta.dirname);

function findRoot(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'hindcast') return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error(`there is no package.json of hindcast above ${import.meta.dirname}`);
  return findRoot(above);
}
