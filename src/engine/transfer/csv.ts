/**
 * Records as CSV (RFC 4180). An empty field is null, `""` is an empty text. What a spreadsheet would run as a formula
 * gets a leading apostrophe; the last column says which cells, so that an import takes exactly those off again.
 */
import { formatTime } from '../../core/time.ts';
import {
  BadRow,
  type BytesText,
  base64Bytes,
  bytesText,
  checkFields,
  headersOf,
  headersText,
  type TransferRecord,
  type TransferRow,
} from './transferRow.ts';

export const CSV_COLUMNS = [
  'topic',
  'partition',
  'offset',
  'time',
  'timestamp',
  'timestamp_type',
  'verdict',
  'transactional',
  'producer_id',
  'kind',
  'type',
  'aggregate_type',
  'aggregate_id',
  'version',
  'occurred_at',
  'key',
  'headers',
  'value',
  /** `key:base64` for bytes that are no UTF-8, `value:guarded` for a cell with an apostrophe before its text. */
  'marks',
] as const;

/** Spreadsheets run a cell that begins so as a formula (OWASP, "CSV Injection"). */
const GUARDED_START = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

export interface CsvCount {
  /** Cells that got an apostrophe. */
  guarded: number;
}

const quoted = (text: string): string =>
  text === '' || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

export const csvHead = (): string => `${CSV_COLUMNS.join(',')}\r\n`;

export function formatCsvRow(row: TransferRow, count: CsvCount): string {
  const marks: string[] = [];
  const text = (name: string, given: string | null): string => {
    if (given === null) return '';
    if (!GUARDED_START.test(given)) return quoted(given);
    marks.push(`${name}:guarded`);
    count.guarded += 1;
    return quoted(`'${given}`);
  };
  const bytes = (name: string, given: BytesText): string => {
    if (given === null || typeof given === 'string') return text(name, given);
    marks.push(`${name}:base64`);
    return text(name, given.base64);
  };
  const time = (ms: number | null): string => (ms === null || ms === -1 ? '' : formatTime(ms));
  const cells = [
    text('topic', row.topic),
    String(row.partition),
    String(row.offset),
    time(row.timestamp),
    String(row.timestamp),
    row.timestampType,
    row.verdict,
    String(row.transactional),
    row.producerId ?? '',
    row.kind,
    text('type', row.type),
    text('aggregate_type', row.aggregateType),
    text('aggregate_id', row.aggregateId),
    row.version === null ? '' : String(row.version),
    time(row.occurredAt),
    bytes('key', bytesText(row.key)),
    quoted(JSON.stringify(headersText(row.headers))),
    bytes('value', bytesText(row.value)),
  ];
  return `${cells.join(',')},${marks.join(' ')}\r\n`;
}

/** A cell: null where nothing stood between the commas. */
export type CsvCell = string | null;

export interface CsvRow {
  /** Line of the file that it begins in, from 1. */
  line: number;
  cells: CsvCell[];
}

/** Takes CSV apart as it comes in pieces; a row may span many. */
export class CsvReader {
  #cells: CsvCell[] = [];
  #text = '';
  #state: 'start' | 'plain' | 'quoted' | 'quote' = 'start';
  #line = 1;
  #rowLine = 1;
  #afterReturn = false;

  /** Rows that end in this piece, each with the line it begins in. */
  *push(piece: string): Generator<CsvRow> {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#state === 'quoted') {
        if (code === 10) this.#line += 1;
        if (code !== 34) continue;
        this.#text += piece.slice(from, at);
        from = at + 1;
        this.#state = 'quote';
        continue;
      }
      if (this.#afterReturn) {
        this.#afterReturn = false;
        if (code === 10) {
          from = at + 1;
          continue;
        }
      }
      if (code === 34) {
        this.#text += piece.slice(from, at);
        if (this.#state === 'quote') this.#text += '"';
        from = at + 1;
        // A quote inside of a plain cell is taken as it stands.
        if (this.#state === 'plain') this.#text += '"';
        else this.#state = 'quoted';
        continue;
      }
      if (code !== 44 && code !== 10 && code !== 13) {
        if (this.#state === 'start') this.#state = 'plain';
        continue;
      }
      this.#text += piece.slice(from, at);
      from = at + 1;
      this.#endCell();
      if (code === 44) continue;
      if (code === 13) this.#afterReturn = true;
      this.#line += 1;
      const row = this.#endRow();
      if (row !== null) yield row;
    }
    this.#text += piece.slice(from);
  }

  /** What the last line holds when no line break ends it. @throws BadRow when a quote is left open */
  end(): CsvRow | null {
    if (this.#state === 'quoted') throw new BadRow('a quoted cell does not end');
    if (this.#state === 'start' && this.#cells.length === 0) return null;
    this.#endCell();
    return this.#endRow();
  }

  get line(): number {
    return this.#rowLine;
  }

  #endCell(): void {
    this.#cells.push(this.#state === 'start' ? null : this.#text);
    this.#text = '';
    this.#state = 'start';
  }

  #endRow(): CsvRow | null {
    const row = { line: this.#rowLine, cells: this.#cells };
    this.#cells = [];
    this.#rowLine = this.#line;
    return row.cells.length === 1 && row.cells[0] === null ? null : row;
  }
}

/** Where the columns of a file stand. @throws BadRow when one that makes a record is missing */
export function csvLayout(head: readonly CsvCell[]): ReadonlyMap<string, number> {
  const layout = new Map(head.map((name, at) => [name ?? '', at]));
  for (const name of ['topic', 'partition', 'offset', 'timestamp', 'key', 'value'])
    if (!layout.has(name)) throw new BadRow(`the first line names no column ${name}`);
  return layout;
}

/** @throws BadRow with the reason, for the list of bad lines */
export function parseCsvRow(cells: readonly CsvCell[], layout: ReadonlyMap<string, number>): TransferRecord {
  if (cells.length !== layout.size)
    throw new BadRow(`${cells.length} cells where the first line names ${layout.size} columns`);
  const cell = (name: string): CsvCell => {
    const at = layout.get(name);
    return at === undefined ? null : cells[at]!;
  };
  const marks = new Set((cell('marks') ?? '').split(' '));
  const of = (name: string): CsvCell => {
    const text = cell(name);
    return text !== null && marks.has(`${name}:guarded`) ? text.slice(1) : text;
  };
  const bytes = (name: 'key' | 'value') => {
    const text = of(name);
    if (text === null) return null;
    return marks.has(`${name}:base64`) ? base64Bytes(text, name) : Buffer.from(text, 'utf8');
  };
  let headers: unknown = null;
  try {
    headers = JSON.parse(of('headers') ?? 'null');
  } catch {
    throw new BadRow('headers is no JSON list');
  }
  return {
    ...checkFields({
      topic: of('topic') ?? undefined,
      partition: of('partition') ?? undefined,
      offset: of('offset') ?? undefined,
      timestamp: of('timestamp') ?? undefined,
      timestampType: of('timestamp_type') ?? undefined,
      verdict: of('verdict') ?? undefined,
      transactional: of('transactional') ?? undefined,
      producerId: of('producer_id'),
    }),
    key: bytes('key'),
    value: bytes('value'),
    headers: headersOf(headers),
  };
}
