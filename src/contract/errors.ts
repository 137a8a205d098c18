import { z } from 'zod';

/**
 * Every error a person can meet: one sentence of what happened and one next step, written once.
 * `{name}` is filled from the error's details. `retryable` tells the page whether trying again can help.
 */
export const ERRORS = {
  'input.invalid': [
    'The request does not fit what {procedure} takes: {problem}.',
    'Correct the named field and try again.',
    false,
  ],
  'input.too-large': ['The request of {bytes} bytes is larger than {limit}.', 'Send less at once.', false],
  'procedure.unknown': [
    'This engine has no procedure {procedure}.',
    'Reload the window; page and engine are of different versions.',
    false,
  ],
  'engine.lost': [
    'The engine stopped and is being started again.',
    'Wait a moment; what was captured is kept.',
    true,
  ],
  'engine.busy': ['Too many requests are under way.', 'Wait for one to finish.', true],
  internal: [
    'Something went wrong inside Hindcast: {problem}.',
    'Copy the details and report it; your data is untouched.',
    false,
  ],
  cancelled: ['{what} was cancelled.', 'What was done before is kept.', true],
  'time.no-zone': [
    '“{text}” is not a moment in time: {problem}.',
    'Write it as ISO 8601 with a zone, such as 2025-12-31T23:59:59.999Z, or as milliseconds since 1970.',
    false,
  ],
  'connection.unknown': ['There is no connection {id}.', 'Choose one from the list of connections.', false],
  'connection.failed': ['{problem}.', '{next}', true],
  'connection.secret-missing': [
    'The password of {name} is not stored on this machine.',
    'Open the connection and type it again.',
    false,
  ],
  'connection.read-only': ['{name} is read-only.', 'Unlock it with a reason; it locks itself again.', false],
  'connection.name-mismatch': [
    'The typed name does not match {name}.',
    'Type the name of the production cluster exactly.',
    false,
  ],
  'vault.locked': [
    'The secrets on this machine cannot be opened: {problem}.',
    'Set HINDCAST_VAULT_KEY_FILE or remove the vault and type the passwords again.',
    false,
  ],
  'topic.unknown': [
    'The topic {topic} is not on {where}, or this principal may not see it.',
    'Check the name and that the principal has Describe and Read on it.',
    false,
  ],
  'topic.denied': [
    'Reading {topic} is not allowed for this principal.',
    'Ask for Describe and Read on the topic.',
    false,
  ],
  'topic.name-mismatch': [
    'The typed name does not match {name}.',
    'Type the name of the topic exactly.',
    false,
  ],
  'topic.not-held': [
    'The workspace holds nothing of a topic {topic}.',
    'Choose one of the topics listed.',
    false,
  ],
  'workspace.none': ['No workspace is open.', 'Open or create one.', false],
  'workspace.missing': [
    'There is no workspace {where}.',
    'Check the name, or capture something first.',
    false,
  ],
  'workspace.in-use': ['{where} is open in another Hindcast (process {pid}).', 'Close it there first.', true],
  'workspace.newer': [
    '{where} was written by a newer Hindcast (format {found}, this one reads {known}).',
    'Update Hindcast; the file is untouched.',
    false,
  ],
  'workspace.damaged': [
    '{where} is damaged: {problem}.',
    'Restore a copy, or capture again from Kafka; the file is untouched.',
    false,
  ],
  'workspace.prerelease': [
    '{where} was made by a pre-release of Hindcast, whose files this one does not read.',
    'Create a workspace and capture again; the file is untouched.',
    false,
  ],
  'workspace.not-ours': ['{where} is not a Hindcast workspace.', 'Choose a .hindcast file.', false],
  'workspace.read-only': [
    '{where} can only be read: it is a recording, or lies where nothing can be written.',
    'Create a workspace to capture into.',
    false,
  ],
  'workspace.read-only-place': [
    '{where} cannot be written: {problem}.',
    'Choose a folder you may write to.',
    false,
  ],
  'workspace.other-cluster': [
    '{where} holds records of another cluster ({found}); this is {asked}.',
    'Use one workspace per cluster.',
    false,
  ],
  'workspace.exists': ['A workspace {name} exists already.', 'Choose another name or open it.', false],
  'disk.full': [
    'The disk is full; {problem}.',
    'Free some space and capture again: it goes on where it stopped.',
    true,
  ],
  'capture.running': ['A capture is already running in this workspace.', 'Wait for it or cancel it.', true],
  'capture.incomplete': ['The capture ended early: {problem}.', '{next}', true],
  'recheck.differs': ['The workspace and the cluster are not the same: {problem}', '{next}', false],
  'record.unknown': [
    'There is no record {place} in this workspace.',
    'Capture the topic further, or check the offset.',
    false,
  ],
  'aggregate.unknown': [
    'There is no aggregate {type} {id} in this workspace.',
    'Check the id, or capture the topics it lives in.',
    false,
  ],
  'reducer.invalid': [
    'The reducer {name} cannot be used: {problem}.',
    'Correct the definition at the named place.',
    false,
  ],
  'whatif.unsupported': ['This cannot be asked as a what-if: {problem}.', '{next}', false],
  'whatif.gone': [
    'The results of this what-if are not kept any more.',
    'Run it again; a new run takes the place of the one before.',
    false,
  ],
  'whatif.hypothetical': [
    'This event is hypothetical: it is in no log, so nothing can be published about it.',
    'Open the aggregate in its timeline and correct an event that is really there.',
    false,
  ],
  'reducer.gone': [
    'Version {pin} of the reducer {name} is not kept on this machine; the present one is version {version}.',
    'Use the present version, or import the definition that the view was made with.',
    false,
  ],
  'projection.unknown': [
    'There is no projection {name}.',
    'Choose one from the list, or save a definition first.',
    false,
  ],
  'projection.invalid': [
    'The projection cannot be used: {problem}.',
    'Correct the definition at the named place.',
    false,
  ],
  'projection.not-by-aggregate': [
    'Rows of {name} are no aggregates: its key is {key}.',
    'Choose a projection by aggregateId.',
    false,
  ],
  'projection.built-in': ['{name} is built in and cannot be changed.', 'Save it under another name.', false],
  'filter.invalid': ['Filter, character {character}: {problem}.', '{hint}', false],
  'filter.unknown': ['There is no saved filter {name}.', 'Choose one from the list.', false],
  'filter.exists': [
    'A saved filter {name} exists already.',
    'Choose another name, or remove that one first.',
    false,
  ],
  'sql.invalid': [
    'SQL: {problem}.',
    'Correct the statement; tables and columns are listed beside the console.',
    false,
  ],
  'sql.writes': ['The console only reads; this statement would write.', 'Use a SELECT.', false],
  'sql.timeout': [
    'The query ran longer than {seconds} s and was stopped.',
    'Narrow it with WHERE or LIMIT.',
    false,
  ],
  'compensate.invalid': ['The event cannot be published: {problem}.', 'Correct the named field.', false],
  'compensate.head-moved': [
    'The aggregate has moved: {problem}.',
    'Capture again, look at the new event and check the draft once more.',
    false,
  ],
  'compensate.duplicate': [
    'This compensation was published already at {place}.',
    'Open its receipt; nothing was sent.',
    false,
  ],
  'compensate.plan-changed': [
    'The event differs from the one that was checked.',
    'Check it again and publish what you saw.',
    false,
  ],
  'compensate.unsure': [
    'The broker did not confirm: {problem}.',
    'Do not send again. Capture the topic and look whether the event arrived.',
    false,
  ],
  'job.unknown': ['There is no job {id}.', 'It may have ended before the engine was restarted.', false],
  'door.refused': [
    'This address does not open Hindcast, or no longer.',
    'Open the whole address that the running `hindcast serve` prints.',
    false,
  ],
  'disk.short': [
    '{what} needs {needed} free on the disk of {where}, where {available} are free.',
    'Free some space there and try again; nothing was changed.',
    true,
  ],
  'file.write': [
    '{where} cannot be written: {problem}.',
    'Choose another place, or free space there.',
    false,
  ],
  'file.exists': [
    'There is a file {where} already.',
    'Choose another name, or say that it may be replaced.',
    false,
  ],
  'import.bad-lines': [
    'The import is incomplete: {problem}.',
    'The report lists each of them with the reason.',
    false,
  ],
  'export.incomplete': [
    'The export is incomplete: {problem}.',
    'Export again when nothing is being captured.',
    true,
  ],
  'import.unreadable': [
    '{where} cannot be imported: {problem}.',
    'Choose a file that Hindcast exported: NDJSON, CSV or Parquet with topic, partition, offset, timestamp, key and value.',
    false,
  ],
  'workspace.faults': [
    '{where} has faults: {problem}',
    'Read in the report what is damaged and what can be used; a topic can be deleted and captured again.',
    false,
  ],
  'workspace.open': ['{name} is open in this window.', 'Open another workspace first.', false],
  'case.unknown': ['There is no case {id}.', 'Choose one from the list of cases.', false],
  'case.file': [
    'This file cannot be opened: {problem}.',
    'Choose a .hindcast-case file that Hindcast exported.',
    false,
  ],
  'query.unknown': ['There is no saved query {id}.', 'Choose one from the list.', false],
  'query.exists': ['A saved query {name} exists already.', 'Choose another name.', false],
  'mapping.invalid': ['The mapping cannot be used: {field}: {problem}.', 'Correct the named place.', false],
  'sentence.invalid': ['Template, character {character}: {problem}.', '{hint}', false],
  'sentence.file': [
    'This file cannot be opened: {problem}.',
    'Choose a .hindcast-sentences file that Hindcast exported.',
    false,
  ],
  'file.token': ['That file was not chosen in a dialog of this window.', 'Choose it again.', false],
} as const satisfies Record<string, readonly [sentence: string, nextStep: string, retryable: boolean]>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Record<string, string | number | boolean | null>;

/** An error as it crosses between page and engine. */
export const ErrorValue = z.object({
  code: z.string(),
  message: z.string(),
  nextStep: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  traceId: z.string(),
});
export type ErrorValue = z.infer<typeof ErrorValue>;

/** A problem with the place that it is of, unless it names it itself. */
export const placed = (where: string, problem: string): string =>
  problem.includes(where) ? problem : `${where}: ${problem}`;

const fill = (template: string, details: ErrorDetails): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? `(${name} not known)`));

/** An error with a code of the registry; everything below the services throws this where it knows the code. */
export class HindcastError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly nextStep: string;
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    options?: { cause?: unknown; retryable?: boolean },
  ) {
    const [sentence, nextStep, retryable] = ERRORS[code];
    super(fill(sentence, details), options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HindcastError';
    this.code = code;
    this.details = details;
    this.nextStep = fill(nextStep, details);
    this.retryable = options?.retryable ?? retryable;
  }
}

/** Makes the crossing form of any thrown thing; what has no code becomes `internal` with its message. */
export function toErrorValue(thrown: unknown, traceId: string): ErrorValue {
  const error =
    thrown instanceof HindcastError
      ? thrown
      : new HindcastError('internal', { problem: thrown instanceof Error ? thrown.message : String(thrown) });
  const { code, message, nextStep, retryable, details } = error;
  return { code, message, nextStep, retryable, details, traceId };
}
