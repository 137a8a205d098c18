/** Every stream of a workspace once: what is usual is learned first, then each stream is held against it. */
import type { ChainLink } from '../../core/check/chain.ts';
import type { Finding } from '../../core/check/findings.ts';
import { LifeLearner } from '../../core/check/learned.ts';
import { LevelLearner, type LevelName, type LevelStep } from '../../core/check/levels.ts';
import { PlaceChecker } from '../../core/check/partitions.ts';
import { checkStream, type Usual } from '../../core/check/streamRules.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { mergeLanes } from '../reads/columnOrder.ts';
import { storedContents } from '../reads/timelineContents.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { latestLogOnly, type StreamHead } from '../store/stream.ts';
import { KIND, KINDS, orNull, VERDICT, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns, Groups } from './columns.ts';
import { eachLongLane, lanesOfRows } from './lanes.ts';
import type { Payloads } from './payloadLook.ts';
import {
  findPlainStreams,
  LEVEL_BELOW,
  MIXED_LEVELS,
  NO_LEVEL,
  type PlainQuestion,
  type PlainStreams,
} from './plainStreams.ts';

/** Events that are looked at between two chances to stop. */
const STEP_EVENTS = 10_000;
/** Same type within this time of another event of the stream: it may be a retry. Milliseconds. */
const RETRY_MS = 60_000;
const END_OF_TIME = 8.64e15;

/** By row: 1 where the payload has to be compared with that of another event. */
export function* likelyRetries(columns: Columns, { start, rows }: Groups): Generator<void, Uint8Array> {
  const found = new Uint8Array(columns.count);
  const { ts, type, kind, verdict } = columns;
  /** By event type: the last row with it, and of which aggregate that is. */
  const last: number[] = [];
  const lastOf: number[] = [];
  let seen = 0;
  for (let aggregate = 1; aggregate + 1 < start.length; aggregate++) {
    const to = start[aggregate + 1]!;
    let from = start[aggregate]!;
    if (to - from < 2) continue;
    seen += to - from;
    // Rows of one partition are in the order of time but for clocks that were set back.
    let own = rows;
    if (!isAscending(ts, rows, from, to)) {
      own = rows.slice(from, to).sort((a, b) => ts[a]! - ts[b]!);
      from = 0;
    }
    for (let at = from; at < from + to - start[aggregate]!; at++) {
      const row = own[at]!;
      if (kind[row] !== KIND.event || verdict[row] !== VERDICT.committed) continue;
      const no = type[row]!;
      const before = lastOf[no] === aggregate ? last[no]! : -1;
      lastOf[no] = aggregate;
      last[no] = row;
      if (before === -1 || ts[row]! - ts[before]! > RETRY_MS) continue;
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

/**
 * Forgets the signatures of payloads that no other payload of its stream and type shares: nothing was written twice there,
 * and the stream need not be looked at event by event for it.
 */
export function forgetUnlike({ type }: Columns, { start, rows }: Groups, payloads: Payloads): void {
  const { isSigned, signature } = payloads;
  /** By type and signature: the row that has it, −1: several have. */
  const known = new Map<number, number>();
  for (let aggregate = 1; aggregate + 1 < start.length; aggregate++) {
    known.clear();
    for (let at = start[aggregate]!; at < start[aggregate + 1]!; at++) {
      const row = rows[at]!;
      if (isSigned[row] === 0) continue;
      const key = type[row]! * 2 ** 32 + signature[row]!;
      known.set(key, known.has(key) ? -1 : row);
    }
    for (const row of known.values()) if (row !== -1) isSigned[row] = 0;
  }
}

function isAscending(of: Float64Array, rows: Uint32Array, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) if (of[rows[at]!]! < of[rows[at - 1]!]!) return false;
  return true;
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

interface StreamQuestion extends Omit<PlainQuestion, 'usual'> {
  onStep: (done: number) => void;
}

/** Numbers of the types of one aggregate's events in about the order of the fold: enough to learn from. */
function typesOf(columns: Columns, own: Uint32Array): number[] {
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
  for (let at = 0; at < events.length; at++) events[at] = type[events[at]!]!;
  return events;
}

export function* lookAtStreams(question: StreamQuestion): Generator<void, StreamResult> {
  const { columns, groups, contextOf, typeOf, payloads, onStep } = question;
  const { dictionary } = contextOf();
  const { start } = groups;
  const most = start.length - 2;
  const rowsOf = (aggregate: number) => groups.rows.subarray(start[aggregate]!, start[aggregate + 1]!);
  const lives = yield* learnLives(columns, groups, typeOf, dictionary);
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
  const plain = yield* findPlainStreams({ ...question, usual });
  const places = new PlaceChecker();
  const levels = new StreamLevels(columns.id, payloads);
  const findings: Finding[] = [];
  const links = linksOf(question, plain);
  const claiming = new Uint8Array(columns.count);
  for (const row of payloads.claiming) claiming[row] = 1;
  const contents = storedContents<RowHead>(contextOf(), ({ row }) =>
    payloads.isSigned[row] === 0 ? null : payloads.signature[row]!,
  );
  // Asking for each stream whether a partition has come would take as long as looking at it.
  const hasOlderLogs = dictionary.partitions().some(({ incarnation }) => incarnation !== Infinity);
  let total = 0;
  let streams = 0;
  let done = 0;
  for (let aggregate = 1; aggregate <= most; aggregate++) {
    const size = start[aggregate + 1]! - start[aggregate]!;
    if (size === 0) continue;
    const isAsked = plain.isAsked[aggregate] !== 0;
    if (isAsked) streams += 1;
    if (plain.isOdd[aggregate] === 0) {
      const own = rowsOf(aggregate);
      const isSpread = plain.isSpread[aggregate] !== 0;
      if (isSpread) eachLongLane(columns, own, dictionary, (topic) => places.addBeside(topic));
      else if (size > 1) places.addBeside(dictionary.placeOf(columns.id[own[0]!]!).topic);
      levels.addPlain(typeOf[aggregate]!, aggregate, plain, own, () =>
        isSpread ? mergeLanes(lanesOfRows(columns, own, dictionary), columns.version) : own,
      );
    } else {
      const all = Array.from(rowsOf(aggregate), (row) => headOf(columns, row, dictionary));
      const heads = hasOlderLogs ? latestLogOnly(dictionary, all) : all;
      const ordered = orderStream(heads, { toleranceMs: dictionary.toleranceOf(heads.map(({ id }) => id)) });
      if (isAsked) {
        const { note } = cutStream(ordered, { knownOn: null, trueOn: END_OF_TIME });
        const backdated = new Set(note.moved.map(({ id }) => id));
        findings.push(...checkStream(ordered, backdated, contents, usual.get(typeOf[aggregate]!)));
      }
      places.add(ordered.events, isAsked);
      const rows = ordered.events.map(({ row }) => row);
      levels.add(typeOf[aggregate]!, rows);
      for (const row of rows) if (claiming[row] !== 0) links.push(linkOf(question, row));
    }
    total += size;
    // Objects for each event are what takes long.
    done += plain.isOdd[aggregate] === 0 ? 1 : size;
    if (done > STEP_EVENTS) {
      done = 0;
      onStep(total);
      yield;
    }
  }
  findings.push(...places.findings(), ...levels.findings());
  return { findings, lives, links, streams };
}

function* learnLives(
  columns: Columns,
  { start, rows }: Groups,
  typeOf: readonly string[],
  dictionary: ReadContext['dictionary'],
): Generator<void, StreamResult['lives']> {
  const lives: StreamResult['lives'] = new Map();
  let done = 0;
  for (let aggregate = 1; aggregate + 1 < start.length; aggregate++) {
    const own = rows.subarray(start[aggregate]!, start[aggregate + 1]!);
    if (own.length === 0) continue;
    let life = lives.get(typeOf[aggregate]!);
    if (life === undefined) {
      life = new LifeLearner((no) => dictionary.typeName(no));
      lives.set(typeOf[aggregate]!, life);
    }
    life.add(typesOf(columns, own));
    done += own.length;
    if (done > STEP_EVENTS) {
      done = 0;
      yield;
    }
  }
  return lives;
}

/** The claims of all plain streams. */
function linksOf(question: StreamQuestion, { isOdd }: PlainStreams): ChainLink[] {
  const { columns, payloads } = question;
  const links: ChainLink[] = [];
  for (const row of payloads.claiming) {
    const aggregate = columns.aggregate[row]!;
    if (aggregate !== 0 && isOdd[aggregate] === 0) links.push(linkOf(question, row));
  }
  return links;
}

function linkOf({ columns, payloads, contextOf }: StreamQuestion, row: number): ChainLink {
  const id = columns.id[row]!;
  const { topicId, no } = contextOf().dictionary.placeOf(id);
  return {
    ...{ id, topic: topicId, partition: no, aggregate: columns.aggregate[row]!, at: columns.mono[row]! },
    ...{ own: payloads.own[row]!, previous: payloads.previous[row]! },
  };
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

/** Levels of streams, by what they are of. */
class StreamLevels {
  readonly #learner = new LevelLearner();
  readonly #ids: Float64Array;
  readonly #payloads: Payloads;
  readonly #names = new Map<string, LevelName[]>();

  constructor(ids: Float64Array, payloads: Payloads) {
    this.#ids = ids;
    this.#payloads = payloads;
  }

  findings(): Finding[] {
    return this.#learner.findings();
  }

  /** @param own rows in any order; `inFoldOrder` gives them in that of the fold, where it is needed */
  addPlain(
    type: string,
    aggregate: number,
    { level, levelCount }: PlainStreams,
    own: Uint32Array,
    inFoldOrder: () => Uint32Array,
  ): void {
    const no = level[aggregate]!;
    if (no === LEVEL_BELOW) this.add(type, inFoldOrder());
    else if (no === MIXED_LEVELS) this.#addMixed(type, own);
    else if (no !== NO_LEVEL) this.#learner.addSound(this.#nameOf(type, no), levelCount[aggregate]!);
  }

  #addMixed(type: string, rows: Uint32Array): void {
    const { level, levelOf } = this.#payloads;
    const counts: number[] = [];
    for (const row of rows)
      if (!Number.isNaN(level[row]!)) counts[levelOf[row]!] = (counts[levelOf[row]!] ?? 0) + 1;
    for (const no in counts) this.#learner.addSound(this.#nameOf(type, Number(no)), counts[no]!);
  }

  /** @param rows in fold order */
  add(type: string, rows: Iterable<number>): void {
    const { level, levelOf, levels } = this.#payloads;
    if (levels.length === 0) return;
    const steps = new Map<number, LevelStep[]>();
    for (const row of rows) {
      const value = level[row]!;
      if (Number.isNaN(value)) continue;
      const step = { id: this.#ids[row]!, value };
      const known = steps.get(levelOf[row]!);
      if (known === undefined) steps.set(levelOf[row]!, [step]);
      else known.push(step);
    }
    for (const [no, own] of steps) this.#learner.add(this.#nameOf(type, no), own);
  }

  #nameOf(type: string, no: number): LevelName {
    let names = this.#names.get(type);
    if (names === undefined) {
      names = [];
      this.#names.set(type, names);
    }
    names[no] ??= { key: this.#payloads.levels[no]!, of: type || 'the aggregate' };
    return names[no];
  }
}
