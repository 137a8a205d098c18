import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { TimelineInfo } from '../../../contract/aggregates.ts';
import type { AggregateRef } from '../../../contract/common.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { JsonTree } from '../../components/JsonTree.tsx';
import { Callout, Panel, PanelHeader, ScreenHead, Section } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Announce } from '../../components/Toast.tsx';
import { go, hrefTo, useAddress } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { setFocus, useFocus } from '../../lib/focus.ts';
import { formatCount, formatSpan, formatTime, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { lastAggregate } from '../../lib/lastAggregate.ts';
import { callEngine, useEngineQuery } from '../../lib/queries.ts';
import { ArrivalsList } from './ArrivalsList.tsx';
import { ClockPlane, GRID, type Plane, pointWords } from './ClockPlane.tsx';
import styles from './clocks.module.css';

/** The two clocks of one aggregate: `#/clocks/<type>/<id>`; the point is the focus, `known` and `true`. */
export default function ClocksScreen() {
  const { segments } = useAddress();
  const [, type, id] = segments;
  const subject = type === undefined || id === undefined ? lastAggregate() : { type, id };
  if (subject === null)
    return (
      <Screen>
        <EmptyState
          heading
          title="Choose an aggregate first"
          action={<Button onClick={() => go(['aggregates'])}>Open the aggregates</Button>}
        >
          The plane shows one aggregate’s events: when each occurred against when it was recorded.
        </EmptyState>
      </Screen>
    );
  return <Clocks key={`${subject.type}\n${subject.id}`} subject={subject} />;
}

function Clocks({ subject }: { subject: AggregateRef }) {
  const { cut, knownOn, trueOn, reducer } = useFocus();
  const asked = { ref: subject, cut, reducer };
  const plane = useEngineQuery(['aggregates', 'plane'], { ref: subject, ...GRID });
  const info = useEngineQuery(['aggregates', 'timeline'], asked);
  const { recorded = null, occurred = null } = plane.data ?? {};
  const moment = trueOn ?? knownOn ?? recorded?.to ?? null;
  const group = 'Two clocks';
  useCommands([
    {
      id: 'clocks.known',
      title: 'What did we know then?',
      group,
      keys: '1',
      hint: 'known',
      disabled: moment === null,
      run: () => setFocus({ knownOn: moment, trueOn: null }),
    },
    {
      id: 'clocks.true',
      title: 'What was true then?',
      group,
      keys: '2',
      hint: 'true',
      disabled: moment === null,
      run: () => setFocus({ knownOn: null, trueOn: moment }),
    },
    {
      id: 'clocks.now',
      title: 'Everything that is known now',
      group,
      keys: '0',
      hint: 'now',
      run: () => setFocus({ knownOn: null, trueOn: null }),
    },
    {
      id: 'clocks.move',
      title: 'Move the point along a clock',
      group,
      keys: ['arrowleft', 'arrowright', 'arrowup', 'arrowdown'],
      hint: 'move the point',
    },
    {
      id: 'clocks.timeline',
      title: 'Open its timeline',
      group,
      keys: 'enter',
      hint: 'timeline',
      run: () => go(['aggregates', subject.type, subject.id]),
    },
  ]);
  const words = info.data === undefined ? '' : takenWords(info.data);
  return (
    <Screen>
      <ScreenHead
        title="Two clocks"
        id={shown(info.data?.title ?? subject.id)}
        note={plane.data === undefined ? shown(subject.type) : planeWords(plane.data)}
      >
        <Button
          keys="1"
          aria-pressed={knownOn !== null && trueOn === null}
          disabled={moment === null}
          title="What the system itself had recorded by then"
          onClick={() => setFocus({ knownOn: moment, trueOn: null })}
        >
          What did we know on {moment === null ? '…' : formatTime(moment, 'min')}?
        </Button>
        <Button
          keys="2"
          aria-pressed={trueOn !== null && knownOn === null}
          disabled={moment === null}
          title="What had happened by then, by all that is known now"
          onClick={() => setFocus({ knownOn: null, trueOn: moment })}
        >
          What was true on {moment === null ? '…' : formatTime(moment, 'min')}?
        </Button>
      </ScreenHead>
      <Announce>{words === '' ? '' : `${pointWords(cut)}: ${words}`}</Announce>
      <Columns id="clocks" columns={[{ id: 'plane' }, { id: 'state', size: '34%', min: 280 }]}>
        <Columns
          id="clocks.rows"
          direction="vertical"
          columns={[{ id: 'surface' }, { id: 'arrivals', size: '34%', min: 120 }]}
        >
          <Panel label="The plane of the two clocks" fills>
            {plane.error !== null ? (
              <ErrorState error={plane.error} onRetry={() => void plane.refetch()} />
            ) : plane.data === undefined ? (
              <Skeleton lines={10} />
            ) : recorded === null || occurred === null ? (
              <EmptyState title="No event says when it occurred">
                {plural(plane.data.events, 'event')} of this aggregate declare no occurred time, so there is
                only one clock. A mapping can point at the field that holds it.
              </EmptyState>
            ) : (
              <ClockPlane
                plane={plane.data}
                recorded={recorded}
                occurred={occurred}
                point={cut}
                onPoint={(point) => setFocus(point, true)}
              />
            )}
          </Panel>
          <Panel
            label="Arrived after the fact"
            fills
            head={
              <PanelHeader
                title="Arrived after the fact"
                note="recorded more than a day late, or behind events that occurred later"
              />
            }
          >
            <ArrivalsList
              subject={subject}
              onChoose={(row) => setFocus({ knownOn: row.recordedAt, trueOn: row.occurredAt }, true)}
            />
          </Panel>
        </Columns>
        <PointState
          subject={subject}
          info={info.data}
          error={info.error}
          onRetry={() => void info.refetch()}
        />
      </Columns>
    </Screen>
  );
}

interface PointStateProps {
  subject: AggregateRef;
  info: TimelineInfo | undefined;
  error: EngineError | null;
  onRetry: () => void;
}

/** The state at the point, and which events it rests on. */
function PointState({ subject, info, error, onRetry }: PointStateProps) {
  const { cut, reducer } = useFocus();
  const index = info === undefined ? -1 : info.within - 1;
  const state = useQuery({
    queryKey: ['aggregates', 'state', { ref: subject, cut, reducer, index, brief: true }],
    queryFn: () => callEngine(['aggregates', 'state'], { ref: subject, cut, reducer, index, brief: true }),
    enabled: info !== undefined,
    placeholderData: keepPreviousData,
  });
  if (error !== null) return <ErrorState error={error} onRetry={onRetry} />;
  if (state.error !== null)
    return <ErrorState error={state.error as EngineError} onRetry={() => void state.refetch()} />;
  const { data } = state;
  return (
    <Panel
      look="raised"
      label="State at the point"
      head={<PanelHeader title="State at the point" note={info === undefined ? '' : takenWords(info)} />}
    >
      <Section title="The point">
        <dl className={styles.facts}>
          <dt>Known on</dt>
          <dd>{cut.knownOn === null ? 'now: all that was captured' : formatTime(cut.knownOn)}</dd>
          <dt>True on</dt>
          <dd>{cut.trueOn === null ? 'no limit: in the order of the log' : formatTime(cut.trueOn)}</dd>
        </dl>
        <a href={hrefTo(['aggregates', subject.type, subject.id])}>Open the timeline at this point</a>
      </Section>
      {info !== undefined && info.order.moved.length > 0 ? (
        <Callout
          tone="warn"
          title={`${plural(info.order.moved.length, 'event')} moved to where they occurred`}
        >
          They were recorded behind events that occurred later, beyond the{' '}
          {formatSpan(info.order.toleranceMs)} by which clocks may differ.
        </Callout>
      ) : null}
      <Section title="State">
        {data === undefined ? (
          <Skeleton lines={8} />
        ) : data.state === '' ? (
          <p className="faint">
            {formatCount(data.length)} characters: too long to show beside the plane; the timeline shows it.
          </p>
        ) : (
          <JsonTree json={data.state} label="State at the point" />
        )}
      </Section>
    </Panel>
  );
}

const planeWords = ({ events, dated, late, backdated }: Plane): string =>
  [
    plural(events, 'event'),
    dated < events ? `${formatCount(events - dated)} without an occurred time` : '',
    `${formatCount(late)} late`,
    `${formatCount(backdated)} backdated`,
  ]
    .filter(Boolean)
    .join(' · ');

const takenWords = ({ within, total, order }: TimelineInfo): string =>
  `${formatCount(within)} of ${plural(total, 'event')} count${
    order.moved.length === 0 ? '' : `, ${formatCount(order.moved.length)} moved`
  }`;
