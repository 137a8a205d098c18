/**
 * The records of a projection by another key than the aggregate, read by all threads of a run together; each then takes the
 * rows of its own keys. From the first chunks of every partition on, a first part of the log can be looked at.
 */
import type { Cut } from '../../contract/common.ts';
import type { BytesToText } from '../../core/envelope/payloadScan.ts';
import type { Projection, StreamEvent } from '../../core/model.ts';
import { hashOf } from '../projection/bulk.ts';
import { Groups } from '../projection/groups.ts';
import { partitionNoOf } from '../store/ids.ts';
import { eventOf } from '../store/payloadPaths.ts';
import { KINDS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { ChunkReader } from './chunkReader.ts';
import {
  type ChunkColumns,
  type ChunkSpan,
  chunksOf,
  columnsIn,
  copyRow,
  type KeyChunk,
  LAST_ROUND,
} from './keyChunks.ts';
import { KeyBook, type KeyExchange, type KeyTogether, sharedTexts, textsIn } from './keyExchange.ts';
import { PayloadParts, type TopicParts } from './payloadParts.ts';
import type { Sides } from './sides.ts';
import { scopeOfSource } from './sourceScope.ts';
import {
  aggregatesOf,
  allocate,
  isCommitted,
  type RowHead,
  type StreamRows,
  type StreamScope,
} from './streamRows.ts';
import type { KeptEvents, Reading } from './streamScan.ts';

export interface KeyedScope extends Pick<StreamScope, 'part' | 'parts'> {
  projection: Projection;
  cut: Cut;
  together: KeyTogether;
  exchange: KeyExchange;
  reading: Reading;
}

/** A chunk that was read, by this thread or another. */
interface Known {
  columns: ChunkColumns;
  lastMono: number;
  /** By number in the chunk, that of the book of this thread; null: it is the same. */
  numbers: readonly number[] | null;
  parts: { bytes: Buffer; topic: TopicParts } | null;
}

/** The number of a row's key in the book of this thread; 0: none. */
const numberIn = ({ columns, numbers }: Known, row: number): number =>
  numbers === null ? columns.key[row]! : numbers[columns.key[row]!]!;

/** Rows of some keys. */
export interface KeyedRows {
  rows: StreamRows;
  /** By row, the number of its key; all 0 where keys are ids of events. */
  key: Uint32Array;
  kept: KeptParts;
}

export class KeyedLog {
  readonly scope: KeyedScope;
  readonly groups: Groups;
  readonly book = new KeyBook();
  readonly #contextOf: () => ReadContext;
  readonly #spans: ChunkSpan[];
  readonly #known: (Known | undefined)[] = [];
  readonly #parts: PayloadParts;
  readonly #reader: ChunkReader;
  /** By thread, the numbers of its keys in the book of this one. */
  readonly #numbersOf: number[][] = [];
  #toldKeys = 1;
  #areTaken = false;
  #looked = 0;
  readonly #hashes: number[] = [0];

  constructor(contextOf: () => ReadContext, scope: KeyedScope) {
    const { projection, cut, together, exchange, reading } = scope;
    this.scope = scope;
    this.#contextOf = contextOf;
    this.groups = new Groups(contextOf(), projection);
    this.#spans = chunksOf(together.bounds);
    this.#parts = new PayloadParts(contextOf, reading, this.groups.keyPath);
    const { takesLoose, types } = scopeOfSource(projection);
    this.#reader = new ChunkReader(contextOf, {
      ...{ groups: this.groups, parts: this.#parts, book: this.book },
      isWanted: aggregatesOf(contextOf(), { types, part: 0, parts: 1 }, takesLoose),
      knownOn: cut.knownOn ?? Number.POSITIVE_INFINITY,
      mayKeep: (bytes) => exchange.mayKeep(bytes),
    });
  }

  /** Goes on until all chunks up to this round are there, read here or by others; null: all there are. */
  *readTo(round: number | null, note: (looked: number) => void): Generator<void> {
    const { exchange, together } = this.scope;
    while (!this.#isThere(round)) {
      const no = this.#areTaken ? this.#spans.length : exchange.take();
      const span = this.#spans[no];
      if (span === undefined) {
        this.#areTaken = true;
        exchange.isWaiting = true;
        yield;
        continue;
      }
      const steps = this.#reader.read(no, span);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        this.#looked += step.value;
        note(this.#looked);
        yield;
      }
      this.#keep(step.value, null);
      if (together.parts > 1) this.#give(step.value);
    }
  }

  /** Takes in what others have told; whether enough is there. */
  #isThere(round: number | null): boolean {
    for (const { part, keys, chunks } of this.scope.exchange.received()) {
      this.#numbersOf[part] ??= [0];
      const numbers = this.#numbersOf[part];
      for (const name of textsIn(keys)) numbers.push(this.book.numberOf(name));
      for (const chunk of chunks) this.#keep(chunk, numbers);
    }
    return this.#spans.every(
      (span, no) => (round !== null && span.round > round) || this.#known[no] !== undefined,
    );
  }

  #keep({ no, count, lastMono, columns, parts }: KeyChunk, numbers: Known['numbers']): void {
    const own = this.#parts.ofTopic(this.#contextOf().dictionary.placeOf(this.#spans[no]!.from).topic);
    // Bytes that were cut by another mapping cannot be read by this one.
    const isUsable = parts !== null && parts.layout === own.layout;
    this.#known[no] = {
      ...{ columns: columnsIn(columns, count), lastMono, numbers },
      parts: isUsable ? { bytes: Buffer.from(parts.bytes), topic: own } : null,
    };
  }

  #give(chunk: KeyChunk): void {
    const { exchange, part } = this.scope;
    const { names } = this.book;
    // Keys that others have told are told back: both number them on their own.
    const keys = sharedTexts(names.slice(this.#toldKeys));
    this.#toldKeys = names.length;
    const isEnd = chunk.no >= this.#spans.length - 2 * this.scope.together.parts;
    exchange.give({ part, keys, chunks: [chunk] }, isEnd || this.#spans[chunk.no]!.round <= LAST_ROUND);
  }

  /** The round of the last chunks. */
  get lastRound(): number {
    return Math.max(0, ...this.#spans.map(({ round }) => round));
  }

  /** Up to which moment all is there that was recorded by then, after this round: monotonic, ms. */
  knownAfter(round: number): number {
    const last = new Map<number, number>();
    for (const [no, { from, round: own, isLast }] of this.#spans.entries()) {
      if (own > round) continue;
      const partition = partitionNoOf(from);
      const before = last.get(partition) ?? Number.NEGATIVE_INFINITY;
      const mono = this.#known[no]!.lastMono;
      // Another event of the same moment may follow.
      const known = isLast ? Number.POSITIVE_INFINITY : Number.isNaN(mono) ? before : mono - 1;
      last.set(partition, Math.max(before, known));
    }
    return Math.min(...last.values());
  }

  /**
   * Events of these rounds, known by a moment (ms), after which states may differ, in the order of their moments: when each
   * was recorded, made monotonic, and the hash of its key.
   */
  suchEvents(
    round: number,
    knownOn: number,
    mayDiffer: Exclude<Sides['mayDiffer'], null>,
  ): { mono: number; hash: number }[] {
    const { dictionary } = this.#contextOf();
    const isByEventId = this.groups.keyPath === null;
    const isIn = this.#rowsInScope(knownOn);
    const isSuch: (boolean | undefined)[] = [];
    const found: { mono: number; hash: number }[] = [];
    for (const known of this.#upTo(round)) {
      const { columns } = known;
      for (let row = 0; row < columns.count; row += 1) {
        const kind = columns.kind[row]!;
        const no = columns.type[row]! * KINDS.length + kind;
        isSuch[no] ??= mayDiffer({ type: dictionary.typeName(columns.type[row]!), kind: KINDS[kind]! });
        if (!isSuch[no] || !isIn(columns, row)) continue;
        const number = isByEventId ? 0 : numberIn(known, row);
        if (!isByEventId && number === 0) continue;
        const hash = isByEventId ? columns.eventHash[row]! : hashOf(this.book.names[number]!);
        found.push({ mono: columns.mono[row]!, hash });
      }
    }
    return found.sort((one, other) => one.mono - other.mono);
  }

  /** The rows of some keys in the order of their ids, known by a moment, ms. @param isOwn by hash of the key */
  rowsUpTo(round: number | null, knownOn: number, isOwn: (hash: number) => boolean): KeyedRows {
    const isByEventId = this.groups.keyPath === null;
    const { names } = this.book;
    for (let no = this.#hashes.length; no < names.length; no += 1) this.#hashes.push(hashOf(names[no]!));
    const isMine = Uint8Array.from(this.#hashes, (hash, no) => Number(no > 0 && isOwn(hash)));
    const isInScope = this.#rowsInScope(knownOn);
    const isTaken = (known: Known, row: number): boolean => {
      if (isByEventId) {
        const hash = known.columns.eventHash[row]!;
        if (Number.isNaN(hash) || !isOwn(hash)) return false;
      } else if (isMine[numberIn(known, row)] === 0) return false;
      return isInScope(known.columns, row);
    };
    const chunks = this.#upTo(round);
    let count = 0;
    for (const known of chunks)
      for (let row = 0; row < known.columns.count; row += 1) if (isTaken(known, row)) count += 1;
    const rows = allocate(count);
    const key = new Uint32Array(count);
    const kept = new KeptParts(count);
    for (const known of chunks) {
      kept.begin(known.parts);
      for (let row = 0; row < known.columns.count; row += 1) {
        if (!isTaken(known, row)) continue;
        if (!isByEventId) key[rows.count] = numberIn(known, row);
        kept.put(rows.count, known.columns.part[row]!);
        copyRow(rows, known.columns, row);
      }
    }
    if (round === null) this.#known.length = 0;
    return { rows, key, kept };
  }

  /** Chunks of these rounds in the order of their ids. */
  #upTo(round: number | null): Known[] {
    return [...this.#spans.entries()]
      .filter(([, span]) => round === null || span.round <= round)
      .sort(([, a], [, b]) => a.from - b.from)
      .map(([no]) => this.#known[no]!);
  }

  /** Committed rows that the projection takes in, known by a moment. */
  #rowsInScope(knownOn: number): (columns: ChunkColumns, row: number) => boolean {
    const { dictionary } = this.#contextOf();
    const isCounted = (columns: ChunkColumns, row: number) =>
      isCommitted(columns, row) && columns.mono[row]! <= knownOn;
    if (scopeOfSource(this.scope.projection).topics !== null || !this.groups.hasOldLogs) return isCounted;
    // Of a topic that was created again an aggregate takes the latest log that has it.
    const latest = new Map<string, number>();
    const nameOf = (columns: ChunkColumns, row: number, kafkaName: string) =>
      `${columns.aggregate[row]} ${kafkaName}`;
    for (const known of this.#known)
      for (let row = 0; row < (known?.columns.count ?? 0); row += 1) {
        const { kafkaName, incarnation } = dictionary.placeOf(known!.columns.id[row]!);
        const name = nameOf(known!.columns, row, kafkaName);
        latest.set(name, Math.max(latest.get(name) ?? 0, incarnation));
      }
    return (columns, row) => {
      if (!isCounted(columns, row)) return false;
      if (columns.aggregate[row] === 0) return true;
      const { kafkaName, incarnation } = dictionary.placeOf(columns.id[row]!);
      return latest.get(nameOf(columns, row, kafkaName)) === incarnation;
    };
  }
}

/** What was kept of payloads, by row. */
export class KeptParts implements KeptEvents {
  readonly #chunks: Exclude<Known['parts'], null>[] = [];
  readonly #chunkOf: Uint16Array;
  readonly #at: Uint32Array;
  #isUsable = false;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #texts: BytesToText = {
    ascii: (start, end) => this.#bytes.toString('latin1', start, end),
    utf8: (start, end) => this.#bytes.toString('utf8', start, end),
  };

  constructor(rows: number) {
    this.#chunkOf = new Uint16Array(rows);
    this.#at = new Uint32Array(rows);
  }

  /** The rows that are put next are of this chunk. */
  begin(parts: Known['parts']): void {
    this.#isUsable = parts !== null;
    if (parts !== null) this.#chunks.push(parts);
  }

  /** @param at where its parts begin in the chunk; 0: it has none */
  put(row: number, at: number): void {
    if (!this.#isUsable || at === 0) return;
    this.#chunkOf[row] = this.#chunks.length - 1;
    this.#at[row] = at;
  }

  has(row: number): boolean {
    return this.#at[row] !== 0;
  }

  event(head: RowHead, type: number): StreamEvent {
    const { row } = head;
    const { bytes, topic } = this.#chunks[this.#chunkOf[row]!]!;
    this.#bytes = bytes;
    return eventOf(head, topic.planOf(type).scan!.unpack(bytes, this.#at[row]!, this.#texts));
  }
}
