import { ChevronDown, ChevronRight } from 'lucide-react';
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { TimelineInfo } from '../../../../contract/aggregates.ts';
import { cx } from '../../../components/cx.ts';
import { type Drawing, useCanvas } from '../../../lib/canvas.ts';
import { shown } from '../../../lib/escape.ts';
import { formatCount, formatTime } from '../../../lib/format.ts';
import { callEngine, useEngineQuery } from '../../../lib/queries.ts';
import { type ColourOf, useTypeColours } from '../../../lib/typeColour.ts';
import { lookAt } from '../timelinePages.ts';
import type { Mover } from '../useMover.ts';
import type { Timeline } from '../useTimeline.ts';
import { Axis } from './Axis.tsx';
import { BookmarkTrack } from './Bookmarks.tsx';
import { ConditionLabel, ConditionTrack, useConditions } from './Conditions.tsx';
import { countWithin, drawDensity, drawType, drawTypes } from './drawing.ts';
import { EventMarks } from './EventMarks.tsx';
import { Following, PlaceOf, Playhead, ZoomKeys } from './playhead.tsx';
import styles from './strip.module.css';
import { FaultTrack, Lane, LateTrack, shareOf } from './tracks.tsx';
import { usePointer } from './usePointer.ts';
import { type Strip, type StripData, useStrip } from './useStrip.ts';
import { lengthOf, movedBy, type Span } from './zoom.ts';

/** From so few events in the window on, each is a letter. */
const SINGLE_EVENTS = 48;
const OPEN_TYPES = 'hindcast.timeline.types';

interface TimeStripProps {
  timeline: Timeline;
  /** The part of the life that is shown; null: all of it. */
  zoom: Span | null;
  info: TimelineInfo;
  mover: Mover;
  /** A person took the playhead. */
  onTake: () => void;
  /** Stands in the corner, over the labels. The same element as long as nothing in it changes. */
  corner: ReactNode;
}

/** A life over recorded time: density, types, faults, late arrivals, and the playhead. */
export function TimeStrip({ timeline, zoom, info, mover, onTake, corner }: TimeStripProps) {
  const [area, setArea] = useState<HTMLDivElement | null>(null);
  const width = useWidth(area);
  const { subject, setZoom, select, index, row, isPlaced } = timeline;
  const data = useStrip(subject, zoom, width);
  const place = useMemo(() => ({ index, row, isPlaced }), [index, row, isPlaced]);
  if (data === null) return <div className={styles.empty} />;
  return (
    <PlaceOf value={place}>
      <StripOf
        {...{ subject, info, zoom, setZoom, select, onTake, corner, data, area, setArea, width }}
        moveTo={mover.to}
        moveBy={mover.by}
      />
    </PlaceOf>
  );
}

interface StripOfProps extends Pick<Timeline, 'subject' | 'setZoom' | 'select'> {
  zoom: Span | null;
  info: TimelineInfo;
  moveTo: Mover['to'];
  moveBy: Mover['by'];
  onTake: () => void;
  corner: ReactNode;
  data: StripData;
  area: HTMLDivElement | null;
  setArea: (area: HTMLDivElement | null) => void;
  width: number;
}

const StripOf = memo(function StripOf(props: StripOfProps) {
  const { subject, info, zoom, setZoom, select, moveTo, moveBy, onTake, corner } = props;
  const { data, area, setArea, width } = props;
  const { whole, window, near, overview } = data;
  const cut = subject.cut.knownOn ?? subject.cut.trueOn;
  const [isOpen, setOpen] = useOpenTypes();
  const pointer = usePointer(area, {
    whole,
    window,
    onZoom: setZoom,
    onScrub: (time) => {
      onTake();
      moveTo(() => lookAt(subject, time));
    },
    onStep: (by) => {
      onTake();
      moveBy(by);
    },
  });

  const pick = useCallback(
    (at: number) => {
      onTake();
      select(at);
    },
    [onTake, select],
  );
  const colourOf = useTypeColours();
  const inWindow = countWithin(near, window);
  const isSingle = subject.cut.trueOn === null && inWindow > 0 && inWindow <= SINGLE_EVENTS;
  const versionFaults = useMemo(() => faultsOf(near, true), [near]);
  const otherFaults = useMemo(() => faultsOf(near, false), [near]);
  const hasVersions = info.lastVersion !== null || overview.faults.some(isVersionFault);
  const hasFaults = overview.faults.some((fault) => !isVersionFault(fault)) || overview.faultsOmitted > 0;
  const hasLate = overview.late.length > 0;
  const conditions = useConditions(subject);
  const marks = useEngineQuery(['cases', 'marks'], { aggregate: subject.ref }).data ?? [];
  const goToRecord = useCallback(
    (recordId: number) => {
      onTake();
      moveTo(
        async () => (await callEngine(['aggregates', 'locate'], { ...subject, target: { recordId } })).index,
      );
    },
    [onTake, moveTo, subject],
  );
  return (
    <div className={styles.strip}>
      <div className={styles.labels}>
        <span className={cx(styles.label, styles.axisLabel)}>{corner}</span>
        <span className={cx(styles.label, styles.barsLabel)}>
          {zoom === null ? (
            'events'
          ) : (
            <button type="button" className={styles.all} onClick={() => setZoom(null)}>
              Show all
            </button>
          )}
        </span>
        <button
          type="button"
          className={styles.more}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          title={isOpen ? 'Show the types as one line' : 'Show a line for each type'}
        >
          types {isOpen ? <ChevronDown /> : <ChevronRight />}
        </button>
        {isOpen
          ? near.types.map(({ type, total }) => (
              <span key={type} className={styles.label} title={`${shown(type)}: ${formatCount(total)}`}>
                <span className={styles.swatch} style={{ background: `var(${colourOf(type)})` }} />
                <span>{type === '' ? 'no type' : shown(type)}</span>
              </span>
            ))
          : null}
        {conditions.tracks.map((track) => (
          <ConditionLabel
            key={track.expression}
            track={track}
            onRemove={conditions.own.includes(track.expression) ? conditions.remove : null}
          />
        ))}
        {hasVersions ? <span className={styles.label}>versions</span> : null}
        {hasFaults ? <span className={styles.label}>faults</span> : null}
        {hasLate ? <span className={styles.label}>arrived late</span> : null}
        {marks.length > 0 ? <span className={styles.label}>bookmarks</span> : null}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the slider inside has the focus and the keys. */}
      <div
        ref={setArea}
        className={cx(styles.area, pointer.isPanning && styles.panning)}
        onPointerDown={pointer.onPointerDown}
        onPointerMove={pointer.onPointerMove}
        onPointerUp={pointer.onPointerUp}
        onPointerCancel={pointer.onPointerCancel}
        onDoubleClick={() => setZoom(null)}
      >
        <Axis window={window} whole={whole} isZoomed={zoom !== null} widthPx={width} />
        <Bars {...{ zoom, setZoom, select, info, data, cut }} step={moveBy} />
        {isSingle ? (
          <EventMarks
            subject={subject}
            window={window}
            total={info.total}
            count={inWindow}
            colourOf={colourOf}
            onPick={pick}
          />
        ) : (
          <TypesLane strip={near} window={window} colourOf={colourOf} />
        )}
        {isOpen
          ? near.types.map((each) => (
              <TypeLane key={each.type} strip={near} of={each} window={window} colourOf={colourOf} />
            ))
          : null}
        {conditions.tracks.map((track) => (
          <ConditionTrack key={track.expression} track={track} window={window} onPick={pick} />
        ))}
        {hasVersions ? (
          <FaultTrack strip={near} faults={versionFaults} window={window} onPick={pick} />
        ) : null}
        {hasFaults ? <FaultTrack strip={near} faults={otherFaults} window={window} onPick={pick} /> : null}
        {hasLate ? <LateTrack late={near.late} window={window} onPick={pick} /> : null}
        {marks.length > 0 ? <BookmarkTrack marks={marks} window={window} onPick={goToRecord} /> : null}
        <Line className={styles.cut} at={cut} window={window} />
        <Playhead window={window} width={width} />
        <span ref={pointer.ghost} className={cx(styles.ghost, pointer.isHeld && styles.held)} />
        {pointer.brush === null ? null : (
          <span
            className={styles.brush}
            style={{
              left: `${shareOf(window, pointer.brush.from) * 100}%`,
              width: `${(lengthOf(pointer.brush) / lengthOf(window)) * 100}%`,
            }}
          />
        )}
      </div>
      {conditions.dialog}
      <Following {...{ zoom, setZoom, whole }} isHeld={pointer.isHeld || pointer.isPanning} />
      <ZoomKeys {...{ zoom, setZoom, data }} />
    </div>
  );
});

const isVersionFault = ({ text }: { text: string }): boolean =>
  /(?:^|; )(?:Duplicate )?[Vv]ersion/.test(text);

const faultsOf = (strip: Strip, ofVersions: boolean): Strip['faults'] =>
  strip.faults.filter((fault) => isVersionFault(fault) === ofVersions);

function Line({ at, window, className }: { at: number | null; window: Span; className: string | undefined }) {
  if (at === null || at < window.from || at > window.to) return null;
  return <span className={className} style={{ left: `${shareOf(window, at) * 100}%` }} />;
}

interface BarsProps extends Pick<Timeline, 'setZoom' | 'select'> {
  zoom: Span | null;
  info: TimelineInfo;
  data: StripData;
  cut: number | null;
  step: (by: number) => void;
}

/** The density, and the slider that has the keys: ← → step, + − zoom, Shift+← → move the window, 0 all. */
function Bars({ zoom, setZoom, select, info, data, cut, step }: BarsProps) {
  const { near, window, whole } = data;
  const { index, row } = use(PlaceOf);
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useCallback(
    (drawing: Drawing) => drawDensity(drawing, near, window, cut),
    [near, window, cut],
  );
  useCanvas(canvas, draw);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const sign = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (sign === 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.shiftKey) step(sign);
    else if (zoom !== null) setZoom(movedBy(whole, window, (sign * lengthOf(window)) / 8));
    else select(Math.max(-1, Math.min(info.total - 1, index + sign * Math.ceil(info.total / 20))));
  };
  return (
    <div
      className={styles.bars}
      role="slider"
      tabIndex={0}
      aria-label="Recorded time: choose an event"
      aria-valuemin={0}
      aria-valuemax={info.total}
      aria-valuenow={index + 1}
      aria-valuetext={row === undefined ? 'before the first event' : formatTime(row.recordedAt)}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} />
    </div>
  );
}

interface LaneOf {
  strip: Strip;
  window: Span;
  colourOf: ColourOf;
}

function TypesLane({ strip, window, colourOf }: LaneOf) {
  const draw = useCallback(
    (drawing: Drawing) => drawTypes(drawing, strip, window, colourOf),
    [strip, window, colourOf],
  );
  const names = strip.types.map(({ type, total }) => `${shown(type)} ${formatCount(total)}`).join(', ');
  return <Lane label={`Types: ${names}`} draw={draw} />;
}

function TypeLane({ strip, of, window, colourOf }: LaneOf & { of: Strip['types'][number] }) {
  const draw = useCallback(
    (drawing: Drawing) => drawType(drawing, strip, of, window, colourOf),
    [strip, of, window, colourOf],
  );
  return <Lane label={`${shown(of.type)}: ${formatCount(of.total)}`} draw={draw} />;
}

/** Whether each type has a line of its own; remembered. */
function useOpenTypes(): [boolean, (open: boolean) => void] {
  const [isOpen, setOpen] = useState(() => localStorage.getItem(OPEN_TYPES) === 'open');
  return [
    isOpen,
    (open) => {
      localStorage.setItem(OPEN_TYPES, open ? 'open' : '');
      setOpen(open);
    },
  ];
}

function useWidth(element: HTMLElement | null): number {
  const [width, setWidth] = useState(1000);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
