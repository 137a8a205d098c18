/** Every stream of a workspace once: what is usual is learned first, then each stream is held against it. */
import type { ChainLink } from '../../core/check/chain.ts';
import type { Finding } from '../../core/check/findings.ts';
import { LifeLearner } from '../../core/check/learned.ts';
import { LevelLearner, type LevelStep } from '../../core/check/levels.ts';
import { PlaceChecker } from '../../core/check/partitions.ts';
import { checkStream, type Usual } from '../../core/check/streamRules.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { storedContents } from '../reads/timelineContents.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { latestLogOnly, type StreamHead } from '../store/stream.ts';
import { KIND, KINDS, orNull, VERDICT, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns, Groups } from './columns.ts';
import type { Payloads } from './payloadLook.ts';

/** Events that are looked at between two chances to stop. */
const STEP_EVENTS = 10_000;
/** Same type within this time of another event of the stream: it may be a retry. Milliseconds. */
const RETRY_MS = 60_000;
const END_OF_TIME = 8.64e15;

/** By row: 1 where the payload has to be compared with that of another event. */
export function* likelyRetries(columns: Columns, { start, rows }: Groups): Generator<void, Uint8Array> {
  const found = new Uint8Array(columns.count);
  const { ts, type, kind, verdict } = columns;
  const last = new Map<number, number>();
  let seen = 0;
  for (let aggregate = 1; aggregate + 1 < start.length; aggregate++) {
    const own = rows.subarray(start[aggregate]!, start[aggregate + 1]!);
    if (own.length < 2) continue;
    seen += own.length;
    last.clear();
    // Typed arrays of one partition are in the order of time but for clocks that were set back.
    for (const row of own.toSorted((a, b) => ts[a]! - ts[b]!)) {
      if (kind[row] !== KIND.event || verdict[row] !== VERDICT.committed) continue;
      const before = last.get(type[row]!);
      last.set(type[row]!, row);
      if (before === undefined || ts[row]! - ts[before]! > RETRY_MS) continue;
      found[before] = 1;
      found[row] = 1;
    }
    if (seen > STEP_EVENTS) {
      seen = 0;
      yield;
    }
  }
  return found;
}

export interface StreamResult {
  findings: Finding[];
  lives: Map<string, LifeLearner>;
  links: ChainLink[];
  /** Streams in scope. */
  streams: number;
}

/** An event with its place in the columns. */
interface RowHead extends StreamHead {
  row: number;
  /** As in the columns. */
  key: number;
}

interface StreamQuestion {
  contextOf: () => ReadContext;
  columns: Columns;
  groups: Groups;
  payloads: Payloads;
  /** Aggregate types by the number of their aggregate. */
  typeOf: readonly string[];
  /** Whether a row is in the scope of the check. */
  isAsked: (row: number) => boolean;
  onStep: (done: number) => void;
}

/** Types of the events of one aggregate in about the order of the fold: enough to learn from. */
function typesOf(columns: Columns, own: Uint32Array, names: (no: number) => string): string[] {
  const { mono, verdict, kind, type } = columns;
  const events: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  let isInOrder = true;
  for (const row of own) {
    if (verdict[row] !== VERDICT.committed || kind[row] !== KIND.event) continue;
    isInOrder &&= mono[row]! >= latest;
    latest = mono[row]!;
    events.push(row);
  }
  if (!isInOrder) events.sort((a, b) => mono[a]! - mono[b]! || a - b);
  return events.map((row) => names(type[row]!));
}

export function* lookAtStreams(question: StreamQuestion): Generator<void, StreamResult> {
  const { columns, groups, contextOf, typeOf, payloads, isAsked, onStep } = question;
  const { dictionary } = contextOf();
  const names = (no: number) => dictionary.typeName(no);
  const rowsOf = (aggregate: number) =>
    groups.rows.subarray(groups.start[aggregate]!, groups.start[aggregate + 1]!);
  const most = groups.start.length - 2;
  const lives = new Map<string, LifeLearner>();
  let done = 0;
  for (let aggregate = 1; aggregate <= most; aggregate++) {
    const own = rowsOf(aggregate);
    if (own.length === 0) continue;
    let life = lives.get(typeOf[aggregate]!);
    if (life === undefined) {
      life = new LifeLearner();
      lives.set(typeOf[aggregate]!, life);
    }
    life.add(typesOf(columns, own, names));
    done += own.length;
    if (done > STEP_EVENTS) {
      done = 0;
      yield;
    }
  }
  const usual = new Map<string, Usual>(
    [...lives].map(([type, life]) => [
      type,
      {
        creationTypes: life.creationTypes(),
        closingTypes: life.closingTypes(),
        afterTypes: life.afterTypes(),
      },
    ]),
  );
  const places = new PlaceChecker();
  const levels = new LevelLearner();
  const links: ChainLink[] = [];
  const findings: Finding[] = [];
  const claiming = new Uint8Array(columns.count);
  for (const row of payloads.claiming) claiming[row] = 1;
  const contents = storedContents<RowHead>(contextOf(), ({ row }) =>
    payloads.isSigned[row] === 0 ? null : payloads.signature[row]!,
  );
  // Asking the dictionary for every stream would cost as much as the rules.
  const isOneLog = dictionary
    .partitions()
    .every(({ incarnation }) => incarnation === Number.POSITIVE_INFINITY);
  let total = 0;
  let streams = 0;
  done = 0;
  for (let aggregate = 1; aggregate <= most; aggregate++) {
    const own = rowsOf(aggregate);
    if (own.length === 0) continue;
    const asked = own.some(isAsked);
    const all = Array.from(own, (row) => headOf(columns, row, dictionary));
    const heads = isOneLog ? all : latestLogOnly(dictionary, all);
    const ordered = orderStream(heads, { toleranceMs: dictionary.toleranceOf(heads.map(({ id }) => id)) });
    if (asked) {
      streams += 1;
      const { note } = cutStream(ordered, { knownOn: null, trueOn: END_OF_TIME });
      const backdated = new Set(note.moved.map(({ id }) => id));
      findings.push(...checkStream(ordered, backdated, contents, usual.get(typeOf[aggregate]!)));
    }
    places.add(ordered.events, asked);
    addLevels(levels, typeOf[aggregate]!, ordered.events, payloads);
    for (const event of ordered.events) {
      const { row } = event;
      if (claiming[row] === 0) continue;
      const { topicId, no } = dictionary.placeOf(event.id);
      links.push({
        ...{ id: event.id, topic: topicId, partition: no, aggregate, at: event.monotonicAt },
        ...{ own: payloads.own[row]!, previous: payloads.previous[row]! },
      });
    }
    total += own.length;
    done += own.length;
    if (done > STEP_EVENTS) {
      done = 0;
      onStep(total);
      yield;
    }
  }
  findings.push(...places.findings(), ...levels.findings());
  return { findings, lives, links, streams };
}

/** The event of a row. */
export function headOf(columns: Columns, row: number, dictionary: ReadContext['dictionary']): RowHead {
  const id = columns.id[row]!;
  const { topic, partition } = dictionary.placeOf(id);
  return {
    row,
    key: columns.key[row]!,
    id,
    topic,
    partition,
    offset: id % OFFSET_SPAN,
    recordedAt: columns.ts[row]!,
    monotonicAt: columns.mono[row]!,
    occurredAt: orNull(columns.occurred[row]!),
    version: orNull(columns.version[row]!),
    type: dictionary.typeName(columns.type[row]!),
    kind: KINDS[columns.kind[row]!]!,
    verdict: VERDICTS[columns.verdict[row]!]!,
    eventHash: orNull(columns.eventHash[row]!),
  };
}

function addLevels(
  levels: LevelLearner,
  aggregateType: string,
  events: readonly RowHead[],
  { level, levelOf, levels: names }: Payloads,
): void {
  if (names.length === 0) return;
  const steps = new Map<number, LevelStep[]>();
  for (const { id, row } of events) {
    const value = level[row]!;
    if (Number.isNaN(value)) continue;
    const known = steps.get(levelOf[row]!);
    if (known === undefined) steps.set(levelOf[row]!, [{ id, value }]);
    else known.push({ id, value });
  }
  for (const [no, own] of steps) levels.add(`${names[no]} of ${aggregateType || 'the aggregate'}`, own);
}
