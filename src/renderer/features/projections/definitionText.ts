import { formatJson, isJsonObject, JsonProblem, parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { formatPath, type PathStep } from '../../../core/path.ts';
import { validateProjection } from '../../../core/projections/validate.ts';

/** Something wrong in the text of a definition, and where. */
export interface TextProblem {
  /** Line from 1; null when the place is not in the text. */
  line: number | null;
  /** Characters of the text; `to` not included. Null as `line`. */
  from: number | null;
  to: number | null;
  /** Display path such as `columns[2].type`; empty for the whole. */
  path: string;
  message: string;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/gy;

/** The character where each member of a JSON text begins, by display path. The text must be valid JSON. */
export function placesOf(text: string): Map<string, number> {
  const places = new Map<string, number>();
  const stack: { step: PathStep | null; list: boolean }[] = [];
  let awaitsKey = false;
  const here = (at: number): void => {
    const path = formatPath(stack.flatMap(({ step }) => (step === null ? [] : [step])));
    if (!places.has(path)) places.set(path, at);
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const token = match[1]!;
    const at = match.index + match[0].length - token.length;
    const top = stack.at(-1);
    if (token === '}' || token === ']') {
      stack.pop();
      awaitsKey = false;
    } else if (token === ',') {
      if (top?.list) top.step = (top.step as number) + 1;
      else awaitsKey = true;
    } else if (awaitsKey && token.startsWith('"') && top !== undefined) {
      top.step = JSON.parse(token) as string;
      awaitsKey = false;
      here(at);
    } else if (token !== ':') {
      here(at);
      if (token === '{' || token === '[') {
        stack.push({ step: token === '[' ? 0 : null, list: token === '[' });
        awaitsKey = token === '{';
      }
    }
  }
  return places;
}

export const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** The place named by a path, or of what it would be in. */
function nearest(places: ReadonlyMap<string, number>, path: string): number | null {
  for (let known = path; known !== ''; known = known.replace(/(?:^|\.?)[^.[\]]+$|\[[^\]]*\]$/, '')) {
    const at = places.get(known);
    if (at !== undefined) return at;
  }
  return null;
}

/** The token that begins there, and after a key its value: what is underlined. */
function endOf(text: string, at: number): number {
  TOKEN.lastIndex = at;
  const first = TOKEN.exec(text);
  if (first === null) return at + 1;
  const after = TOKEN.lastIndex;
  const colon = TOKEN.exec(text)?.[1] === ':';
  const value = colon ? TOKEN.exec(text)?.[1] : undefined;
  return value === undefined || /^[{[]/.test(value) ? after : TOKEN.lastIndex;
}

/** Where in the text a path is; nulls when nothing of it is there. */
export function placeOf(
  text: string,
  path: string,
  places: ReadonlyMap<string, number> = placesOf(text),
): Pick<TextProblem, 'line' | 'from' | 'to'> {
  const at = nearest(places, path);
  if (at === null) return { line: null, from: null, to: null };
  return { line: lineAt(text, at), from: at, to: endOf(text, at) };
}

/** Everything wrong with a definition as it is being typed; empty when it can be saved. `program`: see {@link joined}. */
export function problemsOf(text: string, program: string | null = null): TextProblem[] {
  try {
    const check = validateProjection(withProgram(parseJson(text), program));
    if (check.ok) return [];
    const places = placesOf(text);
    return check.errors.map(({ path, message }) => ({ ...placeOf(text, path, places), path, message }));
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    const from = Math.min(error.position, text.length);
    return [{ line: lineAt(text, from), from, to: from, path: '', message: error.message }];
  }
}

/** A definition as it is written: the text without the program, and the program, which has lines of its own. */
export interface Parts {
  text: string;
  /** Null: the reducer is no program. */
  program: string | null;
}

/** Takes the program out of a definition; JSON would put all of it on one line. */
export function partsOf(definition: string): Parts {
  try {
    const json = parseJson(definition);
    if (!isJsonObject(json) || !isJsonObject(json.reducer))
      return { text: laidOut(definition), program: null };
    const { source, ...reducer } = json.reducer;
    if (typeof source !== 'string') return { text: laidOut(definition), program: null };
    return { text: layOut({ ...json, reducer }), program: source };
  } catch {
    return { text: definition, program: null };
  }
}

function withProgram(json: Json, program: string | null): Json {
  if (program === null || !isJsonObject(json) || !isJsonObject(json.reducer)) return json;
  return { ...json, reducer: { ...json.reducer, source: program } };
}

/** The definition of its two parts; text that is no JSON stays as it is. */
export function joined({ text, program }: Parts): string {
  if (program === null) return text;
  try {
    return layOut(withProgram(parseJson(text), program));
  } catch {
    return text;
  }
}

/** The character of a line and column, both from 1, in a text. */
export function characterAt(text: string, line: number, column: number | null): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(text.length, before + Math.min((column ?? 1) - 1, lines[line - 1]?.length ?? 0));
}

/** The definition under another name, for an own one. */
export function renamed(text: string, name: string, title: string): string {
  const definition = parseJson(text);
  if (!isJsonObject(definition)) return text;
  const { reducer } = definition;
  return layOut({
    ...definition,
    name,
    title,
    ...(isJsonObject(reducer) ? { reducer: { ...reducer, name, version: 1 } } : {}),
  });
}

/** Version that the reducer gives itself; null where the text has none. */
export function versionOf(text: string): number | null {
  try {
    const json = parseJson(text);
    const version = isJsonObject(json) && isJsonObject(json.reducer) ? json.reducer.version : null;
    return typeof version === 'number' ? version : null;
  } catch {
    return null;
  }
}

/** Lists and objects up to this many characters stand on one line. */
const WIDEST = 88;

/** JSON for reading: what is small stands on one line, such as a column or an operation. Every digit is kept. */
export function layOut(value: Json, indent = ''): string {
  const flat = onOneLine(value);
  if (flat !== null && indent.length + flat.length <= WIDEST) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((item) => inner + layOut(item, inner)).join(',\n')}\n${indent}]`;
  if (!isJsonObject(value)) return formatJson(value);
  const members = Object.keys(value).map(
    (key) => `${inner}${JSON.stringify(key)}: ${layOut(value[key]!, inner)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/** Null for what holds objects: their members are read one below the other. */
function onOneLine(value: Json): string | null {
  if (Array.isArray(value)) {
    const items = value.map((item) => (isJsonObject(item) || Array.isArray(item) ? null : onOneLine(item)));
    return items.includes(null) ? null : `[${items.join(', ')}]`;
  }
  if (!isJsonObject(value)) return formatJson(value);
  const keys = Object.keys(value);
  const members = keys.map((key) => {
    const text = isJsonObject(value[key]!) ? null : onOneLine(value[key]!);
    return text === null ? null : `${JSON.stringify(key)}: ${text}`;
  });
  if (members.includes(null)) return null;
  return keys.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A definition laid out for reading; text that is no JSON stays as it is. */
export function laidOut(text: string): string {
  try {
    return layOut(parseJson(text));
  } catch {
    return text;
  }
}

/** The aggregate types whose events a definition reads; `*` and topics alone give none. */
export function aggregateTypesOf(text: string): string[] {
  try {
    const definition = parseJson(text);
    if (!isJsonObject(definition) || !isJsonObject(definition.source)) return [];
    if ((definition.key ?? 'aggregateId') !== 'aggregateId') return [];
    const types = definition.source.aggregateTypes;
    if (!Array.isArray(types) || types.includes('*')) return [];
    return types.filter((type): type is string => typeof type === 'string');
  } catch {
    return [];
  }
}

/** The type whose aggregates are the rows of a definition, where there is one. */
export function aggregateTypeOf(text: string): string | null {
  const types = aggregateTypesOf(text);
  return types.length === 1 ? types[0]! : null;
}
