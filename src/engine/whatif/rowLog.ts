/**
 * A row of a projection by another key, with the changed log of one aggregate: an event that was edited may belong to
 * another row then, and one that was inserted or moved takes the place that its log gives it.
 */
import type { AggregateRef, Cut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { Projection, StreamEvent } from '../../core/model.ts';
import {
  type AlignedPlace,
  alignLogs,
  hypotheticalEvent,
  type Overlaid,
  type OverlayChange,
  overlay,
} from '../../core/overlay.ts';
import { Groups } from '../projection/groups.ts';
import { comesAt, mergeStreams, type Placed } from '../projection/placed.ts';
import { PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { AlignedLogs, PlacedHead } from './alignedFold.ts';
import { Lanes } from './keyedRows.ts';
import { scopeOfSource } from './sourceScope.ts';
import { type RowHead, rowsOfRecords, type StreamRows } from './streamRows.ts';

export interface ChangedLog {
  ref: AggregateRef;
  changes: readonly OverlayChange[];
}

interface PlacedItem {
  item: Overlaid<RowHead>;
  at: number;
}

const CHECK_EVERY = 1000;

const laneNumbers = ({ count }: StreamRows): number[] => Array.from({ length: count }, (_, row) => row);

/** The hypothetical log of one aggregate, told apart by key. */
export class RowOverlay {
  /** Number of the aggregate. */
  readonly aggregate: number;
  readonly notMade: AlignedLogs['notMade'];
  /** Keys of the rows that are changed by it. */
  readonly keys: ReadonlySet<string>;
  /** Ids of the hypothetical log. */
  readonly ids: ReadonlySet<number>;
  readonly #items = new Map<string, PlacedItem[]>();

  /** @throws HindcastError `aggregate.unknown`, `cancelled` */
  constructor(context: ReadContext, projection: Projection, cut: Cut, { ref, changes }: ChangedLog) {
    const aggregate = context.dictionary.aggregateId(ref);
    if (aggregate === null) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
    this.aggregate = aggregate;
    const groups = new Groups(context, projection);
    const { topics } = scopeOfSource(projection);
    const records = groups
      .recordsOf(aggregate)
      .filter((id) => topics?.includes(context.dictionary.placeOf(id).topic) ?? true);
    const rows = rowsOfRecords(context, records);
    const lane = new Lanes(() => context, rows, cut).of(laneNumbers(rows)).get(aggregate) ?? [];
    const heads = lane.map(({ event }) => event);
    const { log, problems } = overlay(heads, changes);
    this.notMade = problems;
    this.ids = new Set(log.map(({ id }) => id));
    const payloads = new PayloadReader(context);
    let looked = 0;
    const read = (head: StreamHead): StreamEvent => {
      looked += 1;
      if (looked % CHECK_EVERY === 0) context.throwIfAborted();
      return payloads.event(head);
    };
    const keys = new Set<string | null>();
    for (const head of heads) if (!this.ids.has(head.id)) keys.add(groups.keyOf(read(head)));
    const times = timesOf(log, cut);
    for (const [place, item] of log.entries()) {
      const key = groups.keyOf(hypotheticalEvent(item, read));
      if (item.isInserted || item.isMoved || item.says !== null) keys.add(key);
      if (item.says !== null && !item.isInserted) keys.add(groups.keyOf(read(item.of)));
      if (key === null) continue;
      const own = this.#items.get(key);
      if (own === undefined) this.#items.set(key, [{ item, at: times[place]! }]);
      else own.push({ item, at: times[place]! });
    }
    keys.delete(null);
    this.keys = keys as Set<string>;
  }

  /** The events of a row in the hypothetical log. */
  itemsOf(key: string): readonly PlacedItem[] {
    return this.#items.get(key) ?? [];
  }
}

/** When each counts as having come: what was moved or inserted comes with what it stands behind. */
function timesOf(log: readonly Overlaid<RowHead>[], cut: Cut): number[] {
  const isPlaced = ({ isInserted, isMoved }: Overlaid<RowHead>) => isInserted || isMoved;
  const first = log.find((item) => !isPlaced(item)) ?? log[0];
  let time = first === undefined ? 0 : comesAt(first.of, cut);
  return log.map((item) => {
    if (!isPlaced(item)) time = comesAt(item.of, cut);
    return time;
  });
}

export interface RowArgs {
  projection: Projection;
  key: string;
  cut: Cut;
  /** Ids of the records that belong to it. */
  records: ArrayLike<number>;
}

type Laid = Placed<RowHead> & { item: Overlaid<RowHead> };

/** Both logs of a row side by side. @param changed null: no log is changed */
export function alignRow(
  context: ReadContext,
  { projection, key, cut, records }: RowArgs,
  changed: RowOverlay | null,
): AlignedLogs {
  const rows = rowsOfRecords(context, records);
  const lanes = new Lanes(() => context, rows, cut);
  const real = lanes.of(laneNumbers(rows));
  const hypothetical = new Map(
    [...real].map(([aggregate, lane]) => [
      aggregate,
      lane.map((placed): Laid => ({ ...placed, item: asItIs(placed.event) })),
    ]),
  );
  if (changed !== null) {
    const { aggregate } = changed;
    const items = laidOut(changed.itemsOf(key), hypothetical.get(aggregate) ?? []);
    const stream = lanes.streamOf(aggregate);
    let at = Number.NEGATIVE_INFINITY;
    const lane = items.map((each): Laid => {
      at = Math.max(at, each.at);
      return { event: each.item.of, stream, at, item: each.item };
    });
    hypothetical.set(aggregate, lane);
  }
  const heads = mergeStreams([...real.values()]).map(({ event, stream }) => ({ ...event, stream }));
  const log = mergeStreams([...hypothetical.values()]).map(
    ({ item, stream }): Overlaid<PlacedHead> => ({ ...item, of: { ...item.of, stream } }),
  );
  const places = alignLogs<PlacedHead>(heads, { log });
  if (changed !== null) nameRows(places, heads, changed);
  const of = { projection: projection.name, key };
  return { of, places, events: heads.length, notMade: changed?.notMade ?? [] };
}

const asItIs = (of: RowHead): Overlaid<RowHead> => ({
  id: of.id,
  of,
  isInserted: false,
  isMoved: false,
  says: null,
});

/** Where all stand as they did, the order is that of the row, which knows nothing of the events of others. */
function laidOut(items: readonly PlacedItem[], lane: readonly Laid[]): readonly PlacedItem[] {
  const byId = new Map(items.map((each) => [each.item.id, each]));
  const isSame =
    items.length === lane.length &&
    lane.every(({ event }) => {
      const own = byId.get(event.id)?.item;
      return own !== undefined && !own.isInserted && !own.isMoved;
    });
  return isSame ? lane.map(({ event, at }) => ({ item: byId.get(event.id)!.item, at })) : items;
}

/** Says of events that an edit took to another row, or brought from one, that they did not just go or come. */
function nameRows(
  places: AlignedPlace<PlacedHead>[],
  heads: readonly PlacedHead[],
  { ids }: RowOverlay,
): void {
  const inRow = new Set(heads.map(({ id }) => id));
  for (const place of places) {
    if (place.mark === 'skipped' && ids.has(place.real!.id)) place.mark = 'row-from';
    if (place.mark === 'moved-to' && !place.hypothetical!.isMoved && !inRow.has(place.hypothetical!.id))
      place.mark = 'row-to';
  }
}
