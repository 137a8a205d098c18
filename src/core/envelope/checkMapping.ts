/** Whether a mapping that a person wrote can be used. */
import type { StandardField } from '../model.ts';
import { PathProblem, parsePath } from '../path.ts';
import { builtInMapping, type Derivation, type EnvelopeMapping } from './mappings.ts';

export interface MappingProblem {
  /** A standard field, `dataPath`, `recognise` or `name`. */
  field: string;
  problem: string;
}

const HEADER = 'header:';

/** Derivations that conclude what this field takes; the others would put a time where a name is, or the reverse. */
export function derivationsFor(field: StandardField): readonly Derivation[] {
  switch (field) {
    case 'aggregateId':
      return ['key', 'json-key', 'domain-id', 'stream-id'];
    case 'aggregateType':
      return ['topic', 'type-part', 'domain-type', 'stream-type'];
    case 'eventType':
      return ['topic', 'change-type'];
    case 'recordedAt':
      return ['timestamp'];
    default:
      return ['key'];
  }
}

/** The first thing that is wrong; null: nothing is. */
export function mappingProblem(mapping: EnvelopeMapping): MappingProblem | null {
  if (builtInMapping(mapping.name) !== null)
    return { field: 'name', problem: `“${mapping.name}” is the name of a built-in mapping` };
  const places: [field: string, path: string][] = [];
  for (const [field, rule] of Object.entries(mapping.fields)) {
    for (const path of rule.paths ?? []) {
      if (path === '') return { field, problem: 'the whole value cannot be one field; name a place in it' };
      places.push([field, path]);
    }
    if (rule.derive !== undefined && !derivationsFor(field as StandardField).includes(rule.derive))
      return { field, problem: `it cannot be concluded as “${rule.derive}”` };
  }
  for (const path of mapping.dataPath) places.push(['dataPath', path]);
  for (const each of mapping.recognise) for (const path of each.split('|')) places.push(['recognise', path]);
  for (const [field, path] of places) {
    const problem = pathProblem(path);
    if (problem !== null) return { field, problem };
  }
  return null;
}

function pathProblem(path: string): string | null {
  if (path.startsWith(HEADER)) return path.length === HEADER.length ? 'name a header after “header:”' : null;
  try {
    parsePath(path);
    return null;
  } catch (error) {
    if (error instanceof PathProblem) return error.message;
    throw error;
  }
}
