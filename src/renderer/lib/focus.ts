import { useMemo } from 'react';
import type { Cut } from '../../core/model.ts';
import { type Address, setParams, useAddress } from './address.ts';
import { formatIso } from './format.ts';
import { parseMoment } from './moment.ts';

/** The one focus that all panels share. It lives in the address: `known`, `true`, `reducer`. */
export interface Focus {
  knownOn: number | null;
  trueOn: number | null;
  /** Name of the reducer, maybe with a version (core/reducerPin); null: the one the engine chooses. */
  reducer: string | null;
  /** What the contract takes. Same object as long as both times stay the same. */
  cut: Cut;
  /** Set when the address holds a time that cannot be read: it is shown, not silently dropped. */
  problem: string | null;
}

/** The focus of an address. */
export function focusOf({ params }: Address): Focus {
  const problems: string[] = [];
  const time = (name: string): number | null => {
    const text = params.get(name);
    if (text === null) return null;
    const moment = parseMoment(text);
    if (moment.ok) return moment.at;
    problems.push(moment.problem);
    return null;
  };
  const knownOn = time('known');
  const trueOn = time('true');
  return {
    knownOn,
    trueOn,
    reducer: params.get('reducer'),
    cut: { knownOn, trueOn },
    problem: problems[0] ?? null,
  };
}

export function useFocus(): Focus {
  const address = useAddress();
  const key = ['known', 'true', 'reducer'].map((name) => address.params.get(name)).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds all of the address that the focus reads.
  return useMemo(() => focusOf(address), [key]);
}

/** Moves the focus; a step in the history, so that "back" undoes it. `replace` for scrubbing. */
export function setFocus(
  change: { knownOn?: number | null; trueOn?: number | null; reducer?: string | null },
  replace = false,
): void {
  const params: Record<string, string | null> = {};
  if (change.knownOn !== undefined) params.known = change.knownOn === null ? null : formatIso(change.knownOn);
  if (change.trueOn !== undefined) params.true = change.trueOn === null ? null : formatIso(change.trueOn);
  if (change.reducer !== undefined) params.reducer = change.reducer;
  setParams(params, replace);
}
