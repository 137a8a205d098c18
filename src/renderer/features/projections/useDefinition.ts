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

const PAUSE_MS = 350;

/** A definition that is being written, what is wrong with its text, and what it makes of a row. */
export interface Definition {
  parts: Parts;
  /** The definition as it would be saved. */
  whole: string;
  edited: boolean;
  problems: readonly TextProblem[];
  set(parts: Partial<Parts>): void;
  discard(): void;
  /** This definition is saved by now: what was typed is let go of once it has come back, unless more was typed since. */
  settle(definition: string): void;
  /** Key of the row it is tried on; null: the engine takes one. */
  on: string | null;
  setOn(key: string | null): void;
  tried: DefinitionTry | undefined;
  /** The answer is of the text before; the next is on its way, or the text cannot be tried. */
  isOld: boolean;
  isTrying: boolean;
  error: EngineError | null;
}

/** @param stored the definition as it is saved */
export function useDefinition(
  stored: string,
  cut: Cut,
  asked: string | null,
  setOn: (key: string | null) => void,
): Definition {
  const saved = useMemo(() => partsOf(stored), [stored]);
  const [edited, setEdited] = useState<Parts | null>(null);
  const [sent, setSent] = useState<string | null>(null);
  const isSaved = (parts: Parts) => parts.text === saved.text && parts.program === saved.program;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was typed is dropped once it is what is saved.
  useEffect(() => setEdited((now) => (now !== null && isSaved(now) ? null : now)), [saved]);
  // Never sooner: until then the definition before would stand in its place, and what is typed next go into that.
  useEffect(() => {
    if (sent !== stored) return;
    setEdited((now) => (now !== null && joined(now) === sent ? null : now));
    setSent(null);
  }, [sent, stored]);
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
      setEdited(isSaved(next) ? null : next);
    },
    discard: () => setEdited(null),
    settle: setSent,
    on,
    setOn,
    tried: answer.data,
    isOld: answer.isPlaceholderData || !canTry || settled !== whole,
    isTrying: answer.fetchStatus === 'fetching',
    error: answer.error,
  };
}
