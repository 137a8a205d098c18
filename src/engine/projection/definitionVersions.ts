/**
 * What a definition was before it was saved again: `versions/<name>/<milliseconds>.json` beside the definitions, each
 * the text as it was saved. A version is kept once, however often the same is saved.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DefinitionVersion } from '../../contract/definitionTry.ts';
import { canonicalJson, parseJson, sha256Hex } from '../../core/json.ts';
import type { Json, Projection } from '../../core/model.ts';
import { validateProjection } from '../../core/projections/validate.ts';

const folderOf = (folder: string, name: string): string => join(folder, 'versions', name);
const FILE = /^(\d+)\.json$/;

/** Keeps the file of a definition that is about to be replaced by one with this hash. */
export function keepVersion(folder: string, name: string, file: string, nextHash: string): void {
  const savedAt = Math.floor(statSync(file).mtimeMs);
  const version = readVersion(file, savedAt);
  if (version === null || version.hash === nextHash) return;
  const own = folderOf(folder, name);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  let at = savedAt;
  while (existsSync(join(own, `${at}.json`))) at += 1;
  const target = join(own, `${at}.json`);
  copyFileSync(file, `${target}.new`);
  renameSync(`${target}.new`, target);
}

/** Versions before the present one, newest first. */
export function versionsBefore(folder: string, name: string): DefinitionVersion[] {
  const own = folderOf(folder, name);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .flatMap((file) => {
      const at = FILE.exec(file)?.[1];
      return at === undefined ? [] : [readVersion(join(own, file), Number(at))];
    })
    .filter((version) => version !== null)
    .sort((a, b) => b.savedAt! - a.savedAt!);
}

export const removeVersions = (folder: string, name: string): void =>
  rmSync(folderOf(folder, name), { recursive: true, force: true });

/** Null for a file that was no usable definition when it was put there by hand. */
function readVersion(file: string, savedAt: number): DefinitionVersion | null {
  const definition = readFileSync(file, 'utf8');
  let projection: Projection;
  try {
    const check = validateProjection(parseJson(definition));
    if (!check.ok) return null;
    projection = check.projection;
  } catch {
    return null;
  }
  const hash = sha256Hex(canonicalJson(projection as unknown as Json));
  return { hash, version: projection.reducer.version, savedAt, definition };
}
