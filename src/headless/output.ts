import { type ErrorCode, HindcastError } from '../contract/errors.ts';
import { shown, shownJson } from '../core/escape.ts';
import { caretLines } from '../core/filter/filter.ts';
import { formatJson, parseJson } from '../core/json.ts';
import type { Json } from '../core/model.ts';
import { formatTime } from '../core/time.ts';

/** Exit statuses of the command line (docs/CLI.md). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  incomplete: 3,
  refused: 4,
  interrupted: 130,
  outputClosed: 141,
} as const;

/** Data goes to standard output, everything else to standard error. */
export interface Output {
  json: boolean;
  /** One JSON document; numbers of any size stay exact because the value holds exact numbers. */
  document(value: unknown): void;
  /** One line of newline-delimited JSON. */
  line(value: unknown): void;
  /** Lines that are JSON text already; resolves when whoever reads has room for more. */
  jsonLines(lines: readonly string[]): Promise<void>;
  /** One line for a person; what terminals would obey is shown escaped, here and in notes. */
  text(line: string): void;
  note(line: string): void;
}

const encode = (value: unknown, indent?: number): string => shownJson(formatJson(value as Json, indent));

export function createOutput(json: boolean): Output {
  return {
    json,
    document: (value) => void process.stdout.write(`${encode(value, 2)}\n`),
    line: (value) => void process.stdout.write(`${encode(value)}\n`),
    jsonLines: (lines) =>
      new Promise((resolve) => {
        if (process.stdout.write(`${lines.map(shownJson).join('\n')}\n`)) resolve();
        else process.stdout.once('drain', resolve);
      }),
    text: (line) => void process.stdout.write(`${shown(line)}\n`),
    note: (line) => void process.stderr.write(`${shown(line)}\n`),
  };
}

/** A 64-bit integer that travels as text becomes an exact JSON number. */
export const exact = (text: string | null): Json => (text === null ? null : parseJson(text));

/** JSON text becomes a value with exact numbers. */
export const exactJson = (text: string | null): Json => (text === null ? null : parseJson(text));

export const at = (ms: number | null): string => (ms === null ? '–' : formatTime(ms));

export interface Column<T> {
  title: string;
  value: (row: T) => string;
  right?: boolean;
}

/** Aligned columns for a person; nothing is cut off. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = rows.map((row) => columns.map((column) => shown(column.value(row))));
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...cells.map((row) => row[i]!.length)),
  );
  const render = (row: string[]): string =>
    row
      .map((cell, i) => (columns[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [render(columns.map(({ title }) => title)), ...cells.map(render)];
}

const REFUSALS = new Set([
  'connection.read-only',
  'connection.name-mismatch',
  'topic.name-mismatch',
  'file.exists',
  'compensate.head-moved',
  'compensate.duplicate',
  'compensate.plan-changed',
  'compensate.invalid',
]);

const WRONG_USAGE: ReadonlySet<ErrorCode> = new Set(['input.invalid', 'time.no-zone', 'filter.invalid']);

/** What stands beside the console in the window is done by options here. */
const NEXT_STEPS: Partial<Record<ErrorCode, string>> = {
  'connection.name-mismatch': 'It counts as production: repeat with --confirm and exactly that name.',
  'projection.unknown': 'Name one of those, or a definition file.',
  'sql.invalid': 'Correct the statement; the tables are events and the projections by name.',
  'sql.timeout': 'Narrow it with WHERE or LIMIT, or allow more with --timeout SECONDS.',
};

/** An error of the file system or network as one of ours, where the system says what happened. */
function known(error: unknown): unknown {
  if (error instanceof HindcastError || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const where = path ?? 'The file';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new HindcastError('disk.full', { problem: `${where} could not be written` });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new HindcastError('workspace.read-only-place', { where, problem: 'the system does not allow it' });
  if (code === 'ENOTDIR')
    return new HindcastError('workspace.read-only-place', { where, problem: 'a part of it is not a folder' });
  return error;
}

/** The exit status that belongs to an error. */
export function statusOf(thrown: unknown): number {
  const error = known(thrown);
  if (!(error instanceof HindcastError)) return EXIT.failed;
  if (error.code === 'cancelled') return EXIT.interrupted;
  if (WRONG_USAGE.has(error.code)) return EXIT.usage;
  return REFUSALS.has(error.code) ? EXIT.refused : EXIT.failed;
}

/** For a filter that cannot be read: the text and, in the line below, a mark under the place. Else null. */
export function markedPlace(thrown: unknown): string | null {
  if (!(thrown instanceof HindcastError) || thrown.code !== 'filter.invalid') return null;
  const { text, position, length } = thrown.details;
  return caretLines(String(text), { position: Number(position), length: Number(length) })
    .split('\n')
    .map((line) => `  ${shown(line)}`)
    .join('\n');
}

/** One sentence of what happened, one of what to do; one line, with nothing that a terminal would obey. */
export function describeError(thrown: unknown): string {
  const error = known(thrown);
  if (error instanceof HindcastError)
    return shown(`${error.message} ${NEXT_STEPS[error.code] ?? error.nextStep}`);
  return shown(error instanceof Error ? error.message : String(error));
}
