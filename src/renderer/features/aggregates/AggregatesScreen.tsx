import { type CSSProperties, useEffect, useRef, useState } from 'react';
import type { AggregateRow, aggregates } from '../../../contract/aggregates.ts';
import type { Output } from '../../../contract/contract.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { cx } from '../../components/cx.ts';
import type { ExpressionFieldHandle } from '../../components/ExpressionField.tsx';
import { Input } from '../../components/Field.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { Callout, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Select } from '../../components/Select.tsx';
import { ErrorState } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { MarkButton } from '../compare/MarkButton.tsx';
import { markSide } from '../compare/mark.ts';
import { FirstWalk } from '../events/FirstWalk.tsx';
import { aggregateColumns, SORTS, type Sort } from './aggregateColumns.tsx';
import styles from './aggregateList.module.css';
import { cutPhrase } from './asOf.ts';
import { ColumnsBar } from './ColumnsBar.tsx';
import {
  chooseColumns,
  columnsChoice,
  columnsQuestion,
  fittingProjections,
  sortByColumn,
  typesOf,
} from './listColumns.ts';
import { NoAggregates } from './NoAggregates.tsx';
import { TypeList } from './TypeList.tsx';

type Answer = Output<(typeof aggregates)['list']>;
/** In the list of projections; no projection has such a name. */
const NO_COLUMNS = '-';

/** Least width of all columns together: what is wider than its place scrolls sideways. */
const widthOfTable = (columns: readonly TableColumn<AggregateRow>[]): number =>
  columns.reduce((sum, { width }) => sum + Number.parseFloat(width.replace('minmax(', '')), 0);

/** Every aggregate with what is known of it as of the focus; Enter opens its timeline. */
export default function AggregatesScreen() {
  const { params } = useAddress();
  const { cut, reducer } = useFocus();
  const type = params.get('type');
  const search = params.get('q') ?? '';
  const sort = SORTS.find((each) => each === params.get('sort')) ?? 'last';
  const choice = columnsChoice(params);
  const projections = useEngineQuery(['projections', 'list'], {}).data?.projections;
  const status = projections?.find(({ name }) => name === choice.projection);
  const isUnknown = choice.projection !== null && projections !== undefined && status === undefined;
  const projected = columnsQuestion(choice, status);
  const question = { type, search, sort, cut, columns: projected };
  const rows = usePagedRows<AggregateRow, Answer>(
    ['aggregates', 'list', question],
    (page, signal) => callEngine(['aggregates', 'list'], { ...question, ...page }, signal),
    { enabled: choice.projection === null || projections !== undefined },
  );
  const [selected, setSelected] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const condition = useRef<ExpressionFieldHandle>(null);
  const table = useRef<HTMLDivElement>(null);
  const chooser = useRef<HTMLSpanElement>(null);
  const toRows = () => table.current?.querySelector<HTMLElement>('[role=grid]')?.focus();
  const { head } = rows;

  const isAnswered = rows.error !== null || (head !== undefined && !rows.isOld);
  /** Where Enter was quicker than the answer, whose first row it opens if the focus is still there; null: nowhere. */
  const awaited = useRef<Element | null>(null);
  const choose = (index: number) => {
    setSelected(index);
    awaited.current = null;
  };

  const setQuestion = (change: { type?: string | null; q?: string; sort?: Sort }, replace = false) => {
    choose(0);
    // An order of the list takes the place of one by a column.
    setParams({ ...change, ...(change.sort === undefined ? {} : { by: null }) }, replace);
  };
  const open = (index: number) => {
    if (rows.isOld) {
      // Of the other rows a person means those that are shown.
      if (index === 0) awaited.current = document.activeElement;
      return;
    }
    const row = rows.getRow(index);
    if (row !== undefined) go(['aggregates', row.ref.type, row.ref.id]);
  };
  useEffect(() => {
    const at = awaited.current;
    if (at === null || !isAnswered) return;
    awaited.current = null;
    if (at === document.activeElement) open(0);
  });
  const chosen = rows.isOld ? undefined : rows.getRow(selected);
  const marked = {
    side: chosen === undefined ? null : { ref: chosen.ref, cut, reducer, at: 'last' as const },
    words: chosen?.ref.id ?? '',
  };
  useCommands([
    {
      id: 'aggregates.mark',
      title: 'Mark the chosen aggregate as A, then another as B, and compare',
      group: 'Aggregates',
      keys: 'm',
      hint: 'mark A, B',
      run: () => marked.side !== null && markSide(marked.side, marked.words),
    },
    {
      id: 'aggregates.search',
      title: 'Search by id or text in an event',
      group: 'Aggregates',
      keys: '/',
      hint: 'search',
      run: () => input.current?.focus(),
    },
    {
      id: 'aggregates.select',
      title: 'Select an aggregate',
      group: 'Aggregates',
      keys: ['arrowup', 'arrowdown'],
      hint: 'select',
    },
    {
      id: 'aggregates.open',
      title: 'Open the timeline of the chosen aggregate',
      group: 'Aggregates',
      keys: 'enter',
      hint: 'timeline',
      run: () => open(selected),
    },
    {
      id: 'aggregates.columns',
      title: 'Show columns of a projection',
      group: 'Aggregates',
      keys: 'c',
      hint: 'columns',
      run: () => chooser.current?.querySelector('button')?.focus(),
    },
    {
      id: 'aggregates.where',
      title: 'Filter by the columns',
      group: 'Aggregates',
      keys: 'f',
      hint: 'filter',
      disabled: projected === null,
      run: () => condition.current?.focus(),
    },
    ...(projected?.show ?? []).map((name) => ({
      id: `aggregates.sort.column.${name}`,
      title: `Sort by ${shown(name)}`,
      group: 'Aggregates',
      run: () => sortByColumn(choice.by, name),
    })),
    ...SORTS.map((by) => ({
      id: `aggregates.sort.${by}`,
      title: { id: 'Sort by id', events: 'Sort by number of events', last: 'Sort by last event' }[by],
      group: 'Aggregates',
      run: () => setQuestion({ sort: by }),
    })),
  ]);

  const columns = aggregateColumns({
    withType: type === null,
    projected: projected?.show ?? null,
    columnTypes: typesOf(status),
    by: choice.by,
    sort,
    onSort: (next) => setQuestion({ sort: next }),
  });
  const countText = head === undefined ? '' : plural(head.total, 'aggregate');
  const searched = rows.isOld ? null : (head?.searched ?? null);
  const unfinished = searched !== null && searched.records < searched.of ? searched : null;
  return (
    <Screen>
      <div className={styles.searchBar}>
        <h1 className={styles.searchTitle}>Aggregates</h1>
        <Input
          ref={input}
          mono
          value={search}
          onValue={(q) => setQuestion({ q }, true)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'ArrowDown' && event.key !== 'Escape') return;
            event.preventDefault();
            if (event.key !== 'Enter') toRows();
            else if (isAnswered) open(0);
            else awaited.current = event.currentTarget;
          }}
          placeholder="Id, or text in an event such as an account number"
          aria-label="Search aggregates by id or by text in an event"
          end={<Kbd keys="/" />}
          className={styles.searchInput}
        />
        <span className={styles.searchResult}>
          {countText}
          {cut.knownOn === null && cut.trueOn === null ? '' : ` · ${cutPhrase(cut)}`}
        </span>
        {unfinished === null ? null : (
          <span className={styles.partial}>
            {`Events searched: ${formatCount(unfinished.records)} of ${formatCount(unfinished.of)} `}
            <Button look="quiet" onClick={rows.retry}>
              Search on
            </Button>
          </span>
        )}
        {head?.coverage.state === 'partial' ? (
          <span className={styles.partial} title={head.coverage.summary}>
            {shown(head.coverage.summary)}
          </span>
        ) : null}
        <span className={styles.searchEnd}>
          <span ref={chooser}>
            <Select
              label="Columns of a projection"
              className={styles.chooser}
              value={choice.projection ?? NO_COLUMNS}
              options={[
                { value: NO_COLUMNS, label: 'No columns' },
                ...fittingProjections(projections ?? [], type).map(({ name, title }) => ({
                  value: name,
                  label: shown(title),
                })),
              ]}
              onValue={(name) => chooseColumns(projections?.find((each) => each.name === name) ?? null, type)}
            />
          </span>
          <MarkButton {...marked} />
        </span>
        <Announce>{rows.isOld ? '' : countText}</Announce>
      </div>
      {status === undefined || projected === null ? null : (
        <ColumnsBar
          status={status}
          choice={choice}
          shownColumns={projected.show}
          told={rows.isOld ? null : (head?.columns ?? null)}
          input={condition}
          onLeave={toRows}
        />
      )}
      {isUnknown ? (
        <Callout tone="warn" title={`There is no projection ${shown(choice.projection!)} here`}>
          The list is shown without its columns. Choose another one at the right, or import its definition.
        </Callout>
      ) : null}
      <div className={styles.columns}>
        <Columns
          id="aggregates"
          columns={[
            { id: 'types', size: 210, min: 160 },
            { id: 'list', min: 420 },
          ]}
        >
          <Panel label="Types" fills head={<PanelHeader title="Types" />} className={styles.listPanel}>
            <TypeList selected={type} onSelect={(next) => setQuestion({ type: next })} />
          </Panel>
          <Panel label="Aggregates" fills>
            <div
              ref={table}
              className={cx(styles.fill, styles.sideways)}
              style={{ '--width': `${widthOfTable(columns)}px` } as CSSProperties}
            >
              {rows.error !== null && head === undefined ? (
                <ErrorState error={rows.error} onRetry={rows.retry} />
              ) : rows.isLoading ? (
                <FirstWalk lines={14} />
              ) : rows.total > 0 ? (
                <>
                  {rows.error === null ? null : (
                    <ErrorState error={rows.error} onRetry={rows.retry} compact />
                  )}
                  <VirtualTable
                    label="Aggregates"
                    autoFocus
                    columns={columns}
                    total={rows.total}
                    getRow={rows.getRow}
                    onRange={rows.onRange}
                    isOld={rows.isOld}
                    selected={Math.min(selected, rows.total - 1)}
                    onSelect={choose}
                    onOpen={open}
                  />
                </>
              ) : (
                <NoAggregates
                  where={projected === null ? '' : choice.where}
                  search={search}
                  type={type}
                  cut={cut}
                  searched={searched}
                  onAll={() => setQuestion({ q: '', type: null })}
                />
              )}
            </div>
          </Panel>
        </Columns>
      </div>
    </Screen>
  );
}
