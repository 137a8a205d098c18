import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { sql } from '../../../contract/projections.ts';
import type { Cut } from '../../../core/model.ts';
import type { EngineError } from '../../lib/engine.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';

export type SqlAnswer = Output<(typeof sql)['query']>;

export interface SqlQuestion {
  sql: string;
  /** Values of its named parameters as they were typed. */
  parameters?: Record<string, string>;
  cut: Cut;
  limit: number;
}

/** `stamp`: what the answer rests on besides the question (a build, a press of Run); another one asks again. */
export const sqlKey = (question: SqlQuestion | null, stamp: string): readonly unknown[] => [
  'sql',
  'query',
  question,
  stamp,
];

export const askSql = (question: SqlQuestion, signal?: AbortSignal): Promise<SqlAnswer> =>
  callEngine(['sql', 'query'], question, signal);

/**
 * The answer to a question; none is asked while it is null. The last answer stays until the next is there. What is cancelled
 * is not asked again until there is another question.
 */
export function useSqlAnswer(
  question: SqlQuestion | null,
  stamp: string,
): UseQueryResult<SqlAnswer, EngineError> & { isCancelled: boolean; cancel: () => void } {
  const [cancelled, setCancelled] = useState<SqlQuestion | null>(null);
  const isCancelled = question !== null && question === cancelled;
  const answer = useQuery<SqlAnswer, EngineError>({
    queryKey: sqlKey(question, stamp),
    queryFn: ({ signal }) => askSql(question!, signal),
    enabled: question !== null && !isCancelled,
    placeholderData: keepPreviousData,
  });
  // Only now that it is not enabled: what a capture or the live view renews in this moment would begin it anew.
  useEffect(() => {
    if (isCancelled) void queryClient.cancelQueries({ queryKey: sqlKey(question, stamp) });
  }, [isCancelled, question, stamp]);
  return { ...answer, isCancelled, cancel: () => setCancelled(question) };
}
