import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { EngineError } from './engine.ts';

/** What a virtual table or list draws: rows that are not there yet are undefined and drawn as a placeholder. */
export interface RowSource<Row> {
  total: number;
  getRow(index: number): Row | undefined;
  /** Told which rows are on the screen; both inclusive. */
  onRange(first: number, last: number): void;
}

export interface PagedRows<Row, Answer> extends RowSource<Row> {
  /** The answer that holds the first page: counts, coverage, revision. */
  head: Answer | undefined;
  /** Nothing has been answered yet. */
  isLoading: boolean;
  /** The rows shown belong to the question before; the new answer is on its way. */
  isOld: boolean;
  error: EngineError | null;
  retry(): void;
}

interface PageAnswer<Row> {
  rows: readonly Row[];
  total: number;
}

const PAGE = 200;

/**
 * Rows of any number, asked page by page as they come into view.
 * @param key query key of the question without the page, such as `['events', 'query', filter]`
 * @param ask asks for one page; must depend on nothing but the key
 * @param options `chosen`: a row that is asked for with its neighbours, also when it is scrolled away from
 */
export function usePagedRows<Row, Answer extends PageAnswer<Row>>(
  key: readonly unknown[],
  ask: (page: { from: number; count: number }, signal: AbortSignal) => Promise<Answer>,
  { enabled = true, pageSize = PAGE, chosen }: { enabled?: boolean; pageSize?: number; chosen?: number } = {},
): PagedRows<Row, Answer> {
  const client = useQueryClient();
  /** Pages on the screen, first and last. */
  const [range, setRange] = useState({ from: 0, to: 0 });
  const askNewest = useRef(ask);
  askNewest.current = ask;

  const keyOf = (page: number) => [...key, { from: page * pageSize, count: pageSize }];
  const optionsOf = (page: number) => ({
    queryKey: keyOf(page),
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      askNewest.current({ from: page * pageSize, count: pageSize }, signal),
    enabled,
  });
  const head = useQuery<Answer, EngineError>({ ...optionsOf(0), placeholderData: keepPreviousData });
  const total = head.data?.total ?? 0;

  const lastPage = Math.max(0, Math.ceil(total / pageSize) - 1);
  const from = Math.min(range.from, lastPage);
  const to = Math.min(range.to, lastPage);
  const pageOf = (row: number) => Math.min(lastPage, Math.floor(row / pageSize));
  const [before, after] = chosen === undefined ? [from, to] : [pageOf(chosen - 1), pageOf(chosen + 1)];
  const wanted = useMemo(() => {
    const pages = new Set([before, after]);
    for (let page = from; page <= to; page += 1) pages.add(page);
    return [...pages].filter((page) => page > 0);
  }, [from, to, before, after]);
  const isOld = head.isPlaceholderData;
  const others = useQueries({
    queries: wanted.map((page) => ({ ...optionsOf(page), enabled: enabled && !isOld })),
  });

  // Pages of the question before stay on the screen until the first page of the new one is there.
  const kept = useRef(new Map<number, readonly Row[]>());
  if (!isOld) {
    const pages = new Map<number, readonly Row[]>();
    if (head.data !== undefined) pages.set(0, head.data.rows);
    for (const [at, page] of wanted.entries()) {
      const rows = (others[at]?.data as Answer | undefined)?.rows;
      if (rows !== undefined) pages.set(page, rows);
    }
    // The same map as long as nothing in it is new: the list compares what it is given.
    const isKnown = pages.size > 0 && [...pages].every(([page, rows]) => kept.current.get(page) === rows);
    if (!isKnown) kept.current = pages;
  }

  const pages = kept.current;
  const newest = useRef({ keyOf, isOld });
  newest.current = { keyOf, isOld };
  const getRow = useCallback(
    (index: number): Row | undefined => {
      const page = Math.floor(index / pageSize);
      let rows = pages.get(page);
      if (rows === undefined && !newest.current.isOld) {
        // The list turns to a page before it can say so; one that has been answered already is shown at once.
        rows = client.getQueryData<Answer>(newest.current.keyOf(page))?.rows;
        if (rows !== undefined) pages.set(page, rows);
      }
      return rows?.[index % pageSize];
    },
    [pages, pageSize, client],
  );
  const onRange = useCallback(
    (first: number, last: number) => {
      const [from, to] = [Math.floor(first / pageSize), Math.floor(last / pageSize)];
      setRange((before) => (before.from === from && before.to === to ? before : { from, to }));
    },
    [pageSize],
  );

  const failed = others.find((page) => page.error !== null);
  return {
    total,
    getRow,
    onRange,
    head: head.data,
    isLoading: head.isPending && enabled,
    isOld,
    error: head.error ?? ((failed?.error ?? null) as EngineError | null),
    retry() {
      void head.refetch();
      for (const page of others) if (page.error !== null) void page.refetch();
    },
  };
}
