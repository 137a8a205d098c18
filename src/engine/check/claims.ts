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
import { takeNext } from '../workers/shared.ts';
import { type Columns, type Groups, selectRows } from './columns.ts';
import { claimsOf, Signatures } from './integrity.ts';
import type { Payloads } from './payloadLook.ts';
import { checkSnapshots } from './snapshots.ts';
import { headOf } from './streams.ts';
import { VerdictBook } from './verdicts.ts';

/** Signatures that are verified; each takes as long as reading twenty records. */
const MOST_SIGNATURES = 5_000;
const STEP_VERIFIED = 100;
/** Events of aggregates with snapshots that are read ahead; and characters of them, together. */
const READ_AHEAD = 30_000;
const MOST_AHEAD = 32 * 1024 * 1024;

/** What is to be verified; plain data. */
export interface ClaimsTask {
  /** Records whose signatures are verified; from `next` on by nobody yet. */
  signed: readonly number[];
  next: Int32Array;
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

/** Signatures that do not hold, of those from one place of the task on; and how many do. */
interface SignaturePart {
  from: number;
  failed: number[];
  verdicts: Record<'PASS' | 'ABSENT' | 'UNVERIFIABLE', number>;
}

/** What a thread found; plain data. */
export interface ClaimsPart {
  signatures: SignaturePart[];
  snapshots: Finding[];
  verdicts: VerdictBook['counts'];
}

export interface Claims {
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
    next: new Int32Array(new SharedArrayBuffer(4)),
    allSigned: asked.length,
    events: selectRows(columns, chosen),
    ...{ streams, snapshots: ids, reducers },
  };
}

/** Verifies all of a task that no other thread takes. */
export function* claimSteps(contextOf: () => ReadContext, task: ClaimsTask): Generator<void, ClaimsPart> {
  const verdicts = new VerdictBook();
  const snapshots = yield* lookAtSnapshots(contextOf, task, verdicts);
  return {
    ...{ snapshots, verdicts: verdicts.counts },
    signatures: yield* verifySignatures(contextOf, task),
  };
}

/** The same in a thread of its own. @throws HindcastError `cancelled` */
export function verifyClaims(context: ReadContext, task: ClaimsTask): ClaimsPart {
  const steps = claimSteps(() => context, task);
  for (let step = steps.next(); ; step = steps.next()) {
    context.throwIfAborted();
    if (step.done === true) return step.value;
  }
}

/** Puts together what one thread found, and the signatures that another one verified meanwhile. */
export function joinClaims({ signed }: ClaimsTask, part: ClaimsPart, others: SignaturePart[]): Claims {
  const book = new VerdictBook();
  book.takeIn(part.verdicts);
  const parts = [...part.signatures, ...others].sort((a, b) => a.from - b.from);
  for (const { verdicts } of parts)
    for (const verdict of ['PASS', 'ABSENT', 'UNVERIFIABLE'] as const)
      book.add('signature', verdict, verdicts[verdict]);
  const failed = parts.flatMap((each) => each.failed).map((place) => signed[place]!);
  const isAnySound = parts.some(({ verdicts }) => verdicts.PASS > 0);
  // Where none holds, it is not known what this system signs: nothing can be said against any.
  book.add('signature', isAnySound ? 'FAIL' : 'UNVERIFIABLE', failed.length);
  const text = 'The signature does not verify with the key that the event carries';
  const findings = failed.map((id): Finding => ({ rule: 'signature-bad', events: [id], text }));
  return { findings: [...(isAnySound ? findings : []), ...part.snapshots], verdicts: book.counts };
}

/** Takes part in verifying the signatures of a task until none is left. */
export function* verifySignatures(
  contextOf: () => ReadContext,
  { signed, next }: ClaimsTask,
): Generator<void, SignaturePart[]> {
  const signatures = new Signatures();
  const parts: SignaturePart[] = [];
  for (;;) {
    const from = takeNext(next, STEP_VERIFIED);
    if (from >= signed.length) return parts;
    const part: SignaturePart = { from, failed: [], verdicts: { PASS: 0, ABSENT: 0, UNVERIFIABLE: 0 } };
    for (let place = from; place < Math.min(from + STEP_VERIFIED, signed.length); place++) {
      const text = recordBytesOf(contextOf()).text(signed[place]!) ?? '';
      const claims = claimsOf(parseApproximate(text));
      const verdict: IntegrityVerdict = claims ? signatures.verdict(text, claims) : 'UNVERIFIABLE';
      if (verdict === 'FAIL') part.failed.push(place);
      else part.verdicts[verdict] += 1;
    }
    parts.push(part);
    yield;
  }
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
