/**
 * The projection definitions a person can use: the built-in ones, and their own, one JSON file each in the data folder.
 * Definitions are somebody's work and fit any workspace, so they lie outside of the workspaces and of the caches.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DefinitionVersion } from '../../contract/definitionTry.ts';
import { HindcastError } from '../../contract/errors.ts';
import { ProjectionName } from '../../contract/projections.ts';
import { canonicalJson, formatJson, JsonProblem, parseJson, sha256Hex } from '../../core/json.ts';
import type { Json, Projection } from '../../core/model.ts';
import { BUILT_IN_PROJECTIONS, builtInProjection } from '../../core/projections/builtin.ts';
import { type DefinitionError, validateProjection } from '../../core/projections/validate.ts';
import { storeFault } from '../store/faults.ts';
import { keepVersion, removeVersions, versionsBefore } from './definitionVersions.ts';

export interface KnownProjection {
  projection: Projection;
  builtIn: boolean;
  /** The definition as it was written, or as JSON for a built-in one. */
  text: string;
  /** The checked definition as JSON text, defaults filled in: the form that crosses into threads and processes. */
  definition: string;
  /** Hash of the content: spaces and the order of keys do not count. */
  hash: string;
}

function known(projection: Projection, text?: string): Omit<KnownProjection, 'builtIn'> {
  const json = projection as unknown as Json;
  // Invariants change nothing of the table: with others it need not be built again.
  const { invariants: _watched, ...table } = projection;
  return {
    projection,
    text: text ?? formatJson(json, 2),
    definition: formatJson(json),
    hash: sha256Hex(canonicalJson(table as unknown as Json)),
  };
}

/** A definition that can be used, or every mistake in it with its place. */
export type ReadDefinition =
  | { ok: true; definition: Omit<KnownProjection, 'builtIn'> }
  | { ok: false; errors: DefinitionError[] };

/** Reads and checks the text of a definition. Its program, where it has one, is checked where it runs. */
export function checkDefinition(text: string): ReadDefinition {
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return { ok: false, errors: [{ path: '', message: `it is not JSON: ${error.message}` }] };
  }
  const check = validateProjection(json);
  if (!check.ok) return check;
  return { ok: true, definition: known(check.projection, text) };
}

/**
 * The same for a definition that must be usable. Every mistake is named.
 * @throws HindcastError `projection.invalid`
 */
export function readDefinition(text: string): Omit<KnownProjection, 'builtIn'> {
  const read = checkDefinition(text);
  if (read.ok) return read.definition;
  const problem = read.errors
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  throw new HindcastError('projection.invalid', { problem });
}

const builtIns: readonly KnownProjection[] = BUILT_IN_PROJECTIONS.map((projection) => ({
  ...known(projection),
  builtIn: true,
}));

export class Definitions {
  readonly #folder: string;
  readonly #log: (level: 'warn', message: string, facts: Record<string, unknown>) => void;

  /** @param folder of the files; made when the first is saved */
  constructor(folder: string, log: (level: 'warn', message: string, facts: Record<string, unknown>) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The built-in ones, then the others by name. A file that cannot be used is logged and left alone. */
  list(): KnownProjection[] {
    const own: KnownProjection[] = [];
    for (const name of this.#names()) {
      try {
        own.push(this.#read(name));
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        this.#log('warn', 'A projection definition cannot be used', { file: this.#file(name), problem });
      }
    }
    return [...builtIns, ...own];
  }

  /** @throws HindcastError `projection.unknown`, `projection.invalid` */
  get(name: string): KnownProjection {
    const builtIn = builtIns.find(({ projection }) => projection.name === name);
    if (builtIn !== undefined) return builtIn;
    if (!this.#names().includes(name)) throw new HindcastError('projection.unknown', { name });
    return this.#read(name);
  }

  /** Checks and stores. @throws HindcastError `projection.invalid`, `projection.built-in`, `disk.full`, … */
  save(text: string): KnownProjection {
    const read = readDefinition(text);
    const { projection } = read;
    if (builtInProjection(projection.name) !== null)
      throw new HindcastError('projection.built-in', { name: projection.name });
    const file = this.#file(projection.name);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      if (existsSync(file)) keepVersion(this.#folder, projection.name, file, read.hash);
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      throw storeFault(error, file);
    }
    return { ...read, builtIn: false };
  }

  /** The definition as it is, then as it was saved before, newest first. @throws HindcastError `projection.unknown` */
  versions(name: string): DefinitionVersion[] {
    const { projection, hash, text, builtIn } = this.get(name);
    const savedAt = builtIn ? null : Math.floor(statSync(this.#file(name)).mtimeMs);
    const present = { hash, version: projection.reducer.version, savedAt, definition: text };
    return builtIn ? [present] : [present, ...versionsBefore(this.#folder, name)];
  }

  /** @throws HindcastError `projection.unknown`, `projection.built-in` */
  remove(name: string): void {
    if (this.get(name).builtIn) throw new HindcastError('projection.built-in', { name });
    rmSync(this.#file(name), { force: true });
    removeVersions(this.#folder, name);
  }

  #names(): string[] {
    let files: string[];
    try {
      files = readdirSync(this.#folder);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return [];
      throw storeFault(error, this.#folder);
    }
    return files
      .filter((file) => file.endsWith('.json') && ProjectionName.safeParse(file.slice(0, -5)).success)
      .map((file) => file.slice(0, -5))
      .sort();
  }

  #read(name: string): KnownProjection {
    const text = readFileSync(this.#file(name), 'utf8');
    const read = readDefinition(text);
    const { projection } = read;
    if (projection.name !== name)
      throw new HindcastError('projection.invalid', {
        problem: `the file ${this.#file(name)} defines ${projection.name}; a file has the name of its projection`,
      });
    return { ...read, builtIn: false };
  }

  #file(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
