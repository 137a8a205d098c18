/** Checks projection definitions that come from a file: all mistakes at once, each with its place. */
import { FilterProblem, parseStateCondition } from '../filter/filter.ts';
import { compileReducer, ReducerProblem } from '../fold.ts';
import type { ColumnType, Json, JsonObject, Projection, Reducer, Upcaster } from '../model.ts';
import { isJsonObject } from '../numbers.ts';
import { PathProblem, parsePath } from '../path.ts';
import { compileUpcasters, UpcasterProblem } from '../upcast.ts';

export interface DefinitionError {
  /** `columns[2].type`; empty for the definition as a whole. */
  path: string;
  message: string;
}

export type ProjectionCheck = { ok: true; projection: Projection } | { ok: false; errors: DefinitionError[] };

const COLUMN_TYPES: readonly ColumnType[] = ['text', 'integer', 'decimal', 'boolean', 'time', 'json'];
const TABLE_NAME = /^[a-z][a-z0-9_]{0,62}$/;
const COLUMN_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
/** Tables the console has already, and columns every projection gets. */
const TAKEN_TABLES = ['events'];
const TAKEN_COLUMNS = ['key', '_events', '_last_event', '_last_at'];
const KNOWN_KEYS = ['name', 'title', 'description', 'source', 'key', 'columns', 'reducer', 'invariants'];

class Checker {
  readonly errors: DefinitionError[] = [];

  fail(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  text(object: JsonObject, key: string, required: boolean, at = key): string | undefined {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    if (value === undefined && !required) return undefined;
    if (typeof value === 'string' && value !== '') return value;
    this.fail(at, value === undefined ? 'is missing' : 'must be a text that is not empty');
    return undefined;
  }

  path(text: string | undefined, at: string): void {
    if (text === undefined) return;
    try {
      parsePath(text);
    } catch (error) {
      if (!(error instanceof PathProblem)) throw error;
      this.fail(at, error.message);
    }
  }

  names(source: JsonObject, key: string): string[] | undefined {
    const value = Object.hasOwn(source, key) ? source[key] : undefined;
    if (value === undefined) return undefined;
    if (
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((item) => typeof item === 'string' && item !== '')
    ) {
      return value as string[];
    }
    this.fail(`source.${key}`, 'must be a list of names with at least one');
    return undefined;
  }
}

function checkSource(definition: JsonObject, check: Checker): void {
  const source = Object.hasOwn(definition, 'source') ? definition.source : undefined;
  if (!isJsonObject(source)) {
    check.fail('source', 'must be an object with “aggregateTypes” or “topics”');
    return;
  }
  const before = check.errors.length;
  const types = check.names(source, 'aggregateTypes');
  const topics = check.names(source, 'topics');
  if (types === undefined && topics === undefined && check.errors.length === before) {
    check.fail('source', 'names neither “aggregateTypes” nor “topics”, so it would read nothing');
  }
}

function checkColumns(definition: JsonObject, check: Checker): void {
  const columns = Object.hasOwn(definition, 'columns') ? definition.columns : undefined;
  if (!Array.isArray(columns) || columns.length === 0) {
    check.fail('columns', 'must be a list with at least one column');
    return;
  }
  const names = new Set<string>();
  for (const [index, column] of columns.entries()) {
    const at = `columns[${index}]`;
    if (!isJsonObject(column)) {
      check.fail(at, 'must be an object with “name” and “type”');
      continue;
    }
    const name = check.text(column, 'name', true, `${at}.name`);
    if (name !== undefined && !COLUMN_NAME.test(name)) {
      check.fail(
        `${at}.name`,
        `“${name}” is no SQL name: letters, digits and underscore, not starting with a digit`,
      );
    }
    if (name !== undefined && TAKEN_COLUMNS.includes(name.toLowerCase())) {
      check.fail(
        `${at}.name`,
        `every table has a column ${name.toLowerCase()} already; give yours another name and the path`,
      );
    }
    if (name !== undefined && names.has(name.toLowerCase()))
      check.fail(`${at}.name`, `“${name}” is there twice`);
    if (name !== undefined) names.add(name.toLowerCase());
    // The empty path is the state as a whole.
    if (column.path !== '') check.path(check.text(column, 'path', false, `${at}.path`), `${at}.path`);
    const type = check.text(column, 'type', true, `${at}.type`);
    if (type !== undefined && !COLUMN_TYPES.includes(type as ColumnType)) {
      check.fail(`${at}.type`, `“${type}” is not a column type; use ${COLUMN_TYPES.join(', ')}`);
    }
  }
}

/** Whether the program itself can be used is found where it runs: in the sandbox. */
function checkScript(reducer: JsonObject, check: Checker): void {
  check.text(reducer, 'source', true, 'reducer.source');
  const language = Object.hasOwn(reducer, 'language') ? reducer.language : undefined;
  if (language !== 'javascript' && language !== 'typescript')
    check.fail('reducer.language', 'must be “javascript” or “typescript”');
  if (Object.hasOwn(reducer, 'on'))
    check.fail('reducer', 'has both “source”, a program, and “on”, operations; leave out one of them');
}

function checkUpcasters(upcasters: Json, check: Checker): void {
  try {
    compileUpcasters(upcasters as unknown as Upcaster[]);
  } catch (error) {
    if (!(error instanceof UpcasterProblem)) throw error;
    check.fail(`reducer.${error.at}`, error.message.slice(error.at.length + 2));
  }
}

function checkReducer(definition: JsonObject, check: Checker): void {
  const reducer = Object.hasOwn(definition, 'reducer') ? definition.reducer : undefined;
  if (!isJsonObject(reducer)) {
    check.fail('reducer', 'must be an object with “name”, “version” and “on” or “source”');
    return;
  }
  check.text(reducer, 'name', true, 'reducer.name');
  const { version } = reducer;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    check.fail('reducer.version', 'must be a whole number from 1');
  }
  check.text(reducer, 'aggregateType', false, 'reducer.aggregateType');
  if (Object.hasOwn(reducer, 'upcasters')) checkUpcasters(reducer.upcasters!, check);
  if (Object.hasOwn(reducer, 'source')) {
    checkScript(reducer, check);
    return;
  }
  try {
    compileReducer(reducer as unknown as Reducer);
  } catch (error) {
    if (!(error instanceof ReducerProblem)) throw error;
    check.fail(`reducer.${error.at}`, error.message.slice(error.at.length + 2));
  }
}

function checkInvariants(definition: JsonObject, check: Checker): void {
  const invariants = Object.hasOwn(definition, 'invariants') ? definition.invariants : undefined;
  if (invariants === undefined) return;
  if (!Array.isArray(invariants)) {
    check.fail('invariants', 'must be a list of objects with “name” and “expression”');
    return;
  }
  const names = new Set<string>();
  for (const [index, invariant] of invariants.entries()) {
    const at = `invariants[${index}]`;
    if (!isJsonObject(invariant)) {
      check.fail(at, 'must be an object with “name” and “expression”');
      continue;
    }
    const name = check.text(invariant, 'name', true, `${at}.name`);
    if (name !== undefined && names.has(name)) check.fail(`${at}.name`, `“${name}” is there twice`);
    if (name !== undefined) names.add(name);
    const expression = check.text(invariant, 'expression', true, `${at}.expression`);
    if (expression === undefined) continue;
    try {
      parseStateCondition(expression);
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error;
      const { message, position, hint } = error;
      check.fail(`${at}.expression`, `${message} (character ${position + 1}). ${hint}`.trim());
    }
  }
}

/** Checks a definition read with `parseJson`. Every mistake that can be found is in `errors`, not only the first. */
export function validateProjection(definition: Json): ProjectionCheck {
  const check = new Checker();
  if (!isJsonObject(definition)) {
    return { ok: false, errors: [{ path: '', message: 'a projection definition must be a JSON object' }] };
  }
  for (const key of Object.keys(definition)) {
    if (!KNOWN_KEYS.includes(key)) check.fail(key, `is not known; a definition has ${KNOWN_KEYS.join(', ')}`);
  }
  const name = check.text(definition, 'name', true);
  if (name !== undefined && !TABLE_NAME.test(name)) {
    check.fail(
      'name',
      `“${name}” is no table name: lower-case letters, digits and underscore, starting with a letter`,
    );
  }
  if (name !== undefined && (TAKEN_TABLES.includes(name) || name.startsWith('sqlite_'))) {
    check.fail(
      'name',
      `“${name}” cannot be the name of a table here: ${TAKEN_TABLES.join(', ')} and sqlite_… are taken`,
    );
  }
  const title = check.text(definition, 'title', false) ?? name;
  check.text(definition, 'description', false);
  checkSource(definition, check);
  const key = check.text(definition, 'key', false) ?? 'aggregateId';
  const isEnvelope = key === 'aggregateId' || key === '$eventId';
  if (!isEnvelope) check.path(key, 'key');
  if (!isEnvelope && !/^data(?:[.[]|$)/.test(key)) {
    check.fail('key', '“key” must be aggregateId, $eventId or a path into the event such as data.client_id');
  }
  checkColumns(definition, check);
  checkReducer(definition, check);
  checkInvariants(definition, check);
  if (check.errors.length > 0) return { ok: false, errors: check.errors };
  return { ok: true, projection: { ...(definition as unknown as Projection), title: title!, key } };
}
