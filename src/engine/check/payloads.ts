/**
 * One look at the bytes of all records, block by block: what the rules about payloads need of each, in columns. It is the
 * longest part of a check, so a second thread looks at a half of the rows (`PayloadTask`) and its part is taken in.
 */

import type { Finding } from '../../core/check/findings.ts';
import { SchemaLearner } from '../../core/check/learned.ts';
import { namesLevel } from '../../core/check/levels.ts';
import { namesSnapshot } from '../../core/check/snapshots.ts';
import { idText, readFrom } from '../../core/envelope/compiled.ts';
import { chooseMapping, payloadOf } from '../../core/envelope/fields.ts';
import type { Headers, RawRecord } from '../../core/envelope/record.ts';
import { decimalTextOf, isJsonObject, parseApproximate } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { hasContent, signatureOf } from '../reads/timelineContents.ts';
import { type Body, bodyAt } from '../store/blocks.ts';
import { hash53, OFFSET_SPAN } from '../store/ids.ts';
import { blocksFrom, recordBytesOf } from '../store/recordBytes.ts';
import { topicMappingOf } from '../store/stream.ts';
import type { TopicMapping } from '../store/topicMapping.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';
import { claimsOf, hashText, payloadVerdict } from './integrity.ts';
import { VerdictBook } from './verdicts.ts';

/** Records read between two chances to stop. */
const STEP_RECORDS = 5000;
/** One record in so many wanted: each is looked up, else all blocks are read in order. */
const DENSE = 20;
/** Names of levels that are told apart. */
const MOST_LEVELS = 255;
/** Fewer records than this are looked at before a second thread has begun. */
const WORTH_SHARING = 20_000;

/** What a look at payloads needs of the rows. */
export type PayloadRows = Pick<Columns, 'count' | 'id' | 'ts' | 'type' | 'kind' | 'verdict'>;

/** A run of rows that another thread looks at; plain data. */
export interface PayloadTask {
  /** Place of its first row among all. */
  from: number;
  rows: PayloadRows;
  wanted: Uint8Array;
  asked: Uint8Array;
  retries: Uint8Array;
}

export interface Payloads {
  /** Of the payloads that look like a retry. */
  signature: Int32Array;
  isSigned: Uint8Array;
  schemas: SchemaLearner;
  /** What an event says that there is of something; NaN: nothing. Its name is `levels[levelOf]`. */
  level: Float64Array;
  levelOf: Uint8Array;
  levels: string[];
  /** Hashes of the claimed hash and of that of the event before; NaN: none. */
  own: Float64Array;
  previous: Float64Array;
  /** Rows. */
  snapshots: number[];
  signed: number[];
  /** Rows in a topic whose events have a place for claims. */
  claiming: number[];
  verdicts: VerdictBook;
  findings: Finding[];
}

/** By row: whose bytes are read; whose claims are counted and hashed; whose payload is compared with others. */
interface PayloadMarks {
  wanted: Uint8Array;
  asked: Uint8Array;
  retries: Uint8Array;
}

/** The half of the rows that a second thread should look at; null: there are too few for that. */
export function payloadTask(columns: Columns, marks: PayloadMarks): PayloadTask | null {
  const { count } = columns;
  let total = 0;
  for (let row = 0; row < count; row++) total += marks.wanted[row]!;
  if (total < WORTH_SHARING) return null;
  let from = count;
  for (let behind = 0; behind < total / 2; behind += marks.wanted[from]!) from -= 1;
  const { id, ts, type, kind, verdict } = columns;
  const half = <T extends Float64Array | Uint32Array | Uint8Array>(all: T) => all.slice(from, count) as T;
  return {
    from,
    rows: {
      count: count - from,
      ...{ id: half(id), ts: half(ts), type: half(type), kind: half(kind), verdict: half(verdict) },
    },
    ...{ wanted: half(marks.wanted), asked: half(marks.asked), retries: half(marks.retries) },
  };
}

/** What a thread found in its rows, as plain data; its rows are counted from 0. */
export type PayloadPart = Omit<Payloads, 'schemas' | 'verdicts'> & {
  schemas: SchemaLearner['types'];
  verdicts: VerdictBook['counts'];
};

/** Looks at all rows of a task. @throws HindcastError `cancelled` */
export function lookAtTask(context: ReadContext, { rows, ...marks }: PayloadTask): PayloadPart {
  const steps = readPayloads(
    () => context,
    rows,
    marks,
    () => {},
  );
  for (let step = steps.next(); ; step = steps.next()) {
    context.throwIfAborted();
    if (step.done !== true) continue;
    const { schemas, verdicts, ...columns } = step.value;
    return { ...columns, schemas: schemas.types, verdicts: verdicts.counts };
  }
}

/** Takes what another thread found in the rows from `from` on into what was found in the rows before. */
export function takePart(into: Payloads, part: PayloadPart, from: number): void {
  into.signature.set(part.signature, from);
  into.isSigned.set(part.isSigned, from);
  into.level.set(part.level, from);
  into.own.set(part.own, from);
  into.previous.set(part.previous, from);
  const numbers = part.levels.map((name) => {
    const known = into.levels.indexOf(name);
    if (known !== -1) return known;
    return into.levels.length < MOST_LEVELS ? into.levels.push(name) - 1 : -1;
  });
  for (const [row, no] of part.levelOf.entries()) {
    if (Number.isNaN(part.level[row]!)) continue;
    if (numbers[no] === -1) into.level[from + row] = Number.NaN;
    else into.levelOf[from + row] = numbers[no]!;
  }
  for (const name of ['snapshots', 'signed', 'claiming'] as const)
    for (const row of part[name]) into[name].push(from + row);
  into.schemas.takeIn(part.schemas);
  into.verdicts.takeIn(part.verdicts);
  into.findings.push(...part.findings);
}

/** @param upTo the first row that is not looked at; default: all are */
export function* readPayloads(
  contextOf: () => ReadContext,
  columns: PayloadRows,
  { wanted, asked, retries }: PayloadMarks,
  onStep: (done: number) => void,
  upTo = columns.count,
): Generator<void, Payloads> {
  const reader = new PayloadLook(contextOf, columns, { asked, retries });
  let total = 0;
  for (let row = 0; row < upTo; row++) total += wanted[row]!;
  const run = { id: columns.id, count: upTo };
  const bodies =
    total * DENSE < upTo ? bodiesOf(contextOf, run, wanted) : bodiesInOrder(contextOf(), run, wanted);
  let done = 0;
  for (const [row, body] of bodies) {
    reader.look(row, body);
    done += 1;
    if (done % STEP_RECORDS !== 0) continue;
    onStep(done);
    yield;
  }
  onStep(total);
  return reader.result;
}

function* bodiesOf(
  contextOf: () => ReadContext,
  { id, count }: Pick<Columns, 'id' | 'count'>,
  wanted: Uint8Array,
): Generator<[row: number, body: Body]> {
  for (let row = 0; row < count; row++)
    if (wanted[row] !== 0) yield [row, recordBytesOf(contextOf()).body(id[row]!)];
}

function* bodiesInOrder(
  { db }: ReadContext,
  { id, count }: Pick<Columns, 'id' | 'count'>,
  wanted: Uint8Array,
): Generator<[row: number, body: Body]> {
  if (count === 0) return;
  let row = 0;
  for (const block of blocksFrom(db, id[0]!, id[count - 1]! + 1))
    for (let at = 0; at < block.count; at++) {
      while (row < count && id[row]! < block.ids[at]!) row += 1;
      if (row === count) return;
      if (id[row] === block.ids[at] && wanted[row] !== 0) yield [row, bodyAt(block, at)];
    }
}

class PayloadLook {
  readonly result: Payloads;
  readonly #contextOf: () => ReadContext;
  readonly #columns: PayloadRows;
  readonly #retries: Uint8Array;
  readonly #asked: Uint8Array;
  readonly #levelIds = new Map<string, number>();
  readonly #types = new Map<number, string>();
  readonly #topics = new Map<number, { topic: string; mapping: TopicMapping['mapping'] }>();

  constructor(
    contextOf: () => ReadContext,
    columns: PayloadRows,
    { asked, retries }: { asked: Uint8Array; retries: Uint8Array },
  ) {
    this.#asked = asked;
    this.#contextOf = contextOf;
    this.#columns = columns;
    this.#retries = retries;
    const { length } = columns.id;
    const nothing = () => new Float64Array(length).fill(Number.NaN);
    this.result = {
      ...{ signature: new Int32Array(length), isSigned: new Uint8Array(length) },
      ...{ schemas: new SchemaLearner(), level: nothing(), levelOf: new Uint8Array(length), levels: [] },
      ...{ own: nothing(), previous: nothing(), snapshots: [], signed: [], claiming: [] },
      ...{ verdicts: new VerdictBook(), findings: [] },
    };
  }

  look(row: number, body: Body): void {
    const { kind, verdict, id, ts } = this.#columns;
    if (kind[row] !== KIND.event || verdict[row] !== VERDICT.committed || body.value === null) return;
    const bytes = Buffer.from(body.value.buffer, body.value.byteOffset, body.value.byteLength);
    const text = bytes.toString('utf8');
    let value: Json;
    try {
      value = parseApproximate(text);
    } catch {
      // An event all the same, by its headers: there is no payload to look at.
      return;
    }
    const { topic, mapping: own } = this.#topicOf(id[row]!);
    const record: RawRecord = {
      ...{ topic, key: body.key, value: text, timestamp: ts[row]! },
      headers: () => headersOf(body),
    };
    const mapping = chooseMapping(own, value, record);
    if (mapping === null) return;
    const { data } = payloadOf(mapping, value);
    const type = this.#typeOf(row);
    if (this.#retries[row] !== 0 && hasContent(data)) {
      this.result.signature[row] = signatureOf(data);
      this.result.isSigned[row] = 1;
    }
    const readers = mapping.fields.schemaVersion?.readers;
    if (readers !== undefined) {
      let version: string | null = null;
      for (const place of readers) version ??= idText(readFrom(place, value, record));
      this.result.schemas.add(type, version, id[row]!);
    }
    if (isJsonObject(data)) this.#lookAtLevels(row, data);
    if (namesSnapshot(type)) this.result.snapshots.push(row);
    const claims = claimsOf(value);
    if (claims !== undefined) this.#lookAtClaims(row, text, value, claims);
  }

  /** Topic and mapping, looked up once per partition. */
  #topicOf(id: number): { topic: string; mapping: TopicMapping['mapping'] } {
    const no = Math.floor(id / OFFSET_SPAN);
    let known = this.#topics.get(no);
    if (known === undefined) {
      const context = this.#contextOf();
      const { topic } = context.dictionary.placeOf(id);
      known = { topic, mapping: topicMappingOf(context, topic).mapping };
      this.#topics.set(no, known);
    }
    return known;
  }

  #typeOf(row: number): string {
    const no = this.#columns.type[row]!;
    let name = this.#types.get(no);
    if (name === undefined) {
      name = this.#contextOf().dictionary.typeName(no);
      this.#types.set(no, name);
    }
    return name;
  }

  #lookAtLevels(row: number, data: { [key: string]: Json }): void {
    for (const key in data) {
      let no = this.#levelIds.get(key);
      if (no === undefined) {
        no = namesLevel(key) && this.result.levels.length < MOST_LEVELS ? this.result.levels.push(key) : 0;
        if (this.#levelIds.size < 10_000) this.#levelIds.set(key, no);
      }
      if (no === 0) continue;
      const value = data[key];
      const level = typeof value === 'number' ? value : Number(decimalTextOf(value) ?? Number.NaN);
      if (Number.isNaN(level)) continue;
      this.result.level[row] = level;
      this.result.levelOf[row] = no - 1;
      return;
    }
  }

  #lookAtClaims(row: number, text: string, value: Json, claims: JsonObject | null): void {
    const { result } = this;
    const isAsked = this.#asked[row] !== 0;
    result.claiming.push(row);
    if (claims !== null) {
      const [own, previous] = [hashText(claims.payload_hash), hashText(claims.previous_hash)];
      if (own !== null) result.own[row] = hash53(own);
      if (previous !== null) result.previous[row] = hash53(previous);
    }
    if (!isAsked) return;
    if (claims === null) {
      result.verdicts.add('hash', 'ABSENT');
      result.verdicts.add('signature', 'ABSENT');
      return;
    }
    const { verdict, reason } = payloadVerdict(text, value, claims);
    result.verdicts.add('hash', verdict);
    const events = [this.#columns.id[row]!];
    if (verdict === 'FAIL') result.findings.push({ rule: 'hash-mismatch', events, text: reason });
    if (claims.signature === undefined || claims.signature === null)
      result.verdicts.add('signature', 'ABSENT');
    else result.signed.push(row);
  }
}

const headersOf = ({ headers }: Body): Headers =>
  headers === null ? [] : decodeHeaders(headers).map(({ key, value }) => [key, value] as const);
