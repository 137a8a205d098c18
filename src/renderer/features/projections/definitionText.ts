import { formatJson, isJsonObject, JsonProblem, parseJson } from '../../../core/json.ts';
import { formatPath, type PathStep } from '../../../core/path.ts';
import { validateProjection } from '../../../core/projections/validate.ts';

/** Something wrong in the text of a definition, and where. */
export interface TextProblem {
  /** Line from 1; null when the place is not in the text. */
  line: number | null;
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

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** The place named by a path, or of what it would be in. */
function nearest(places: ReadonlyMap<string, number>, path: string): number | null {
  for (let known = path; known !== ''; known = known.replace(/(?:^|\.?)[^.[\]]+$|\[[^\]]*\]$/, '')) {
    const at = places.get(known);
    if (at !== undefined) return at;
  }
  return null;
}

/** Everything wrong with a definition as it is being typed; empty when it can be saved. */
export function problemsOf(text: string): TextProblem[] {
  try {
    const check = validateProjection(parseJson(text));
    if (check.ok) return [];
    const places = placesOf(text);
    return check.errors.map(({ path, message }) => {
      const at = nearest(places, path);
      return { line: at === null ? null : lineAt(text, at), path, message };
    });
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return [{ line: lineAt(text, error.position), path: '', message: error.message }];
  }
}

/** The definition under another name, for an own one. */
export function renamed(text: string, name: string, title: string): string {
  const definition = parseJson(text);
  if (!isJsonObject(definition)) return text;
  const { reducer } = definition;
  return formatJson(
    {
      ...definition,
      name,
      title,
      ...(isJsonObject(reducer) ? { reducer: { ...reducer, name, version: 1 } } : {}),
    },
    2,
  );
}

/** A definition laid out for reading; text that is no JSON stays as it is. */
export function laidOut(text: string): string {
  try {
    return formatJson(parseJson(text), 2);
  } catch {
    return text;
  }
}

/** Name and aggregate type of a definition, where its rows are aggregates of one type. */
export function aggregateTypeOf(text: string): string | null {
  try {
    const definition = parseJson(text);
    if (!isJsonObject(definition) || !isJsonObject(definition.source)) return null;
    const types = definition.source.aggregateTypes;
    if ((definition.key ?? 'aggregateId') !== 'aggregateId') return null;
    return Array.isArray(types) && types.length === 1 && typeof types[0] === 'string' && types[0] !== '*'
      ? types[0]
      : null;
  } catch {
    return null;
  }
}
