import type { AggregateRef } from '../../../contract/common.ts';
import type { Folded, WhatIfScope } from '../../../contract/whatif.ts';

/** The aggregate that the address names; null: none. */
export function subjectOf(params: URLSearchParams): AggregateRef | null {
  const [type, id] = [params.get('type'), params.get('id')];
  return type === null || id === null || id === '' ? null : { type, id };
}

const ROW = 'row:';

/** What of the set is opened, an aggregate or a row of a projection; null: nothing. */
export function openedOf(params: URLSearchParams): Folded | null {
  const [id, type] = [params.get('open'), params.get('openType') ?? ''];
  if (id === null || id === '') return null;
  return type.startsWith(ROW) ? { projection: type.slice(ROW.length), key: id } : { type, id };
}

/** The same as parameters of the address. */
export const openedParams = (ref: Folded): { open: string; openType: string } =>
  'key' in ref ? { open: ref.key, openType: ROW + ref.projection } : { open: ref.id, openType: ref.type };

/** What it is called by. */
export const idOf = (ref: Folded): string => ('key' in ref ? ref.key : ref.id);

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
