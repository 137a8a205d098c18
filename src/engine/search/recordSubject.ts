/** A stored record as a filter sees it: each part is read when a condition asks, and once. */
import { isUtf8 } from 'node:buffer';
import { extractEnvelope } from '../../core/envelope/decode.ts';
import { chooseMapping, payloadOf } from '../../core/envelope/fields.ts';
import type { RawRecord } from '../../core/envelope/record.ts';
import type { FactName, FilterSubject } from '../../core/filter/filter.ts';
import { exactNumber, parseApproximate, parseJson } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import type { LogRows } from '../reads/logRows.ts';
import { decodeStored, topicMappingOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { type ColumnName, columnFact, isColumn } from './columnFacts.ts';
import { type Body, bufferOf, recordOf } from './recordRun.ts';

const BYTE_ORDER_MARK = 0xfeff;
const NOT_READ = Symbol('not read');
type Kept<T> = T | typeof NOT_READ;

export class RecordSubject implements FilterSubject {
  readonly #context: ReadContext;
  #rows!: LogRows;
  /** Numbers may be JavaScript's: good for a predicate that is compiled so. */
  #isRough = false;
  #at = 0;
  #body!: Body;
  #bytes: Buffer | null = null;
  #value: Kept<Json | undefined> = NOT_READ;
  #text: Kept<string | null> = NOT_READ;
  #ids: ReturnType<typeof extractEnvelope> | null = null;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  /** The record that is asked about from now on: one of these rows, with these bytes. */
  load(rows: LogRows, at: number, body: Body, isRough = false): this {
    this.#isRough = isRough;
    this.#rows = rows;
    this.#at = at;
    this.#body = body;
    this.#bytes = body.value === null ? null : bufferOf(body.value);
    this.#value = NOT_READ;
    this.#text = NOT_READ;
    this.#ids = null;
    return this;
  }

  fact(name: FactName): ReturnType<FilterSubject['fact']> {
    if (isColumn(name)) return this.#column(name);
    if (name === 'size') return this.#bytes?.length ?? null;
    if (name === 'key') return textOrNot(this.#body.key);
    if (this.#isMarker()) return null;
    if (name === 'version') return this.#version();
    this.#ids ??= this.#extract();
    return this.#ids[name];
  }

  headers(name: string): readonly Json[] {
    const { headers } = this.#body;
    // Most records lack it, which is told sooner than what they have.
    if (headers === null || !bufferOf(headers).includes(name)) return [];
    return decodeHeaders(headers)
      .filter(({ key }) => key === name)
      .map(({ value }) => textOrNot(value));
  }

  value(): Json | undefined {
    if (this.#value === NOT_READ) this.#value = this.#parse();
    return this.#value;
  }

  data(): Json | undefined {
    const value = this.value();
    if (value === undefined) return undefined;
    const record = this.#raw();
    const fitting = chooseMapping(topicMappingOf(this.#context, record.topic).mapping, value, record);
    return fitting === null ? value : payloadOf(fitting, value).data;
  }

  text(): string | null {
    if (this.#text === NOT_READ) this.#text = this.#bytes?.toString('utf8') ?? null;
    return this.#text;
  }

  holds(text: string): boolean {
    return this.#bytes?.includes(text) ?? false;
  }

  #column(name: ColumnName) {
    return columnFact(this.#context, this.#rows, this.#at, name);
  }

  #isMarker(): boolean {
    return this.#column('kind') === 'control';
  }

  #raw(): RawRecord {
    const { key, value, headers } = this.#body;
    return {
      topic: this.#column('topic') as string,
      key,
      value,
      headers: () =>
        headers === null ? [] : decodeHeaders(headers).map((each) => [each.key, each.value] as const),
      timestamp: this.#rows.mono[this.#at]!,
    };
  }

  #parse(): Json | undefined {
    if (this.#bytes === null || this.#isMarker()) return undefined;
    if (!isUtf8(this.#bytes)) return undefined;
    const text = this.#bytes.toString('utf8');
    const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
    try {
      return this.#isRough ? parseApproximate(json) : parseJson(json);
    } catch {
      return undefined;
    }
  }

  #extract() {
    const record = this.#raw();
    const { mapping, hints } = topicMappingOf(this.#context, record.topic);
    return extractEnvelope(record, mapping, hints);
  }

  /** One of more than 53 bits has no column and is read as it is written. */
  #version() {
    const stored = recordOf(this.#context, this.#rows.id[this.#at]!);
    if (stored.version !== null) return stored.version;
    const record = this.#raw();
    const { mapping } = topicMappingOf(this.#context, record.topic);
    const fitting = chooseMapping(mapping, this.value(), record);
    if (fitting?.fields.aggregateVersion === undefined) return null;
    const version = decodeStored(this.#context, stored).envelope?.aggregateVersion;
    return version === undefined ? null : exactNumber(version.value);
  }
}

/** Bytes that are no text are there all the same, and equal nothing. */
function textOrNot(bytes: Uint8Array | null): string | null | [] {
  if (bytes === null) return null;
  return isUtf8(bytes) ? bufferOf(bytes).toString('utf8') : [];
}
