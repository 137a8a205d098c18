import { ArrowLeftRight, Clock, Columns2 } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { CompareSide } from '../../../contract/compare.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Callout, Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { getHash, go } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { useLinkedState } from '../events/linkedState.ts';
import { BetweenList, BetweenTypes } from './BetweenList.tsx';
import styles from './compare.module.css';
import { DifferenceTable, type Show } from './DifferenceTable.tsx';
import { SideCard } from './SideCard.tsx';
import { SideDialog } from './SideDialog.tsx';
import {
  differenceWords,
  momentOf,
  paramsOf,
  SIDE_PARAMS,
  type SideName,
  sideOf,
  twoClocks,
} from './sides.ts';

const LINKED = [...SIDE_PARAMS, 'show'] as const;
/** Asked of the engine while there is no comparison; the question is not sent. */
const NOBODY: CompareSide = {
  ref: { type: '', id: '-' },
  cut: { knownOn: null, trueOn: null },
  reducer: null,
  at: 'last',
};

/** Two points side by side: `#/compare?a.type=…&a.id=…&b.type=…&b.id=…`. */
export default function CompareScreen() {
  const [linked, setLinked, flush] = useLinkedState(LINKED);
  const [editing, setEditing] = useState<SideName | null>(null);
  const readA = sideOf('a', linked);
  const readB = sideOf('b', linked);
  const { side: a } = readA;
  const { side: b } = readB;
  const problem = readA.problem ?? readB.problem;
  const show: Show = linked.show === 'all' ? 'all' : 'differences';
  const isWhole = a !== null && b !== null;
  const compared = useEngineQuery(
    ['aggregates', 'compare'],
    { a: a ?? NOBODY, b: b ?? NOBODY },
    { enabled: isWhole },
  );
  const data = isWhole && compared.error === null ? compared.data : undefined;
  const isOld = isWhole && compared.isPlaceholderData;

  const put = (name: SideName, side: CompareSide) => setLinked(paramsOf(name, side));
  const swap = () => setLinked({ ...paramsOf('a', b), ...paramsOf('b', a) });
  // Where the next event is comes with the answer: steps that are quicker wait for it.
  const early = useRef<[SideName, 'earlier' | 'later'][]>([]);
  /** False: there is no event to step to. */
  const stepNow = (name: SideName, way: 'earlier' | 'later'): boolean => {
    const side = name === 'a' ? a : b;
    const at = data?.[name][way] ?? null;
    if (side === null || at === null) return false;
    put(name, { ...side, at });
    return true;
  };
  const step = (name: SideName, way: 'earlier' | 'later') => {
    if (isOld) early.current.push([name, way]);
    else stepNow(name, way);
  };
  // In an effect of layout: a key that comes with the answer is not taken before them.
  useLayoutEffect(() => {
    if (isOld) return;
    // One that leads nowhere is not rendered: those behind it would wait for the next answer to another question.
    while (early.current.length > 0 && !stepNow(...early.current.shift()!));
  });
  const basis = b ?? a;
  const moment = b !== null ? momentOf(b, data?.b) : a === null ? null : momentOf(a, data?.a);
  const clocks = () => {
    if (basis === null || moment === null) return;
    const [known, happened] = twoClocks(basis.ref, basis.reducer, moment);
    setLinked({ ...paramsOf('a', known), ...paramsOf('b', happened) });
  };
  const setShow = (next: Show) => setLinked({ show: next === 'all' ? 'all' : null });

  const group = 'Compare';
  useCommands([
    {
      id: 'compare.earlier',
      title: 'B: one event earlier',
      group,
      keys: 'arrowleft',
      hint: 'step B',
      run: () => step('b', 'earlier'),
    },
    {
      id: 'compare.later',
      title: 'B: one event later',
      group,
      keys: 'arrowright',
      hint: 'step B',
      run: () => step('b', 'later'),
    },
    {
      id: 'compare.a.earlier',
      title: 'A: one event earlier',
      group,
      keys: 'shift+arrowleft',
      hint: 'step A',
      run: () => step('a', 'earlier'),
    },
    {
      id: 'compare.a.later',
      title: 'A: one event later',
      group,
      keys: 'shift+arrowright',
      hint: 'step A',
      run: () => step('a', 'later'),
    },
    { id: 'compare.swap', title: 'Swap A and B', group, keys: 's', hint: 'swap', run: swap },
    {
      id: 'compare.show',
      title: 'Show all fields or the differences',
      group,
      keys: 'd',
      hint: 'all fields',
      run: () => setShow(show === 'all' ? 'differences' : 'all'),
    },
    {
      id: 'compare.clocks',
      title: 'What was known against what was true, at this moment',
      group,
      keys: 'k',
      hint: 'known | true',
      disabled: moment === null,
      run: clocks,
    },
    { id: 'compare.a', title: 'Choose side A', group, keys: 'a', hint: 'choose', run: () => setEditing('a') },
    { id: 'compare.b', title: 'Choose side B', group, keys: 'b', hint: 'choose', run: () => setEditing('b') },
  ]);

  const words = data === undefined || isOld ? '' : differenceWords(data);
  const between = data?.between ?? null;
  const countBetween = between === null ? null : between.onlyA + between.onlyB + between.moved;
  return (
    <Screen>
      <ScreenHead
        title="Compare"
        note={
          <span title="Each side has its own time and reducer; the time in the top bar does not apply here.">
            {data === undefined ? 'Two points anywhere, side by side' : differenceWords(data)}
          </span>
        }
      >
        <Button
          icon={<Clock />}
          keys="k"
          disabled={moment === null}
          onClick={clocks}
          title="A: what was known at this moment. B: what was true at it."
        >
          Known | true
        </Button>
        <Button icon={<ArrowLeftRight />} keys="s" disabled={a === null && b === null} onClick={swap}>
          Swap
        </Button>
        <CopyButton
          label="Copy the link"
          text={() => {
            flush();
            return getHash();
          }}
        />
      </ScreenHead>
      <div className={styles.cards}>
        <SideCard
          name="a"
          side={a}
          compared={data?.a}
          onChange={(side) => put('a', side)}
          onStep={(way) => step('a', way)}
          onEdit={() => setEditing('a')}
        />
        <SideCard
          name="b"
          side={b}
          compared={data?.b}
          onChange={(side) => put('b', side)}
          onStep={(way) => step('b', way)}
          onEdit={() => setEditing('b')}
        />
      </div>
      {problem === null ? null : (
        <Callout tone="warn" title="A part of the address cannot be read">
          {shown(problem)}
        </Callout>
      )}
      {!isWhole ? (
        <EmptyState
          icon={<Columns2 />}
          title="Choose what to compare"
          action={<Button onClick={() => go(['aggregates'])}>Show all aggregates</Button>}
        >
          Press M on an event of a timeline, or on an aggregate of the list, for A, and M on another for B.
        </EmptyState>
      ) : compared.error !== null ? (
        <ErrorState error={compared.error} onRetry={() => void compared.refetch()} />
      ) : data === undefined ? (
        <Skeleton lines={10} />
      ) : (
        <div className={styles.columns}>
          <Columns
            id="compare"
            columns={[
              { id: 'states', min: 420 },
              { id: 'between', size: 400, min: 280 },
            ]}
          >
            <Panel
              label="States side by side"
              fills
              className={styles.states}
              head={
                <PanelHeader
                  title="States"
                  note={`${formatCount(show === 'all' ? data.lines : data.different)} of ${plural(data.lines, 'line')}`}
                >
                  <Segmented
                    label="Lines to show"
                    value={show}
                    onValue={setShow}
                    options={[
                      { value: 'differences', label: 'Differences' },
                      { value: 'all', label: 'All' },
                    ]}
                  />
                </PanelHeader>
              }
            >
              <DifferenceTable a={a} b={b} show={show} lines={data.lines} />
            </Panel>
            <Panel
              label="Events between"
              fills
              head={
                <PanelHeader
                  title="Events between"
                  note={countBetween === null ? undefined : formatCount(countBetween)}
                />
              }
            >
              {between === null ? null : <BetweenTypes between={between} />}
              <BetweenList a={a} b={b} between={between} />
            </Panel>
          </Columns>
        </div>
      )}
      {editing === null ? null : (
        <SideDialog
          name={editing}
          from={editing === 'a' ? (a ?? b) : (b ?? a)}
          onClose={() => setEditing(null)}
          onChoose={(side) => put(editing, side)}
        />
      )}
      <Announce>{words}</Announce>
    </Screen>
  );
}
