import { Download, X } from 'lucide-react';
import { useRef, useState } from 'react';
import type { Output } from '../../../contract/contract.ts';
import type { JobState } from '../../../contract/system.ts';
import type {
  DifferingPath,
  DifferingRow,
  Hypothesis,
  WhatIfResult,
  WhatIfScope,
  whatif,
} from '../../../contract/whatif.ts';
import type { Cut } from '../../../core/model.ts';
import { IconButton } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Input } from '../../components/Field.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Menu } from '../../components/Menu.tsx';
import { Callout, Hypothetical, Panel, PanelHeader } from '../../components/Panel.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { Announce } from '../../components/Toast.tsx';
import { type TableColumn, VirtualTable } from '../../components/VirtualTable.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatSigned,
  formatTime,
  plural,
} from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { usePagedRows } from '../../lib/pagedRows.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { saveText } from '../../lib/saveText.ts';
import { showProblem } from '../events/showProblem.ts';
import { Opened } from './Opened.tsx';
import { idOf, openedOf, openedParams, patternOf } from './scope.ts';
import styles from './whatif.module.css';

type Rows = Output<(typeof whatif)['rows']>;
type Sort = 'size' | 'first' | 'id';

const NAMES = { aggregate: 'Aggregate', row: 'Row' } as const;

interface ResultsProps {
  result: WhatIfResult;
  job: JobState | undefined;
  /** What would be asked now. */
  current: { scope: WhatIfScope; hypothesis: Hypothesis; cut: Cut };
}

/** The set of aggregates that differ, and one of them opened; all of it in a hatched frame, because none of it is real. */
export function Results({ result, job, current }: ResultsProps) {
  const { params } = useAddress();
  const [sort, setSort] = useState<Sort>('size');
  const [path, setPath] = useState<string | null>(null);
  const [search, setSearch] = useState('');
  const [selected, setSelected] = useState(0);
  const chosenPath = result.paths.some((each) => each.path === path) ? path : null;
  const question = { run: result.run, sort, path: chosenPath, search };
  const rows = usePagedRows<DifferingRow, Rows>(
    ['whatif', 'rows', question, result.kept, result.state],
    (page, signal) => callEngine(['whatif', 'rows'], { ...question, ...page }, signal),
  );
  // By name, not by place: while the run goes on, larger differences come in between.
  const opened = openedOf(params);
  // Rows of the run before are shown until there are others: they would be opened in what is asked now.
  const shownRun = useRef<number | null>(null);
  if (!rows.isOld) shownRun.current = result.run;
  const open = (index: number) => {
    if (shownRun.current !== result.run) return;
    const chosen = rows.getRow(index)?.ref;
    if (chosen !== undefined) setParams({ ...openedParams(chosen), at: null }, opened !== null);
  };
  const close = () => setParams({ open: null, openType: null, at: null }, false);
  useCommands([
    {
      id: 'whatif.close',
      title: 'Close what is opened',
      group: 'What-if',
      keys: 'escape',
      disabled: opened === null,
      run: close,
    },
  ]);
  const { question: asked, of } = result;
  const workspace = useEngineQuery(['workspace', 'current'], {});
  const isOld =
    result.state === 'done' && workspace.data != null && workspace.data.revision !== result.revision;
  const isOther =
    JSON.stringify([asked.scope, asked.hypothesis, asked.cut]) !==
    JSON.stringify([current.scope, current.hypothesis, current.cut]);
  const save = async (format: 'csv' | 'ndjson') => {
    let text = '';
    for (let from: number | null = 0; from !== null; ) {
      const part: Output<(typeof whatif)['export']> = await callEngine(['whatif', 'export'], {
        ...question,
        format,
        from,
      });
      text += part.text;
      from = part.next;
      if (from === null) saveText(text, part.mediaType, part.name);
    }
  };
  const table =
    rows.error !== null ? (
      <ErrorState error={rows.error} onRetry={rows.retry} compact />
    ) : rows.isLoading ? (
      <Skeleton lines={6} />
    ) : rows.total === 0 ? (
      <None result={result} isFiltered={search !== '' || chosenPath !== null} />
    ) : (
      <VirtualTable
        label={`${NAMES[of]}s that would differ`}
        columns={columnsFor(NAMES[of], chosenPath, sort, setSort)}
        total={rows.total}
        getRow={rows.getRow}
        onRange={rows.onRange}
        isOld={rows.isOld}
        selected={Math.min(selected, rows.total - 1)}
        onSelect={(index) => {
          setSelected(index);
          if (opened !== null) open(index);
        }}
        onOpen={open}
      />
    );
  return (
    <Hypothetical>
      <Panel
        label="What would differ"
        fills
        head={
          <PanelHeader
            title={<span className={styles.bad}>Hypothetical</span>}
            note={<span title={shown(result.title)}>{shown(result.title)}</span>}
          >
            <Menu
              align="end"
              trigger={
                <IconButton label="Export what differs" disabled={result.kept === 0}>
                  <Download />
                </IconButton>
              }
              groups={[
                {
                  id: 'export',
                  label: 'Every line says that it is hypothetical',
                  items: (['csv', 'ndjson'] as const).map((format) => ({
                    id: format,
                    label: format.toUpperCase(),
                    run: () => void save(format).catch(showProblem),
                  })),
                },
              ]}
            />
          </PanelHeader>
        }
      >
        {result.state === 'running' && job !== undefined ? (
          <div className={styles.jobAbove}>
            <JobLine job={job} />
          </div>
        ) : null}
        {result.state === 'failed' && job?.error != null ? <ErrorState error={job.error} compact /> : null}
        <Summary result={result} isOther={isOther} isOld={isOld} />
        <div className={styles.filters}>
          <Select
            label="Path that differs"
            className={styles.path}
            value={chosenPath ?? ''}
            options={[
              { value: '', label: 'Any path', hint: formatCount(result.differing) },
              ...result.paths.map((each) => ({
                value: each.path,
                label: shown(each.path),
                hint: `${formatCount(each.aggregates)}${each.sum === null || Number(each.sum) === 0 ? '' : ` · sum ${formatSigned(each.sum)}`}`,
              })),
            ]}
            onValue={(value) => {
              setPath(value === '' ? null : value);
              setSelected(0);
            }}
          />
          <Input
            aria-label={of === 'row' ? 'Part of a key' : 'Part of an aggregate id'}
            placeholder={of === 'row' ? 'Part of a key' : 'Part of an id'}
            value={search}
            onValue={(text) => {
              setSearch(text);
              setSelected(0);
            }}
          />
        </div>
        {opened !== null ? (
          <Columns
            id="whatif-opened"
            direction="vertical"
            columns={[
              { id: 'set', size: '34%', min: 90 },
              { id: 'one', min: 160 },
            ]}
          >
            <div className={styles.fill}>{table}</div>
            <Panel
              label={`Opened: ${shown(idOf(opened))}`}
              fills
              head={
                <PanelHeader
                  title={<code>{shown(idOf(opened))}</code>}
                  note="the real and the hypothetical log, aligned"
                >
                  <IconButton label={`Close the opened ${of}`} keys="escape" onClick={close}>
                    <X />
                  </IconButton>
                </PanelHeader>
              }
            >
              <Opened key={`${result.run} ${JSON.stringify(opened)}`} subject={opened} question={asked} />
            </Panel>
          </Columns>
        ) : (
          <div className={styles.fill}>{table}</div>
        )}
      </Panel>
      <Announce>{result.state === 'running' ? '' : summaryText(result)}</Announce>
    </Hypothetical>
  );
}

function None({ result, isFiltered }: { result: WhatIfResult; isFiltered: boolean }) {
  if (isFiltered) return <EmptyState title="None of them fits">Choose another path or id.</EmptyState>;
  if (result.state === 'running')
    return <EmptyState title="No difference so far">Both are being folded.</EmptyState>;
  if (result.state !== 'done') return <EmptyState title="No difference was found until it stopped" />;
  return (
    <EmptyState title="Nothing would differ">
      After every event of {plural(result.aggregates.total, result.of)} both states are the same, in every
      digit.
    </EmptyState>
  );
}

const summaryText = ({ differing, aggregates, of }: WhatIfResult): string =>
  `${formatCount(differing)} of ${plural(aggregates.total, of)} would differ`;

function Summary({ result, isOther, isOld }: { result: WhatIfResult; isOther: boolean; isOld: boolean }) {
  const { healed, preliminary, problems, notes, firstMs, tookMs, coverage } = result;
  const more = problems.hypothetical - problems.real;
  return (
    <>
      <p className={styles.summary}>
        <b>{summaryText(result)}</b>
        {healed === 0 ? '' : `, ${formatCount(healed)} of them only for a while`}
        {preliminary === 0 ? null : (
          <span className={styles.warn}>, {formatCount(preliminary)} of them preliminary</span>
        )}
        <span className={styles.faint}>
          {' '}
          · {plural(result.events, 'event')} in {formatDuration(tookMs)}
          {firstMs === null ? '' : `, the first after ${formatDuration(firstMs)}`}
        </span>
        {more > 0 ? (
          <span className={styles.warn}> · {plural(more, 'event')} more cannot be applied wholly</span>
        ) : null}
        {coverage?.state === 'partial' ? (
          <Tag tone="warn" title={shown(coverage.summary)}>
            partial
          </Tag>
        ) : null}
      </p>
      {isOther || isOld ? (
        <p className={styles.other}>
          {isOther
            ? 'The hypothesis, the scope or the time has changed since; run it again.'
            : 'The captured events have changed since; run it again.'}
        </p>
      ) : null}
      {notes.length === 0 ? null : (
        <Callout tone="warn" title={notes.length === 1 ? shown(notes[0]!) : 'To know about this answer'}>
          {notes.length === 1 ? null : notes.map((note) => <div key={note}>{shown(note)}</div>)}
        </Callout>
      )}
    </>
  );
}

/** The change that a row is about: of the chosen path, else the one that makes its size. */
function leading(row: DifferingRow, path: string | null): DifferingPath | undefined {
  if (path !== null) return row.changes.find((change) => patternOf(change.path) === path) ?? row.changes[0];
  return (
    row.changes.find(({ delta }) => delta !== null && delta.replace('-', '') === row.size) ?? row.changes[0]
  );
}

function columnsFor(
  title: string,
  path: string | null,
  sort: Sort,
  setSort: (sort: Sort) => void,
): TableColumn<DifferingRow>[] {
  const sorted = (name: Sort, direction: 'ascending' | 'descending') => ({
    onSort: () => setSort(name),
    sorted: sort === name ? direction : null,
  });
  return [
    {
      id: 'id',
      title,
      width: 'minmax(110px, 0.8fr)',
      mono: true,
      cell: ({ ref }) => <span className="ellipsis">{shown(idOf(ref))}</span>,
      hover: ({ ref }) => shown('key' in ref ? ref.key : `${ref.type} ${ref.id}`),
      ...sorted('id', 'ascending'),
    },
    {
      id: 'first',
      title: 'Differs from',
      width: 'minmax(190px, 1.65fr)',
      cell: (row) => (
        <span className="ellipsis">
          {shown(row.firstType)} <span className={styles.faint}>{formatTime(row.firstAt, 's')}</span>
        </span>
      ),
      hover: (row) => `${shown(row.firstType)} ${formatTime(row.firstAt)}`,
      ...sorted('first', 'ascending'),
    },
    {
      id: 'path',
      title: 'At the end',
      width: 'minmax(170px, 1.75fr)',
      mono: true,
      cell: (row) => <Change row={row} change={leading(row, path)} />,
      hover: (row) =>
        row.changes
          .map((each) => `${shown(each.path)}: ${each.real ?? '—'} → ${each.hypothetical ?? '—'}`)
          .join('\n'),
    },
    {
      id: 'size',
      title: 'By',
      width: 'minmax(100px, 0.5fr)',
      align: 'right',
      mono: true,
      cell: (row) => {
        const delta = leading(row, path)?.delta ?? null;
        return delta === null ? '' : formatSigned(delta);
      },
      ...sorted('size', 'descending'),
    },
  ];
}

const PRELIMINARY = (
  <Tag tone="warn" title="Only the first events of this row were folded so far: the values are as of these">
    preliminary
  </Tag>
);

/** A value as the states beside it write it: amounts are grouped. */
const told = (json: string | null): string =>
  json === null ? 'not there' : /^-?\d/.test(json) ? formatNumber(json) : shown(json);

function Change({ row, change }: { row: DifferingRow; change: DifferingPath | undefined }) {
  const isPreliminary = row.isPreliminary ? PRELIMINARY : null;
  if (row.healed)
    return (
      <>
        {isPreliminary}
        <Tag title="The states differed for a while and are equal again at the end">equal again</Tag>
      </>
    );
  if (change === undefined) return isPreliminary;
  return (
    <span className="ellipsis">
      {isPreliminary} {shown(change.path)} <del className={styles.real}>{told(change.real)}</del>{' '}
      <ins className={styles.hypo}>{told(change.hypothetical)}</ins>
      {row.paths > 1 ? <span className={styles.faint}> +{row.paths - 1}</span> : null}
    </span>
  );
}
