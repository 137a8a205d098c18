import type { AggregateRef } from '../../../contract/common.ts';
import type { WhatIfScope } from '../../../contract/whatif.ts';

/** The aggregate that the address names; null: none. */
export function subjectOf(params: URLSearchParams): AggregateRef | null {
  const [type, id] = [params.get('type'), params.get('id')];
  return type === null || id === null || id === '' ? null : { type, id };
}

/** The aggregate of the set that is opened; null: none. */
export function openedOf(params: URLSearchParams): AggregateRef | null {
  const [id, type] = [params.get('open'), params.get('openType')];
  return id === null || id === '' ? null : { type: type ?? '', id };
}

/** A scope as a word of the address: `aggregate`, `type:…`, `projection:…`. */
export const scopeWord = (scope: WhatIfScope): string =>
  scope.kind === 'aggregate'
    ? 'aggregate'
    : scope.kind === 'type'
      ? `type:${scope.type}`
      : `projection:${scope.name}`;

/** The scope of the address; without one the aggregate it names, then the first type there is. Null: nothing to ask about. */
export function scopeOf(
  word: string | null,
  subject: AggregateRef | null,
  firstType: string | undefined,
): WhatIfScope | null {
  if (word?.startsWith('type:')) return { kind: 'type', type: word.slice('type:'.length) };
  if (word?.startsWith('projection:')) return { kind: 'projection', name: word.slice('projection:'.length) };
  if (subject !== null) return { kind: 'aggregate', ref: subject };
  return firstType === undefined ? null : { kind: 'type', type: firstType };
}

/** Paths of lists are counted together: `items[3].price` is one of `items[*].price`. */
export const patternOf = (path: string): string => path.replaceAll(/\[\d+\]/g, '[*]');
