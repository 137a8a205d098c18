/** Faults of the events of one stream, in words. */
import type { OrderedStream } from '../../core/order.ts';
import type { StreamHead } from '../store/stream.ts';

/** What the payloads say, asked only of events that look alike: reading them all would take most of the time. */
export interface Contents {
  /** Equal for payloads that are equal, nearly always different for others; null: the event carries no content. */
  signature(event: StreamHead): number | null;
  hasSameData(a: StreamHead, b: StreamHead): boolean;
  /** Both declare one and the same event id. */
  hasSameId(a: StreamHead, b: StreamHead): boolean;
}

/** Same content within this time of an earlier event looks like a retry. Milliseconds of recorded time. */
const RETRY_MS = 60_000;
/** How many earlier events of the type are looked at. */
const RETRY_LOOK_BACK = 20;
/** Recorded this much later than it occurred counts as late even when nothing else has occurred since. */
const LATE_MS = 24 * 3_600_000;

/** A span for the eye: `240 ms`, `4.0 s`, `12.5 min`, `3.0 h`, `9.2 days`. */
export function spanText(ms: number): string {
  const span = Math.abs(ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 60_000) return `${(span / 1000).toFixed(1)} s`;
  if (span < 3_600_000) return `${(span / 60_000).toFixed(1)} min`;
  if (span < 48 * 3_600_000) return `${(span / 3_600_000).toFixed(1)} h`;
  return `${(span / 86_400_000).toFixed(1)} days`;
}

/** Events are named by their declared version, else by their place in the log order of the stream, from 1. */
const nameOf = (event: StreamHead, place: number): string => `v${event.version ?? place + 1}`;

function versionFault(
  event: StreamHead,
  highest: number | null,
  known: ReadonlyMap<number, number>,
): string | null {
  const { version } = event;
  if (version === null) return null;
  const twin = known.get(version);
  if (twin !== undefined)
    return `Duplicate version ${version}: event ${twin + 1} of the stream declares it too`;
  if (highest === null) {
    if (version <= 1) return null;
    return version === 2
      ? 'Version gap: the stream begins with version 2, version 1 is missing'
      : `Version gap: the stream begins with version ${version}, versions 1 to ${version - 1} are missing`;
  }
  if (version < highest) return `Version ${version} comes after version ${highest}`;
  if (version === highest + 1) return null;
  return version === highest + 2
    ? `Version gap: version ${highest + 1} is missing before this event`
    : `Version gap: versions ${highest + 1} to ${version - 1} are missing before this event`;
}

function addTimeFaults(
  event: StreamHead,
  isBackdated: boolean,
  toleranceMs: number,
  faults: (string | null)[],
): void {
  if (event.recordedAt < event.monotonicAt)
    faults.push(
      `Recorded time runs backwards: ${spanText(event.monotonicAt - event.recordedAt)} before an earlier record of its partition`,
    );
  if (event.occurredAt === null) return;
  const delay = event.recordedAt - event.occurredAt;
  if (delay < -toleranceMs) faults.push(`Occurred ${spanText(delay)} after it was recorded`);
  else if (isBackdated)
    faults.push(
      `Backdated: recorded ${spanText(delay)} after it occurred, behind events that occurred later`,
    );
  else if (delay > LATE_MS) faults.push(`Late: recorded ${spanText(delay)} after it occurred`);
}

function kindFault(event: StreamHead): string | null {
  if (event.kind === 'tombstone') return 'Tombstone inside the stream: the record has no value';
  if (event.kind === 'undecodable') return 'Undecodable: the value cannot be read as an event';
  return null;
}

interface Placed {
  event: StreamHead;
  place: number;
  /** Undefined: not asked yet. */
  signature: number | null | undefined;
}

/** The last events of each type, to find what was written twice. */
class Retries {
  readonly #contents: Contents;
  readonly #recent = new Map<string, Placed[]>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  find(event: StreamHead, place: number): string | null {
    if (event.kind !== 'event') return null;
    let recent = this.#recent.get(event.type);
    if (recent === undefined) {
      recent = [];
      this.#recent.set(event.type, recent);
    }
    const entry: Placed = { event, place, signature: undefined };
    const twin = event.eventHash === null ? undefined : recent.findLast((each) => this.#isRetry(each, entry));
    recent.push(entry);
    if (recent.length > RETRY_LOOK_BACK) recent.shift();
    if (twin === undefined) return null;
    const span = event.recordedAt - twin.event.recordedAt;
    const when = span >= 0 ? `${spanText(span)} earlier` : `${spanText(span)} later`;
    return `Same content as ${nameOf(twin.event, twin.place)}, ${when}, with another event id`;
  }

  #isRetry(earlier: Placed, later: Placed): boolean {
    if (earlier.event.eventHash === later.event.eventHash) return false;
    if (Math.abs(later.event.recordedAt - earlier.event.recordedAt) > RETRY_MS) return false;
    const signature = this.#signature(later);
    return (
      signature !== null &&
      signature === this.#signature(earlier) &&
      this.#contents.hasSameData(earlier.event, later.event)
    );
  }

  #signature(entry: Placed): number | null {
    if (entry.signature === undefined) entry.signature = this.#contents.signature(entry.event);
    return entry.signature;
  }
}

/** Faults by record id; an event without any has no entry. */
export function findFaults(
  ordered: OrderedStream<StreamHead>,
  backdated: ReadonlySet<number>,
  contents: Contents,
): Map<number, string[]> {
  const faults = new Map<number, string[]>();
  const versions = new Map<number, number>();
  const eventIds = new Map<number, { event: StreamHead; place: number }>();
  const retries = new Retries(contents);
  const contradicting = new Set(ordered.versionFaults.map(({ id }) => id));
  let highest: number | null = null;
  let found: (string | null)[] = [];
  for (const [place, event] of ordered.events.entries()) {
    found.push(kindFault(event));
    const fault = versionFault(event, highest, versions);
    found.push(
      fault !== null && contradicting.has(event.id) && !fault.startsWith('Duplicate')
        ? `${fault} in its partition; the offset decides`
        : fault,
    );
    if (event.version !== null) {
      if (!versions.has(event.version)) versions.set(event.version, place);
      highest = Math.max(highest ?? event.version, event.version);
    }
    if (event.eventHash !== null) {
      const twin = eventIds.get(event.eventHash);
      if (twin === undefined) eventIds.set(event.eventHash, { event, place });
      else if (contents.hasSameId(twin.event, event))
        found.push(
          `Duplicate event id: ${nameOf(twin.event, twin.place)} has it too, with ${contents.hasSameData(twin.event, event) ? 'the same' : 'different'} content`,
        );
    }
    found.push(retries.find(event, place));
    addTimeFaults(event, backdated.has(event.id), ordered.toleranceMs, found);
    const words = found.filter((text) => text !== null);
    if (words.length > 0) faults.set(event.id, words);
    found = [];
  }
  return faults;
}
