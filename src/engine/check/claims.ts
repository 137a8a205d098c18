/**
 * Claims that cost much to verify, one by one: signatures, and the states that snapshots carry. Where a second thread reads
 * payloads, it looks at them (`ClaimsTask`) while the first looks at streams.
 */
import type { AggregateRef } from '../../contract/common.ts';
import type { Finding } from '../../core/check/findings.ts';
import type { IntegrityVerdict } from '../../core/envelope/integrity.ts';
import type { Folder } from '../../core/folder.ts';
import { parseApproximate, parseJson } from '../../core/json.ts';
import type { Reducer } from '../../core/model.ts';
import { folderFor } from '../sandbox/folderFor.ts';
import { recordBytesOf } from '../store/recordBytes.ts';
import { latestLogOnly, PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { type Columns, type Groups, selectRows } from './columns.ts';
import { claimsOf, Signatures } from './integrity.ts';
import type { Payloads } from './payloadLook.ts';
import { checkSnapshots } from './snapshots.ts';
import { headOf } from './streams.ts';
import { VerdictBook } from './verdicts.ts';

/** Signatures that are verified; each takes as long as reading twenty records. */
const MOST_SIGNATURES = 5_000;
const STEP_VERIFIED = 200;
/** Events of aggregates with snapshots that are read ahead; and characters of them, together. */
const READ_AHEAD = 10_000;
const MOST_AHEAD = 32 * 1024 * 1024;

/** What is to be verified; plain data. */
export interface ClaimsTask {
  /** Records whose signatures are verified. */
  signed: readonly number[];
  /** How many there are that could be. */
  allSigned: number;
  /** The events of aggregates with snapshots, one aggregate after the other. */
  events: Columns;
  /** Where in them each aggregate begins, and what it is called. */
  streams: readonly { from: number; ref: AggregateRef }[];
  /** Record ids of the snapshots. */
  snapshots: ReadonlySet<number>;
  /** Definition of the reducer meant for an aggregate type. */
  reducers: Readonly<Record<string, string>>;
}

/** What was found; plain data. */
export interface ClaimsPart {
  findings: Finding[];
  verdicts: VerdictBook['counts'];
}

/** Everything that {@link claimSteps} needs of a workspace whose payloads were read. */
export function claimsTask(
  { dictionary }: ReadContext,
  columns: Columns,
  { start, rows }: Groups,
  { signed, snapshots }: Payloads,
  isAsked: Uint8Array,
  reducers: ClaimsTask['reducers'],
): ClaimsTask {
  const asked = signed.filter((row) => isAsked[row] !== 0);
  const tried = asked.length <= MOST_SIGNATURES ? asked : spread(asked, MOST_SIGNATURES);
  const streams: { from: number; ref: AggregateRef }[] = [];
  const ids = new Set<number>();
  const aggregates = new Set<number>();
  for (const row of snapshots) {
    const aggregate = columns.aggregate[row]!;
    if (aggregate === 0 || isAsked[row] === 0) continue;
    aggregates.add(aggregate);
    ids.add(columns.id[row]!);
  }
  const chosen: number[] = [];
  for (const aggregate of aggregates) {
    streams.push({ from: chosen.length, ref: dictionary.aggregate(aggregate)! });
    for (const row of rows.subarray(start[aggregate]!, start[aggregate + 1]!)) chosen.push(row);
  }
  return {
    signed: tried.map((row) => columns.id[row]!),
    allSigned: asked.length,
    events: selectRows(columns, chosen),
    ...{ streams, snapshots: ids, reducers },
  };
}

/** Verifies all of a task. */
export function* claimSteps(contextOf: () => ReadContext, task: ClaimsTask): Generator<void, ClaimsPart> {
  const verdicts = new VerdictBook();
  const findings = yield* lookAtSignatures(contextOf, task, verdicts);
  findings.push(...(yield* lookAtSnapshots(contextOf, task, verdicts)));
  return { findings, verdicts: verdicts.counts };
}

/** The same in a thread of its own. @throws HindcastError `cancelled` */
export function verifyClaims(context: ReadContext, task: ClaimsTask): ClaimsPart {
  const steps = claimSteps(() => context, task);
  for (let step = steps.next(); ; step = steps.next()) {
    context.throwIfAborted();
    if (step.done === true) return step.value;
  }
}

function* lookAtSignatures(
  contextOf: () => ReadContext,
  { signed }: ClaimsTask,
  verdicts: VerdictBook,
): Generator<void, Finding[]> {
  const signatures = new Signatures();
  const failed: Finding[] = [];
  let held = 0;
  for (const [nth, id] of signed.entries()) {
    const text = recordBytesOf(contextOf()).text(id) ?? '';
    const claims = claimsOf(parseApproximate(text));
    const verdict: IntegrityVerdict = claims ? signatures.verdict(text, claims) : 'UNVERIFIABLE';
    if (verdict === 'FAIL') {
      const why = 'The signature does not verify with the key that the event carries';
      failed.push({ rule: 'signature-bad', events: [id], text: why });
    } else verdicts.add('signature', verdict);
    if (verdict === 'PASS') held += 1;
    if (nth % STEP_VERIFIED === 0) yield;
  }
  // Where none holds, it is not known what this system signs: nothing can be said against any.
  verdicts.add('signature', held > 0 ? 'FAIL' : 'UNVERIFIABLE', failed.length);
  return held > 0 ? failed : [];
}

function* lookAtSnapshots(
  contextOf: () => ReadContext,
  { events, streams, snapshots, reducers }: ClaimsTask,
  verdicts: VerdictBook,
): Generator<void, Finding[]> {
  const { dictionary } = contextOf();
  const folders = new Map<string, Folder | null>();
  const folderOf = ({ type }: AggregateRef): Folder | null => {
    let folder = folders.get(type);
    if (folder === undefined) {
      const text = reducers[type];
      folder = text === undefined ? null : folderFor(parseJson(text) as unknown as Reducer);
      folders.set(type, folder);
    }
    return folder;
  };
  const reader = new PayloadReader(contextOf());
  let texts = new Map<number, string | null>();
  let read = 0;
  const eventOf = (head: StreamHead) => reader.event(head, texts.get(head.id));
  const found: Finding[] = [];
  for (const [nth, { from, ref }] of streams.entries()) {
    const to = streams[nth + 1]?.from ?? events.count;
    if (to > read) {
      read = Math.max(to, Math.min(from + READ_AHEAD, events.count));
      texts = textsOf(contextOf(), events.id.slice(from, read));
      yield;
    }
    const heads = Array.from({ length: to - from }, (_, at) => headOf(events, from + at, dictionary));
    const own = new Set<number>();
    for (const { id } of heads) if (snapshots.has(id)) own.add(id);
    const stream = latestLogOnly(dictionary, heads);
    const checked = checkSnapshots(eventOf, ref, stream, own, folderOf(ref));
    for (const verdict of checked.verdicts) verdicts.add('snapshot', verdict);
    found.push(...checked.findings);
    yield;
  }
  return found;
}

/**
 * Values of records, read in the order in which they lie on the disk: each on its own would open a block for nearly every
 * one. Those for which there is no room are left out.
 */
function textsOf(context: ReadContext, ids: Float64Array): Map<number, string | null> {
  const bytes = recordBytesOf(context);
  const texts = new Map<number, string | null>();
  let room = MOST_AHEAD;
  for (const id of ids.sort()) {
    const text = bytes.text(id);
    room -= text?.length ?? 0;
    if (room < 0) break;
    texts.set(id, text);
  }
  return texts;
}

/** So many of them, evenly. */
const spread = (rows: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, nth) => rows[Math.floor((nth * rows.length) / count)]!);
