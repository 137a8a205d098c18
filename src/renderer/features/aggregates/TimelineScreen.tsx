import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce, toast } from '../../components/Toast.tsx';
import { go, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { callEngine } from '../../lib/queries.ts';
import { useOfferReducers } from '../../lib/reducers.ts';
import { useOfferSubject } from '../../lib/subject.ts';
import { markSide } from '../compare/mark.ts';
import { showProblem } from '../events/showProblem.ts';
import styles from './aggregates.module.css';
import { EventColumn } from './EventColumn.tsx';
import { EventPanel } from './EventPanel.tsx';
import { GoToDialog } from './GoToDialog.tsx';
import { eventMark, setterOf } from './names.ts';
import { StateColumn } from './StateColumn.tsx';
import { TimeStrip } from './strip/TimeStrip.tsx';
import { TimelineHead } from './TimelineHead.tsx';
import { Skipped, Transport } from './Transport.tsx';
import { type Mover, useMover } from './useMover.ts';
import { usePlayer } from './usePlayer.ts';
import { markOf, type Timeline, useStateAt, useTimeline } from './useTimeline.ts';

const NEXT_VIEW = { tree: 'json', json: 'row', row: 'tree' } as const;

/** The life of one aggregate: `#/aggregates/<type>/<id>`. */
export default function TimelineScreen() {
  const { segments } = useAddress();
  const [, type, id] = segments;
  if (type === undefined || id === undefined)
    return (
      <Screen>
        <EmptyState
          title="This address names no aggregate"
          action={<Button onClick={() => go(['aggregates'])}>Show all aggregates</Button>}
        >
          An address of a timeline ends with the type and the id of an aggregate.
        </EmptyState>
      </Screen>
    );
  return <TimelineOf key={JSON.stringify([type, id])} aggregate={{ type, id }} />;
}

function TimelineOf({ aggregate }: { aggregate: AggregateRef }) {
  const { timeline, zoom } = useTimeline(aggregate);
  const { info, infoError, row } = timeline;
  const mover = useMover(timeline);
  const player = usePlayer(timeline, mover.reach);
  const { stop } = player;
  const isMoving = mover.isMoving || player.isPlaying;
  const state = useStateAt(timeline, isMoving);
  const step = useSteps(timeline, mover, isMoving, stop);
  const [goTo, setGoTo] = useState(false);
  const [find, setFind] = useState(false);
  const closeGoTo = useCallback(() => setGoTo(false), []);
  const isEmpty = (info?.total ?? 0) === 0;
  const corner = useMemo(() => <Transport player={player} disabled={isEmpty} />, [player, isEmpty]);
  // While a hand is on the playhead, what it cannot use meanwhile stays as it was.
  const rested = useRef(timeline);
  if (!mover.isMoving || player.isPlaying || rested.current.subject !== timeline.subject)
    rested.current = timeline;
  useOfferReducers(info === undefined ? null : { choices: info.reducers, used: info.reducer });
  useOfferSubject(
    row === undefined
      ? null
      : { recordId: row.id, title: row.sentence, params: { event: row.id, at: timeline.index } },
    timeline.flush,
  );
  useTimelineCommands(timeline, {
    ...step,
    openGoTo: () => setGoTo(true),
    openFind: () => setFind(true),
    blame: () => {
      if (timeline.path === null) return toast('Choose a path in the state first.');
      const setter = setterOf(state.data?.blame ?? [], timeline.path);
      if (setter === null) toast(`No event has set ${shown(timeline.path)}: it is as the reducer began.`);
      else timeline.select(setter);
    },
  });

  if (infoError !== null)
    return (
      <Screen>
        <ErrorState error={infoError} onRetry={timeline.retryInfo} />
        <div className={styles.afterError}>
          <Button onClick={() => go(['aggregates'], { type: null, q: aggregate.id })}>
            Search for this id
          </Button>
        </div>
      </Screen>
    );
  if (info === undefined)
    return (
      <Screen>
        <Skeleton lines={10} />
      </Screen>
    );
  return (
    <Screen>
      <TimelineHead timeline={rested.current} info={info}>
        <Skipped player={player} />
      </TimelineHead>
      <TimeStrip {...{ timeline, zoom, info, mover, corner }} onTake={stop} />
      <Panes
        value={{
          list: <EventColumn timeline={timeline} info={info} find={find} onFind={setFind} />,
          state: <StateColumn timeline={timeline} info={info} state={state} />,
          event: <EventPanel timeline={timeline} state={state} isMoving={isMoving} />,
        }}
      >
        {COLUMNS}
      </Panes>
      <GoToDialog open={goTo} onClose={closeGoTo} timeline={rested.current} info={info} />
      <Announce>{row === undefined || isMoving ? '' : `${eventMark(row)}: ${shown(row.sentence)}`}</Announce>
    </Screen>
  );
}

/** What stands in the columns. The columns themselves are not rendered anew for every event. */
const Panes = createContext<Record<'list' | 'state' | 'event', ReactNode>>({
  ...{ list: null, state: null, event: null },
});
const Pane = ({ of }: { of: 'list' | 'state' | 'event' }) => use(Panes)[of];
const COLUMNS = (
  <div className={styles.columns}>
    <Columns
      id="timeline"
      columns={[
        { id: 'list', size: '31%', min: 240 },
        { id: 'state', min: 300 },
        { id: 'event', size: '28%', min: 260 },
      ]}
    >
      <Pane of="list" />
      <Pane of="state" />
      <Pane of="event" />
    </Columns>
  </div>
);

/** Steps nearer together than this, ms, are those of a key that is held. */
const HELD_KEY_MS = 200;

interface Steps {
  stepBy: (steps: number) => void;
  stepTo: (index: number) => void;
}

/** One step shows the event at once; while one moves, and from the second of many on, the mover keeps the pace. */
function useSteps(timeline: Timeline, mover: Mover, isMoving: boolean, stop: () => void): Steps {
  const before = useRef(Number.NEGATIVE_INFINITY);
  const now = useRef({ timeline, isMoving });
  now.current = { timeline, isMoving };
  return useMemo(() => {
    const goesOn = (): boolean => {
      stop();
      const last = before.current;
      before.current = performance.now();
      return now.current.isMoving || before.current - last < HELD_KEY_MS;
    };
    return {
      stepBy(steps) {
        if (goesOn()) return mover.by(steps);
        const { index, info, select, chosen } = now.current.timeline;
        const to = Math.max(-1, Math.min((info?.total ?? 0) - 1, (chosen() ?? index) + steps));
        if (to !== index) select(to);
      },
      stepTo(index) {
        if (goesOn()) mover.to(index);
        else if (index !== now.current.timeline.index) now.current.timeline.select(index);
      },
    };
  }, [mover.by, mover.to, stop]);
}

interface Actions extends Steps {
  openGoTo: () => void;
  openFind: () => void;
  blame: () => void;
}

function useTimelineCommands(
  timeline: Timeline,
  { stepBy, stepTo, openGoTo, openFind, blame }: Actions,
): void {
  const { index, info, select, selectHead } = timeline;
  const total = info?.total ?? 0;
  const fault = async (direction: 1 | -1) => {
    const strip = await callEngine(['aggregates', 'strip'], {
      ref: timeline.subject.ref,
      cut: timeline.subject.cut,
      buckets: 1,
    });
    const places = [...new Set(strip.faults.map((each) => each.index))].sort((a, b) => a - b);
    const next = direction === 1 ? places.find((at) => at > index) : places.findLast((at) => at < index);
    if (next !== undefined) select(next);
    else toast(places.length === 0 ? 'No event here has a fault.' : 'No further event with a fault.');
  };
  const group = 'Timeline';
  useCommands([
    {
      id: 'timeline.back',
      title: 'One event back',
      group,
      keys: 'arrowleft',
      hint: 'step',
      run: () => stepBy(-1),
    },
    {
      id: 'timeline.next',
      title: 'One event on',
      group,
      keys: 'arrowright',
      hint: 'step',
      run: () => stepBy(1),
    },
    { id: 'timeline.first', title: 'First event', group, keys: 'home', run: () => stepTo(0) },
    { id: 'timeline.last', title: 'Last event', group, keys: 'end', run: () => stepTo(total - 1) },
    {
      id: 'timeline.head',
      title: 'Last event as of the focus',
      group,
      keys: 'l',
      hint: 'as of',
      run: selectHead,
    },
    {
      id: 'timeline.goto',
      title: 'Go to a time, version or event',
      group,
      keys: 'g',
      hint: 'go to',
      run: openGoTo,
    },
    {
      id: 'timeline.blame',
      title: 'Go to the event that set the chosen path',
      group,
      keys: 'b',
      hint: 'blame',
      run: blame,
    },
    {
      id: 'timeline.mark',
      title: 'Mark the chosen event as A, then as B, and compare',
      group,
      keys: 'm',
      hint: 'mark A, B',
      run: () => {
        const { side, words } = markOf(timeline);
        if (side === null) return;
        timeline.flush();
        markSide(side, words);
      },
    },
    {
      id: 'timeline.fault',
      title: 'Next event with a fault',
      group,
      keys: 'n',
      hint: 'next fault',
      run: () => fault(1).catch(showProblem),
    },
    {
      id: 'timeline.fault.before',
      title: 'Event with a fault before',
      group,
      keys: 'p',
      run: () => fault(-1).catch(showProblem),
    },
    {
      id: 'timeline.whatif',
      title: 'What if an event were skipped, edited, moved or inserted?',
      group,
      keys: 'w',
      hint: 'what-if',
      run: () =>
        go(['whatif'], {
          part: 'log',
          type: timeline.subject.ref.type,
          id: timeline.subject.ref.id,
          at: String(Math.max(0, timeline.index)),
        }),
    },
    { id: 'timeline.find', title: 'Find in the events', group, keys: '/', hint: 'find', run: openFind },
    {
      id: 'timeline.view',
      title: 'Switch between the state as a tree, as JSON, and the row of the projection',
      group,
      keys: 'v',
      run: () => timeline.setView(NEXT_VIEW[timeline.view]),
    },
  ]);
}
