/** What the rules about payloads need of one event: found on its bytes where it is of the usual kind, else by parsing it. */

import type { Finding } from '../../core/check/findings.ts';
import { KeyNumbers } from '../../core/check/keyNumbers.ts';
import { SchemaLearner } from '../../core/check/learned.ts';
import { namesLevel } from '../../core/check/levels.ts';
import { type PayloadFacts, payloadFactsOf } from '../../core/check/payloadFacts.ts';
import { namesSnapshot } from '../../core/check/snapshots.ts';
import { compileMapping, idText, readFrom } from '../../core/envelope/compiled.ts';
import { chooseMapping, payloadOf } from '../../core/envelope/fields.ts';
import type { IntegrityVerdict } from '../../core/envelope/integrity.ts';
import type { Headers, RawRecord } from '../../core/envelope/record.ts';
import { decimalTextOf, isJsonObject, parseApproximate, parseJson } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { hasContent, signatureOf } from '../reads/timelineContents.ts';
import type { Body, OpenBlock } from '../store/blocks.ts';
import { hash53, OFFSET_SPAN, partitionNoOf } from '../store/ids.ts';
import { topicMappingOf } from '../store/stream.ts';
import type { TopicMapping } from '../store/topicMapping.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Columns } from './columns.ts';
import { claimsOf, hashText, payloadVerdict, UsualHashes } from './integrity.ts';
import { VerdictBook } from './verdicts.ts';

/** Names of levels that are told apart. */
export const MOST_LEVELS = 255;
/** Keys that are remembered as names of levels, or as none: data whose keys are ids has millions. */
const MOST_LEVEL_KEYS = 10_000;

/** What a look at payloads needs of the rows. */
export type PayloadRows = Pick<Columns, 'count' | 'id' | 'ts' | 'type' | 'kind' | 'verdict'>;

/** What was found, by row; in memory that threads share. */
export interface PayloadColumns {
  /** Of the payloads that look like a retry. */
  signature: Int32Array;
  isSigned: Uint8Array;
  /** What an event says that there is of something; NaN: nothing. Its name is `levels[levelOf]`. */
  level: Float64Array;
  levelOf: Uint8Array;
  /** Hashes of the claimed hash and of that of the event before; NaN: none. */
  own: Float64Array;
  previous: Float64Array;
}

/** What else was found. */
export interface PayloadFinds {
  schemas: SchemaLearner;
  levels: string[];
  /** Rows. */
  snapshots: number[];
  signed: number[];
  /** Rows in a topic whose events have a place for claims. */
  claiming: number[];
  verdicts: VerdictBook;
  findings: Finding[];
}

export interface Payloads extends PayloadColumns, PayloadFinds {}

export function payloadColumns(count: number): PayloadColumns {
  const nothing = () => new Float64Array(new SharedArrayBuffer(count * 8)).fill(Number.NaN);
  const small = () => new Uint8Array(new SharedArrayBuffer(count));
  return {
    signature: new Int32Array(new SharedArrayBuffer(count * 4)),
    ...{ isSigned: small(), level: nothing(), levelOf: small(), own: nothing(), previous: nothing() },
  };
}

export const payloadFinds = (): PayloadFinds => ({
  ...{ schemas: new SchemaLearner(), levels: [], snapshots: [], signed: [], claiming: [] },
  ...{ verdicts: new VerdictBook(), findings: [] },
});

/** An event type, and which version of its schema was counted last. */
interface Type {
  name: string;
  isSnapshot: boolean;
  version: string | null;
  /** How often the version was met in the run; null: not in this one. */
  counter: { count: number } | null;
}

interface Topic {
  topic: string;
  mapping: TopicMapping['mapping'];
  /** Null: its values have to be parsed. */
  facts: PayloadFacts | null;
}

/** What an event claims; the hashes in lower-case hexadecimal. */
interface TakenClaims {
  own: string | null;
  previous: string | null;
  isSigned: boolean;
  verdict: () => { verdict: IntegrityVerdict; reason: string };
}

const HOLDS = { verdict: 'PASS', reason: '' } as const;
const NO_CLAIMS: TakenClaims = {
  ...{ own: null, previous: null, isSigned: false },
  verdict: () => ({ verdict: 'ABSENT', reason: '' }),
};

const textsOf = ({ payload_hash: own, previous_hash: previous, signature }: JsonObject) => ({
  own: hashText(own),
  previous: hashText(previous),
  isSigned: signature !== undefined && signature !== null,
});

/** Looks at payloads one after the other, in the order of the rows; those of a run are looked at between two `begin`. */
export class PayloadLook {
  /** Of the run. */
  result = payloadFinds();
  readonly #found: PayloadColumns;
  readonly #contextOf: () => ReadContext;
  readonly #columns: PayloadRows;
  readonly #retries: Uint8Array;
  readonly #asked: Uint8Array;
  /** Keys that name levels, and the numbers by which the result knows those that were numbers. */
  readonly #names: string[] = [];
  readonly #levelNos = new Map<string, number>();
  /** The same by the number of the key, as far as they were asked for. */
  #levelNoOfKey: (number | undefined)[] = [];
  readonly #isLevel = new Map<string, boolean>();
  readonly #keys = new KeyNumbers((key) => {
    if (!namesLevel(key)) return 0;
    return this.#names.length < MOST_LEVEL_KEYS ? this.#names.push(key) : -1;
  });
  /** By number. */
  readonly #types: (Type | undefined)[] = [];
  readonly #topics = new Map<number, Topic>();
  /** The topic of the partition whose record ids lie from one to the other (exclusive): that of the record before. */
  #lastTopic: Topic | null = null;
  #lastFrom = 0;
  #lastTo = 0;
  readonly #hashes = new UsualHashes();
  #bytes: Buffer = Buffer.alloc(0);
  readonly #textOf = (start: number, end: number): string => this.#bytes.toString('utf8', start, end);
  /** That is being looked at. */
  #row = 0;
  readonly #takeLevelOfKey = (key: number, level: number): boolean => {
    const no = this.#levelNoOfKey[key];
    if (no === undefined) return this.#takeLevel(this.#row, this.#names[key - 1]!, level, key);
    this.#putLevel(this.#row, no, level);
    return true;
  };

  constructor(
    contextOf: () => ReadContext,
    columns: PayloadRows,
    { asked, retries }: { asked: Uint8Array; retries: Uint8Array },
    found: PayloadColumns,
  ) {
    this.#found = found;
    this.#asked = asked;
    this.#contextOf = contextOf;
    this.#columns = columns;
    this.#retries = retries;
  }

  /** From here on the rows of another run are looked at: what is said of it begins empty. */
  begin(): void {
    this.#levelNos.clear();
    this.#levelNoOfKey = [];
    for (const type of this.#types) if (type !== undefined) type.counter = null;
    this.result = payloadFinds();
  }

  /** Looks at the bytes of a payload. False: it is not of the usual kind, {@link PayloadLook.parse} has to look at it. */
  scan(row: number, { bytes, valueStart, valueLength }: OpenBlock, at: number): boolean {
    if (!this.#isEvent(row) || valueLength[at]! < 0) return true;
    const { facts } = this.#topicOf(this.#columns.id[row]!);
    this.#bytes = bytes;
    const start = valueStart[at]!;
    const end = start + valueLength[at]!;
    if (facts === null || !facts.read(bytes, start, end)) return false;
    const version = facts.schemaVersion();
    const claims = this.#claimsOf(facts);
    if (version === undefined || claims === undefined) return false;
    this.#row = row;
    if (!facts.level(this.#takeLevelOfKey)) return false;
    // What follows cannot fail: nothing is taken twice.
    if (this.#retries[row] !== 0 && facts.hasContent()) {
      const payload = facts.payload()!;
      this.#sign(row, parseApproximate(this.#textOf(payload.start, payload.end)));
    }
    const type = this.#typeOf(row);
    if (facts.hasVersion) this.#countVersion(type, version, this.#columns.id[row]!);
    if (type.isSnapshot) this.result.snapshots.push(row);
    if (claims !== null) this.#takeClaims(row, claims);
    return true;
  }

  /** Looks at a payload by parsing the value. */
  parse(row: number, body: Body): void {
    if (!this.#isEvent(row) || body.value === null) return;
    const { id, ts } = this.#columns;
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
    let headers: Headers | null = null;
    const record: RawRecord = {
      ...{ topic, key: body.key, value: text, timestamp: ts[row]! },
      // Every mapping that is tried may ask for several.
      headers: () => {
        headers ??= headersOf(body);
        return headers;
      },
    };
    const mapping = chooseMapping(own, value, record);
    if (mapping === null) return;
    const { data } = payloadOf(mapping, value);
    const type = this.#typeOf(row);
    if (this.#retries[row] !== 0 && hasContent(data)) this.#sign(row, data);
    const readers = mapping.fields.schemaVersion?.readers;
    if (readers !== undefined) {
      let version: string | null = null;
      for (const place of readers) {
        const found = readFrom(place, value, record);
        const isExact = typeof found !== 'number' || Number.isSafeInteger(found);
        version ??= idText(isExact ? found : readFrom(place, parseJson(text), record));
      }
      this.#countVersion(type, version, id[row]!);
    }
    if (isJsonObject(data)) this.#lookAtLevels(row, data);
    if (type.isSnapshot) this.result.snapshots.push(row);
    const claims = claimsOf(value);
    if (claims === undefined) return;
    const verdict = () => payloadVerdict(text, value, claims!);
    this.#takeClaims(row, claims === null ? NO_CLAIMS : { ...textsOf(claims), verdict });
  }

  #isEvent(row: number): boolean {
    const { kind, verdict } = this.#columns;
    return kind[row] === KIND.event && verdict[row] === VERDICT.committed;
  }

  #sign(row: number, data: Json): void {
    this.#found.signature[row] = signatureOf(data);
    this.#found.isSigned[row] = 1;
  }

  /** Topic and mapping, looked up once per partition. */
  #topicOf(id: number): Topic {
    if (this.#lastTopic !== null && id >= this.#lastFrom && id < this.#lastTo) return this.#lastTopic;
    const no = partitionNoOf(id);
    let known = this.#topics.get(no);
    if (known === undefined) {
      const context = this.#contextOf();
      const { topic } = context.dictionary.placeOf(id);
      const { mapping } = topicMappingOf(context, topic);
      const facts =
        mapping === null ? null : payloadFactsOf(compileMapping(mapping), this.#keys, this.#textOf);
      known = { topic, mapping, facts };
      this.#topics.set(no, known);
    }
    this.#lastTopic = known;
    this.#lastFrom = no * OFFSET_SPAN;
    this.#lastTo = this.#lastFrom + OFFSET_SPAN;
    return known;
  }

  #typeOf(row: number): Type {
    const no = this.#columns.type[row]!;
    const known = this.#types[no];
    if (known !== undefined) return known;
    const name = this.#contextOf().dictionary.typeName(no);
    const type: Type = { name, isSnapshot: namesSnapshot(name), version: null, counter: null };
    this.#types[no] = type;
    return type;
  }

  #countVersion(type: Type, version: string | null, id: number): void {
    if (type.counter !== null && type.version === version) {
      type.counter.count += 1;
      return;
    }
    type.version = version;
    type.counter = this.result.schemas.add(type.name, version, id);
  }

  #lookAtLevels(row: number, data: { [key: string]: Json }): void {
    for (const key in data) {
      let isLevel = this.#isLevel.get(key);
      if (isLevel === undefined) {
        isLevel = namesLevel(key);
        if (this.#isLevel.size < MOST_LEVEL_KEYS) this.#isLevel.set(key, isLevel);
      }
      if (!isLevel) continue;
      const value = data[key];
      const level = typeof value === 'number' ? value : Number(decimalTextOf(value) ?? Number.NaN);
      if (!Number.isNaN(level) && this.#takeLevel(row, key, level)) return;
    }
  }

  /** False: more levels are not told apart. @param key its number, where it has one */
  #takeLevel(row: number, name: string, level: number, key = 0): boolean {
    let no = this.#levelNos.get(name);
    if (no === undefined) {
      if (this.result.levels.length === MOST_LEVELS) return false;
      no = this.result.levels.push(name) - 1;
      this.#levelNos.set(name, no);
    }
    if (key > 0) this.#levelNoOfKey[key] = no;
    this.#putLevel(row, no, level);
    return true;
  }

  #putLevel(row: number, no: number, level: number): void {
    this.#found.level[row] = level;
    this.#found.levelOf[row] = no;
  }

  /** The claims on the bytes; null: there is no place for them; undefined: they have to be parsed. */
  #claimsOf(facts: PayloadFacts): TakenClaims | null | undefined {
    const place = facts.claims();
    if (place !== 'some') return place === 'none' ? NO_CLAIMS : null;
    const [hash, previous] = [facts.claim('hash'), facts.claim('previous')];
    if (hash === undefined || previous === undefined) return undefined;
    const own = hashText(hash);
    const claimed = facts.claimed();
    // Of the other forms, and of a claim that does not hold, tells the parser.
    if (own === null || claimed === null) return undefined;
    if (!this.#hashes.has(this.#bytes.subarray(claimed.start, claimed.end), own)) return undefined;
    return { own, previous: hashText(previous), isSigned: facts.isSigned(), verdict: () => HOLDS };
  }

  #takeClaims(row: number, claims: TakenClaims): void {
    const { result } = this;
    result.claiming.push(row);
    const { own, previous, isSigned, verdict: verdictOf } = claims;
    if (own !== null) this.#found.own[row] = hash53(own);
    if (previous !== null) this.#found.previous[row] = hash53(previous);
    if (this.#asked[row] === 0) return;
    const { verdict, reason } = verdictOf();
    result.verdicts.add('hash', verdict);
    const events = [this.#columns.id[row]!];
    if (verdict === 'FAIL') result.findings.push({ rule: 'hash-mismatch', events, text: reason });
    if (isSigned) result.signed.push(row);
    else result.verdicts.add('signature', 'ABSENT');
  }
}

const headersOf = ({ headers }: Body): Headers =>
  headers === null ? [] : decodeHeaders(headers).map(({ key, value }) => [key, value] as const);
