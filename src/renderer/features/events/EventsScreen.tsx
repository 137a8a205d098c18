import { useMemo, useRef, useState } from 'react';
import type { EventRow } from '../../../contract/common.ts';
import type { EventFilter } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import type { ExpressionFieldHandle } from '../../components/ExpressionField.tsx';
import { Histogram } from '../../components/Histogram.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress, whileHere } from '../../lib/address.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, queryClient, useEngineQuery } from '../../lib/queries.ts';
import { useOfferSubject } from '../../lib/subject.ts';
import { useTypeColours } from '../../lib/typeColour.ts';
import { eventColumns } from './eventColumns.tsx';
import styles from './events.module.css';
import { FilterBar } from './FilterBar.tsx';
import { addressOf, readAddressFilter } from './filterAddress.ts';
import { filterTerms } from './filterText.ts';
import { Inspector } from './Inspector.tsx';
import { LiveControl, useLive } from './LiveControl.tsx';
import { useLinkedState } from './linkedState.ts';
import { askEvents, type EventsAnswer, eventsKey, PAGE_ROWS } from './pages.ts';
import { ScanLine, scanText } from './ScanLine.tsx';
import { showProblem } from './showProblem.ts';
import { useLiveRows } from './useLiveRows.ts';
import { useScan } from './useScan.ts';
import { useSelectedRow } from './useSelectedRow.ts';
import { useWidth } from './useWidth.ts';

const BUCKETS = 260;
const LINKED = ['record', 'tab'] as const;

/** Every captured record, filtered; what it is, at the right. */
export default function EventsScreen() {
  const { params } = useAddress();
  const text = params.get('q') ?? '';
  const where = params.get('where') ?? '';
  const address = useMemo(() => readAddressFilter(text, where), [text, where]);
  const { filter } = address;
  const focus = useFocus();
  const [linked, setLinked, flush] = useLinkedState(LINKED);

  const live = useLive(filter);
  const isLive = live.job !== undefined;
  const liveRows = useLiveRows(filter, isLive);
  const pagedRows = usePagedRows<EventRow, EventsAnswer>(eventsKey(filter), askEvents(filter), {
    pageSize: PAGE_ROWS,
    enabled: !isLive || liveRows.head === null,
  });
  // When live ends, its rows stay until those asked page by page are as new.
  const isLiveShown =
    liveRows.head !== null &&
    (isLive || pagedRows.head === undefined || pagedRows.head.revision < liveRows.head.revision);
  const rows = isLiveShown
    ? { ...liveRows, head: liveRows.head ?? undefined, isLoading: false, error: null, retry: () => {} }
    : pagedRows;
  const isMoving = isLive && isLiveShown && !liveRows.isPaused;
  const selection = useSelectedRow(filter, rows.head?.revision, rows.getRow, rows.isOld, [
    linked.record,
    (record) => setLinked({ record }),
  ]);
  const histogram = useEngineQuery(['events', 'histogram'], {
    filter,
    buckets: BUCKETS,
    from: null,
    to: null,
  });
  const input = useRef<ExpressionFieldHandle>(null);
  const table = useRef<HTMLDivElement>(null);
  const width = useWidth(table);
  const colourOf = useTypeColours();
  const columns = useMemo(() => eventColumns(width, colourOf), [width, colourOf]);
  const focusTable = () => table.current?.querySelector<HTMLElement>('[role=grid]')?.focus();

  const setFilter = (next: EventFilter, replace = false) => setParams(addressOf(next), replace);
  const openTimeline = (index: number) => {
    const row = rows.getRow(index);
    // Others may stand there until the place of the chosen one is found again.
    if (!row?.aggregate || (selection.recordId ?? row.id) !== row.id) return;
    flush();
    go(['aggregates', row.aggregate.type, row.aggregate.id], { event: row.id });
  };
  const chosen = rows.getRow(selection.index);
  useOfferSubject(
    chosen === undefined || selection.recordId !== chosen.id
      ? null
      : { recordId: chosen.id, title: chosen.sentence, params: { record: chosen.id } },
    flush,
  );
  const [correlationNote, setCorrelationNote] = useState('');
  const sameCorrelation = async () => {
    const id = selection.recordId;
    if (id === null) return;
    flush();
    const isStillHere = whileHere();
    const detail = await queryClient.fetchQuery({
      queryKey: ['events', 'get', { id }],
      queryFn: () => callEngine(['events', 'get'], { id }),
    });
    // Who has gone elsewhere meanwhile keeps what is there.
    if (!isStillHere()) return;
    const correlationId = detail.fields.find((field) => field.name === 'correlationId')?.value;
    setCorrelationNote(correlationId === undefined ? 'The chosen event has no correlation id.' : '');
    if (correlationId !== undefined) setFilter({ correlationId });
  };
  useCommands([
    {
      id: 'events.filter',
      title: 'Filter events',
      group: 'Events',
      keys: '/',
      hint: 'filter',
      run: () => input.current?.focus(),
    },
    {
      id: 'events.select',
      title: 'Select an event',
      group: 'Events',
      keys: ['arrowup', 'arrowdown'],
      hint: 'select',
    },
    {
      id: 'events.open',
      title: 'Open the timeline at the chosen event',
      group: 'Events',
      keys: 'enter',
      hint: 'timeline',
      run: () => openTimeline(selection.index),
    },
    {
      id: 'events.correlation',
      title: 'Show the events of the same correlation',
      group: 'Events',
      keys: 'e',
      hint: 'same correlation',
      run: () => sameCorrelation().catch(showProblem),
    },
    {
      id: 'events.clear',
      title: 'Clear the filter',
      group: 'Events',
      keys: 'shift+x',
      run: () => setFilter({}),
    },
    {
      id: 'events.live',
      title: isLive ? 'Stop following topics' : 'Follow topics live',
      group: 'Events',
      keys: 'l',
      hint: isLive ? 'stop live' : 'live',
      disabled: !isLive && (live.hindrance !== null || live.current === null),
      run: live.toggle,
    },
    {
      id: 'events.pause',
      title: liveRows.isPaused ? 'Show what came and go on' : 'Pause',
      group: 'Events',
      keys: 'space',
      hint: liveRows.isPaused ? 'go on' : 'pause',
      disabled: !isLive,
      run: liveRows.isPaused ? liveRows.goOn : liveRows.pause,
    },
    ...(['decoded', 'raw', 'headers'] as const).map((tab, at) => ({
      id: `events.${tab}`,
      title: `Show the record ${tab === 'headers' ? 'headers' : tab}`,
      group: 'Events',
      keys: String(at + 1),
      run: () => setLinked({ tab: tab === 'decoded' ? null : tab }),
    })),
  ]);

  const { head } = rows;
  const isFiltered = filterTerms(filter).length > 0 || filter.where !== undefined;
  const scan = useScan(filter, head?.scan);
  const isSearching = scan !== null && !scan.done;
  const looked = filter.where === undefined ? 'record' : 'value';
  const range = histogram.data;
  const hasRange = range !== undefined && range.from !== null && range.to !== null;
  const searched =
    head?.coverage.state === 'partial' ? 'all that is captured searched' : 'whole workspace searched';
  const countText =
    head === undefined
      ? ''
      : `${formatCount(head.total)} of ${formatCount(head.of)} · ${
          scan === null ? formatDuration(head.tookMs) : scanText(scan, looked)
        } · ${searched}`;
  return (
    <Screen>
      <h1 className="sr-only">Events</h1>
      <FilterBar
        address={address}
        onFilter={setFilter}
        input={input}
        onLeave={focusTable}
        result={
          <>
            {isSearching ? (
              <ScanLine scan={scan} what={looked} />
            ) : (
              <span className={styles.resultText}>{countText}</span>
            )}
            {correlationNote === '' ? null : <span className={styles.resultNote}>{correlationNote}</span>}
            {head?.coverage.state === 'partial' ? (
              <span className={styles.partial} title={head.coverage.summary}>
                {head.coverage.summary}
              </span>
            ) : null}
            <LiveControl live={live} rows={liveRows} />
          </>
        }
      />
      <Announce>{rows.isOld || isMoving || isSearching ? '' : countText}</Announce>
      <div
        className={styles.strip}
        title="By recorded time. Where a clock ran backwards, records count at the latest time before them in their partition."
      >
        {hasRange ? (
          <Histogram
            label="Recorded time: choose a range"
            from={range.from!}
            to={Math.max(range.to!, range.from! + 1)}
            all={range.all}
            matching={range.matching}
            range={
              filter.from === undefined && filter.to === undefined
                ? null
                : { from: filter.from ?? range.from!, to: filter.to ?? range.to! }
            }
            cut={focus.knownOn}
            onRange={(next) =>
              // A range that is moved step by step is one step back in the history.
              setFilter(
                { ...filter, from: next?.from, to: next?.to },
                filter.from !== undefined && next !== null,
              )
            }
          />
        ) : (
          <div className={styles.stripEmpty} />
        )}
      </div>
      <div className={styles.body}>
        <Columns
          id="events"
          columns={[
            { id: 'table', min: 460 },
            { id: 'inspector', size: '30%', min: 280 },
          ]}
        >
          <Panel label="Events" fills className={styles.tablePanel}>
            <div ref={table} className={styles.tableBox}>
              {rows.error !== null && head === undefined ? (
                <ErrorState error={rows.error} onRetry={rows.retry} />
              ) : rows.isLoading ? (
                <Skeleton lines={14} />
              ) : rows.total === 0 ? (
                isSearching ? (
                  <EmptyState title={`Searching the ${looked}s`}>
                    {capital(scanText(scan, looked))}. Hits are shown as they are found.
                  </EmptyState>
                ) : isFiltered && (head?.of ?? 0) > 0 ? (
                  <EmptyState
                    title="No event fits this filter"
                    action={<Button onClick={() => setFilter({})}>Clear the filter</Button>}
                  >
                    All {formatCount(head?.of ?? 0)} captured records were searched. Take a condition away or
                    widen the time.
                  </EmptyState>
                ) : (
                  <EmptyState
                    title="Nothing is captured yet"
                    action={
                      <Button look="primary" onClick={() => go(['topics'])}>
                        Choose topics
                      </Button>
                    }
                  >
                    Capture topics of a cluster into this workspace, or open the demo recording.
                  </EmptyState>
                )
              ) : (
                <>
                  {rows.error === null ? null : (
                    <ErrorState error={rows.error} onRetry={rows.retry} compact />
                  )}
                  <VirtualTable
                    label="Events"
                    autoFocus
                    columns={columns}
                    total={rows.total}
                    getRow={rows.getRow}
                    onRange={rows.onRange}
                    isOld={rows.isOld}
                    stick={isMoving}
                    onScrollUp={isMoving ? liveRows.pause : undefined}
                    selected={selection.index}
                    onSelect={(index) => {
                      // A chosen row stays under the eyes.
                      if (isMoving) liveRows.pause();
                      selection.select(index);
                    }}
                    onOpen={openTimeline}
                    rowClass={(row) => rowClass(row, focus.knownOn, focus.trueOn)}
                  />
                </>
              )}
            </div>
          </Panel>
          <Inspector
            recordId={selection.recordId}
            outside={selection.outside}
            tab={linked.tab === 'raw' || linked.tab === 'headers' ? linked.tab : 'decoded'}
            onTab={(tab) => setLinked({ tab: tab === 'decoded' ? null : tab })}
            onFilter={setFilter}
          />
        </Columns>
      </div>
    </Screen>
  );
}

/** Dimmed after the cut of the focus, struck when its transaction was aborted. */
function rowClass(row: EventRow, knownOn: number | null, trueOn: number | null): string | undefined {
  const after =
    (knownOn !== null && row.logAt > knownOn) || (trueOn !== null && (row.occurredAt ?? row.logAt) > trueOn);
  const names = [after ? styles.after : '', row.verdict === 'aborted' ? styles.aborted : ''].filter(Boolean);
  return names.length === 0 ? undefined : names.join(' ');
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
