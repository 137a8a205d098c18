import { useMemo } from 'react';
import { useEngineQuery } from './queries.ts';

/** Tokens `--type-0` … of tokens.css in an order in which neighbours differ most. */
const ORDER = [0, 2, 4, 1, 7, 5, 3, 9, 8];
/** Of records without a type, and until the colours are known. */
const OTHERS = '--type-6';

/** The token of a type's colour. */
export type ColourOf = (type: string) => string;

/** Colours of event types: a type has the same one on every screen. */
export function useTypeColours(): ColourOf {
  const colours = useEngineQuery(['events', 'typeColours'], {}).data;
  return useMemo(() => {
    const tokens = new Map(
      colours?.map(({ type, colour }) => [type, `--type-${ORDER[colour % ORDER.length]}`]),
    );
    return (type) => tokens.get(type) ?? OTHERS;
  }, [colours]);
}
