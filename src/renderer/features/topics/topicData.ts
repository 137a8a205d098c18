import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { topics } from '../../../contract/connections.ts';
import type { Output } from '../../../contract/contract.ts';
import { allParts } from '../../../contract/parts.ts';
import type { EngineError } from '../../lib/engine.ts';
import { callEngine } from '../../lib/queries.ts';
import { type Sample, withSample } from './rates.ts';

/** All topics of a cluster. */
export const useTopicList = (connectionId: string, internal: boolean) =>
  useQuery<Output<(typeof topics)['list']>, EngineError>({
    queryKey: ['topics', 'list', { connectionId, internal }],
    queryFn: ({ signal }) =>
      allParts((more) => callEngine(['topics', 'list'], { connectionId, internal, more }, signal)),
    placeholderData: (before) => before,
  });

/** Sizes on disk of all topics; asked once the list stands, because it waits for every broker. */
export const useTopicSizes = (connectionId: string, enabled: boolean) =>
  useQuery<Output<(typeof topics)['sizes']>, EngineError>({
    queryKey: ['topics', 'sizes', { connectionId }],
    queryFn: ({ signal }) =>
      allParts((more) => callEngine(['topics', 'sizes'], { connectionId, more }, signal)),
    enabled,
  });

/** How often lags are read again while the screen is open, ms. */
const LAGS_EVERY_MS = 15_000;

/** Lag of the groups of all topics. */
export const useTopicLags = (connectionId: string, lateAfterMs: number, enabled: boolean) =>
  useQuery<Output<(typeof topics)['lags']>, EngineError>({
    queryKey: ['topics', 'lags', { connectionId, lateAfterMs }],
    queryFn: ({ signal }) =>
      allParts((more) => callEngine(['topics', 'lags'], { connectionId, lateAfterMs, more }, signal)),
    placeholderData: (before) => before,
    enabled,
    refetchInterval: LAGS_EVERY_MS,
  });

const SAMPLE_EVERY_MS = 5_000;
const SETTLE_MS = 300;
const MOST_SAMPLED = 200;

/** Looks at the ends of these topics every five seconds while the screen is open. */
export function useSamples(connectionId: string, names: readonly string[]): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const wanted = names.slice(0, MOST_SAMPLED).join('\n');
  useEffect(() => {
    if (wanted === '') return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        const input = { connectionId, topics: wanted.split('\n') };
        const { at, topics: found } = await callEngine(['topics', 'sample'], input, abort.signal);
        const highs = new Map(found.map(({ name, high }) => [name, high === null ? null : BigInt(high)]));
        setSamples((before) => withSample(before, { at, highs }));
      } catch {
        // The list itself says when the cluster is away; a look that failed is only a gap between two others.
      }
      if (!abort.signal.aborted) timer = setTimeout(look, SAMPLE_EVERY_MS);
    };
    // A list that is being scrolled is not asked about at every row.
    timer = setTimeout(look, SETTLE_MS);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [connectionId, wanted]);
  return samples;
}

/** How often the partitions of the selected topic are looked at again, ms. */
const PARTITIONS_EVERY_MS = 10_000;

/** Partitions of one topic with their offsets. */
export const usePartitions = (connectionId: string, topic: string) =>
  useQuery<Output<(typeof topics)['partitions']>, EngineError>({
    queryKey: ['topics', 'partitions', { connectionId, topic }],
    queryFn: ({ signal }) => callEngine(['topics', 'partitions'], { connectionId, topic }, signal),
    refetchInterval: PARTITIONS_EVERY_MS,
  });

/** How often the groups of the selected topic are read again while they are shown, ms. */
const GROUPS_EVERY_MS = 10_000;

/** Groups of one topic. */
export const useGroups = (connectionId: string, topic: string, lateAfterMs: number) =>
  useQuery<Output<(typeof topics)['groups']>, EngineError>({
    queryKey: ['topics', 'groups', { connectionId, topic, lateAfterMs }],
    queryFn: ({ signal }) => callEngine(['topics', 'groups'], { connectionId, topic, lateAfterMs }, signal),
    placeholderData: (before, query) =>
      (query?.queryKey[2] as { topic?: string } | undefined)?.topic === topic ? before : undefined,
    refetchInterval: GROUPS_EVERY_MS,
  });
