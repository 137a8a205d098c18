import { useEffect, useMemo, useState } from 'react';
import type { DefinitionTry } from '../../../contract/definitionTry.ts';
import type { Cut } from '../../../core/model.ts';
import type { EngineError } from '../../lib/engine.ts';
import { lastAggregate } from '../../lib/lastAggregate.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { useSettled } from '../../lib/settled.ts';
import {
  aggregateTypesOf,
  joined,
  type Parts,
  partsOf,
  problemsOf,
  type TextProblem,
} from './definitionText.ts';
import type { Sent } from './useSaving.ts';

const PAUSE_MS = 350;

const isSame = (a: Parts, b: Parts): boolean => a.text === b.text && a.program === b.program;

/** A definition that is being written, what is wrong with its text, and what it makes of a row. */
export interface Definition {
  parts: Parts;
  /** The definition as it would be saved. */
  whole: string;
  edited: boolean;
  problems: readonly TextProblem[];
  set(parts: Partial<Parts>): void;
  discard(): void;
  /** Key of the row it is tried on; null: the engine takes one. */
  on: string | null;
  setOn(key: string | null): void;
  tried: DefinitionTry | undefined;
  /** The answer is of the text before; the next is on its way, or the text cannot be tried. */
  isOld: boolean;
  isTrying: boolean;
  error: EngineError | null;
}

/**
 * @param stored the definition as it is saved
 * @param sent what was sent to be saved last
 */
export function useDefinition(
  stored: string,
  sent: Sent | null,
  cut: Cut,
  asked: string | null,
  setOn: (key: string | null) => void,
): Definition {
  const saved = useMemo(() => partsOf(stored), [stored]);
  const [edited, setEdited] = useState<Parts | null>(null);
  const [came, setCame] = useState<Sent | null>(null);
  // Until what was sent has come back, `stored` is of before: what is typed meanwhile is an edit, also where it is the same.
  const isAwaited = sent !== null && sent !== came && !(sent.isSaved && sent.definition === stored);
  useEffect(() => {
    // What is stored later may be of another window.
    if (!isAwaited) setCame(sent);
  }, [isAwaited, sent]);
  useEffect(() => {
    if (!isAwaited)
      setEdited((now) => (now !== null && (isSame(now, saved) || joined(now) === stored) ? null : now));
  }, [saved, stored, isAwaited]);
  const parts = edited ?? saved;
  const problems = useMemo(() => problemsOf(parts.text, parts.program), [parts]);
  const whole = useMemo(() => joined(parts), [parts]);
  // Where nobody asked for a row, it is the aggregate that was looked at last.
  const on = useMemo(() => {
    const looked = lastAggregate();
    if (asked !== null) return asked;
    return looked !== null && aggregateTypesOf(stored).includes(looked.type) ? looked.id : null;
  }, [asked, stored]);
  const settled = useSettled(whole, PAUSE_MS);
  const canTry = problems.length === 0;
  const answer = useEngineQuery(
    ['projections', 'try'],
    { definition: settled, on, cut },
    { enabled: canTry && settled === whole },
  );
  return {
    parts,
    whole,
    edited: edited !== null,
    problems,
    set: (change) => {
      const next = { ...parts, ...change };
      setEdited(isSame(next, saved) && !isAwaited ? null : next);
    },
    discard: () => setEdited(null),
    on,
    setOn,
    tried: answer.data,
    isOld: answer.isPlaceholderData || !canTry || settled !== whole,
    isTrying: answer.fetchStatus === 'fetching',
    error: answer.error,
  };
}
