/** What a what-if or a watch is about, as the threads take it: types, topics and the texts of reducers. */
import type { AggregateRef } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { Hypothesis, WhatIfScope } from '../../contract/whatif.ts';
import { compileReducer, mergeReducer, ReducerProblem } from '../../core/fold.ts';
import { isScript } from '../../core/folder.ts';
import { formatJson, isJsonObject, JsonProblem, parseJson } from '../../core/json.ts';
import type { Json, Projection, Reducer, ScriptReducer } from '../../core/model.ts';
import type { Definitions } from '../projection/definitions.ts';
import type { Workspace } from '../store/workspace.ts';
import { chooseReducer, reducersFor } from './timeline.ts';

export interface Subject {
  types: string[];
  topics: string[] | null;
  reducer: Reducer | ScriptReducer;
  /** Its states are the rows of this projection, which is by another key than the aggregate; null: aggregates. */
  keyed: Projection | null;
  /** Others that may be asked for, by name. */
  names: string[];
  /** “all SavingsAccount aggregates” */
  words: string;
}

/** What a projection takes in. @throws HindcastError `projection.unknown` */
export async function projectionSubject(
  definitions: Definitions,
  workspace: Workspace,
  name: string,
): Promise<Subject & { projection: Projection }> {
  const { projection } = definitions.get(name);
  const { source, key, reducer, title } = projection;
  const { aggregateTypes, topics = null } = source;
  const isAll = aggregateTypes === undefined || aggregateTypes.includes('*');
  const types = isAll ? await workspace.read('whatif.types', {}) : aggregateTypes;
  const keyed = key === 'aggregateId' ? null : projection;
  return { projection, types, topics, reducer, keyed, names: [name], words: `all rows of ${title}` };
}

/** @throws HindcastError `projection.unknown`, `reducer.invalid` */
export async function subjectOf(
  definitions: Definitions,
  workspace: Workspace,
  scope: WhatIfScope,
  name: string | null,
): Promise<Subject> {
  if (scope.kind === 'projection') {
    const subject = await projectionSubject(definitions, workspace, scope.name);
    if (name === null || name === scope.name) return subject;
    const reducer = name === mergeReducer.name ? mergeReducer : definitions.get(name).projection.reducer;
    return { ...subject, reducer };
  }
  const ref: AggregateRef = scope.kind === 'aggregate' ? scope.ref : { type: scope.type, id: '-' };
  const reducers = reducersFor(definitions, ref);
  return {
    types: [ref.type],
    ...{ topics: null, keyed: null },
    reducer: chooseReducer(reducers, ref, name).reducer,
    names: reducers.map((each) => each.name),
    words: scope.kind === 'aggregate' ? `${ref.type} ${ref.id}` : `all ${ref.type} aggregates`,
  };
}

export const textOfReducer = (reducer: Reducer | ScriptReducer): string =>
  formatJson(reducer as unknown as Json);

/** The hypothetical reducer as a definition; null: it is the real one. @throws HindcastError `reducer.invalid` */
export function hypotheticalText(
  hypothesis: Hypothesis['reducer'],
  real: Reducer | ScriptReducer,
): string | null {
  if (hypothesis === null) return null;
  const { language, text } = hypothesis;
  const { name, version, upcasters } = real;
  if (language !== 'json') {
    const program: ScriptReducer = { name, version, language, source: text };
    return textOfReducer(upcasters === undefined ? program : { ...program, upcasters });
  }
  const invalid = (problem: string) =>
    new HindcastError('reducer.invalid', { name: `what-if of ${name}`, problem });
  let json: Json;
  try {
    json = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw invalid(`it is not JSON: ${error.message}`);
  }
  if (!isJsonObject(json))
    throw invalid('a reducer is a JSON object with “on”, from event type to operations');
  const reducer = { name, version, ...json } as unknown as Reducer;
  if (isScript(reducer))
    throw invalid('it has a “source”; choose JavaScript or TypeScript and write the program itself');
  try {
    compileReducer(reducer);
  } catch (error) {
    if (!(error instanceof ReducerProblem)) throw error;
    throw invalid(error.message);
  }
  return textOfReducer(reducer);
}

/** The reducer as a person edits it. */
export function editableText(reducer: Reducer | ScriptReducer): {
  language: 'json' | ScriptReducer['language'];
  text: string;
} {
  if (isScript(reducer)) return { language: reducer.language, text: reducer.source };
  return { language: 'json', text: formatJson(reducer as unknown as Json, 2) };
}
