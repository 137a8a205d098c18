import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { overviewQuery } from './strip/useStrip.ts';
import type { Subject } from './timelinePages.ts';

/** Tokens `--type-0` … of tokens.css in an order in which neighbours differ most. */
const ORDER = [0, 2, 4, 1, 7, 5, 3, 9, 8];
/** Of all types beyond those that have a colour of their own. */
const OTHERS = '--type-6';

/** The token of a type's colour. */
export type ColourOf = (type: string) => string;

/** Colours of the most frequent types of a life, in the order of their names: they do not change as it grows. */
export function coloursOf(types: readonly string[]): ColourOf {
  const tokens = new Map(
    types
      .filter((type) => type !== '')
      .toSorted()
      .map((type, at) => [type, `--type-${ORDER[at % ORDER.length]}`]),
  );
  return (type) => tokens.get(type) ?? OTHERS;
}

/** Colours of the types of an aggregate, the same in the strip and in the list. */
export function useTypeColours(subject: Subject): ColourOf {
  const types = useQuery(overviewQuery(subject)).data?.types;
  const names = JSON.stringify(types?.map(({ type }) => type) ?? []);
  return useMemo(() => coloursOf(JSON.parse(names) as string[]), [names]);
}
