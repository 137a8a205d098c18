import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { HindcastError } from '../contract/errors.ts';
import { mergeReducer } from '../core/fold.ts';
import { formatJson, isJsonObject, JsonProblem, parseJson } from '../core/json.ts';
import type { Json, JsonObject } from '../core/model.ts';
import type { Session } from './session.ts';

const LANGUAGES: Record<string, 'javascript' | 'typescript'> = {
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
};

/** A program alone as the projection of one aggregate type, with the whole state as its one column. */
function programDefinition(file: string, language: string, aggregateType: string | undefined): string {
  if (aggregateType === undefined)
    throw new HindcastError('projection.invalid', {
      problem: `${file} is a program and says nothing of events and columns; give a definition in JSON whose reducer has “file”: “${basename(file)}” and “language”: “${language}”`,
    });
  const stem = basename(file, extname(file));
  const name = `script_${stem.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`.slice(0, 60);
  return formatJson({
    name,
    title: basename(file),
    source: { aggregateTypes: [aggregateType] },
    columns: [{ name: 'state', path: '', type: 'json' }],
    reducer: { name, version: 1, language, source: readFileSync(file, 'utf8') },
  });
}

/** A definition whose reducer names a program as `file`, beside it, takes in its text as `source`. */
function withProgram(file: string, text: string): string {
  let definition: Json;
  try {
    definition = parseJson(text);
  } catch (error) {
    // Told where definitions are read, with all the other mistakes they can have.
    if (error instanceof JsonProblem) return text;
    throw error;
  }
  const reducer = isJsonObject(definition) ? definition.reducer : undefined;
  if (!isJsonObject(reducer) || typeof reducer.file !== 'string') return text;
  const { file: program, ...rest } = reducer;
  const path = resolve(dirname(file), program as string);
  if (!existsSync(path))
    throw new HindcastError('projection.invalid', { problem: `reducer.file: there is no ${path}` });
  const language = rest.language ?? LANGUAGES[extname(path)] ?? 'javascript';
  const whole = { ...rest, language, source: readFileSync(path, 'utf8') };
  return formatJson({ ...(definition as JsonObject), reducer: whole }, 2);
}

function definitionIn(file: string, aggregateType: string | undefined): string {
  const language = LANGUAGES[extname(file)];
  if (language !== undefined) return programDefinition(file, language, aggregateType);
  return withProgram(file, readFileSync(file, 'utf8'));
}

/**
 * A definition file, or the program of a reducer (.js, .ts), is stored like one typed in the window, then used by its name; anything else is a name.
 * @throws HindcastError projection.unknown, projection.invalid
 */
export async function projectionFromFlag(
  session: Session,
  flag: string,
  aggregateType?: string,
): Promise<string> {
  const { projections } = session.services;
  if (existsSync(flag)) {
    const definition = definitionIn(flag, aggregateType);
    return (await projections.save({ definition }, session.context)).name;
  }
  const names = (await projections.list({}, session.context)).projections.map(({ name }) => name);
  if (names.includes(flag) || flag === mergeReducer.name) return flag;
  throw new HindcastError('projection.unknown', {
    name: `${flag}, and no such file; there are ${names.join(', ')}`,
  });
}

/** The reducer that `--reducer` names; null: the one that fits the aggregate's type. */
export const reducerFromFlag = async (
  session: Session,
  flag: string | undefined,
  aggregateType: string,
): Promise<string | null> => (flag === undefined ? null : projectionFromFlag(session, flag, aggregateType));
