import type { CheckScope } from '../../../contract/check.ts';

/** The scope that the address names. */
export function scopeOf(params: URLSearchParams): CheckScope {
  const [topic, type, id] = [params.get('topic'), params.get('type'), params.get('id')];
  if (type !== null && id !== null && id !== '') return { kind: 'aggregate', ref: { type, id } };
  return topic === null || topic === '' ? { kind: 'workspace' } : { kind: 'topic', topic };
}

export const scopeName = (scope: CheckScope): string =>
  scope.kind === 'workspace'
    ? 'The whole workspace'
    : scope.kind === 'topic'
      ? scope.topic
      : `${scope.ref.type} ${scope.ref.id}`;

/** Unique among the choices of a list; empty for the whole workspace. */
export const scopeText = (scope: CheckScope): string =>
  scope.kind === 'workspace' ? '' : `${scope.kind} ${scopeName(scope)}`;
