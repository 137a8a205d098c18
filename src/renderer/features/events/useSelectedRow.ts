import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { EventRow } from '../../../contract/common.ts';
import type { EventFilter } from '../../../contract/events.ts';
import { callEngine, queryClient } from '../../lib/queries.ts';
import { findRow } from './pages.ts';

interface Selection {
  /** Index in the table; −1: nothing chosen, or the chosen record does not fit the filter. */
  index: number;
  recordId: number | null;
  /** The chosen record is not among the rows of this filter. */
  outside: boolean;
  select(index: number): void;
}

/**
 * Which row is chosen. The record is what counts: with another filter, or when rows came in before it, its place is
 * looked up again.
 * @param revision rises when the captured data change
 */
export function useSelectedRow(
  filter: EventFilter,
  revision: number | undefined,
  getRow: (index: number) => EventRow | undefined,
  isOld: boolean,
  [record, setRecord]: [string | null, (record: string | null) => void],
): Selection {
  const linked = record === null || !/^\d{1,16}$/.test(record) ? null : Number(record);
  const [index, setIndex] = useState(-1);
  /** The filter in whose list the person chose an index whose row is not loaded yet: the record follows it. */
  const choosing = useRef<EventFilter | null>(null);
  const isChoosing = choosing.current === filter;
  const row = isOld || index < 0 ? undefined : getRow(index);

  useEffect(() => {
    if (choosing.current !== filter || row === undefined) return;
    choosing.current = null;
    if (row.id !== linked) setRecord(String(row.id));
  }, [row, filter, linked, setRecord]);

  const search = useQuery({
    queryKey: ['events', 'place', filter, linked],
    queryFn: async ({ signal }) => {
      const id = linked!;
      const detail = await queryClient.fetchQuery({
        queryKey: ['events', 'get', { id }],
        queryFn: () => callEngine(['events', 'get'], { id }, signal),
      });
      return { id, index: await findRow(filter, detail.row) };
    },
    enabled: linked !== null && !isChoosing && !isOld && revision !== undefined && row?.id !== linked,
  });
  const found = search.data;
  useEffect(() => {
    if (choosing.current === filter || found === undefined || found.id !== linked) return;
    if (found.index !== null) setIndex(found.index);
    else setIndex(-1);
  }, [found, filter, linked]);

  return {
    index,
    recordId: linked,
    outside: found?.id === linked && found?.index === null,
    select(next) {
      // Also in the list of the filter before: the record is the one that the person sees.
      const there = getRow(next);
      if (there === undefined && isOld) return;
      setIndex(next);
      choosing.current = there === undefined ? filter : null;
      if (there !== undefined) setRecord(String(there.id));
    },
  };
}
