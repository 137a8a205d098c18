/** Faults of the events of one stream, in words. */
import { sameJson } from '../../core/fold.ts';
import { isJsonObject } from '../../core/json.ts';
import type { StreamEvent } from '../../core/model.ts';
import type { OrderedStream } from '../../core/order.ts';

/** Same content within this time of an earlier event looks like a retry. Milliseconds of recorded time. */
const RETRY_MS = 60_000;
/** How many earlier events of the type are compared. */
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
const nameOf = (event: StreamEvent, place: number): string => `v${event.version ?? place + 1}`;

function versionFault(
  event: StreamEvent,
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

function hasContent(event: StreamEvent): boolean {
  if (event.kind !== 'event' || event.data === null) return false;
  return isJsonObject(event.data) ? Object.keys(event.data).length > 0 : true;
}

function timeFaults(event: StreamEvent, isBackdated: boolean, toleranceMs: number): string[] {
  const faults: string[] = [];
  if (event.recordedAt < event.monotonicAt)
    faults.push(
      `Recorded time runs backwards: ${spanText(event.monotonicAt - event.recordedAt)} before an earlier record of its partition`,
    );
  if (event.occurredAt === null) return faults;
  const delay = event.recordedAt - event.occurredAt;
  if (delay < -toleranceMs) faults.push(`Occurred ${spanText(delay)} after it was recorded`);
  else if (isBackdated)
    faults.push(
      `Backdated: recorded ${spanText(delay)} after it occurred, behind events that occurred later`,
    );
  else if (delay > LATE_MS) faults.push(`Late: recorded ${spanText(delay)} after it occurred`);
  return faults;
}

function kindFault(event: StreamEvent): string | null {
  if (event.kind === 'tombstone') return 'Tombstone inside the stream: the record has no value';
  if (event.kind === 'undecodable') return 'Undecodable: the value cannot be read as an event';
  return null;
}

/** The last events of each type, to find what was written twice. */
class Retries {
  readonly #recent = new Map<string, { event: StreamEvent; place: number }[]>();

  find(event: StreamEvent, place: number): string | null {
    if (!hasContent(event)) return null;
    let recent = this.#recent.get(event.type);
    if (recent === undefined) {
      recent = [];
      this.#recent.set(event.type, recent);
    }
    const twin = recent.findLast(
      (earlier) =>
        earlier.event.eventId !== event.eventId &&
        Math.abs(event.recordedAt - earlier.event.recordedAt) <= RETRY_MS &&
        sameJson(earlier.event.data, event.data),
    );
    recent.push({ event, place });
    if (recent.length > RETRY_LOOK_BACK) recent.shift();
    if (twin === undefined || event.eventId === null) return null;
    const span = event.recordedAt - twin.event.recordedAt;
    const when = span >= 0 ? `${spanText(span)} earlier` : `${spanText(span)} later`;
    return `Same content as ${nameOf(twin.event, twin.place)}, ${when}, with another event id`;
  }
}

/** Faults by record id; an event without any has no entry. */
export function findFaults(ordered: OrderedStream, backdated: ReadonlySet<number>): Map<number, string[]> {
  const faults = new Map<number, string[]>();
  const versions = new Map<number, number>();
  const eventIds = new Map<string, { event: StreamEvent; place: number }>();
  const retries = new Retries();
  const contradicting = new Set(ordered.versionFaults.map(({ id }) => id));
  let highest: number | null = null;
  for (const [place, event] of ordered.events.entries()) {
    const found: (string | null)[] = [kindFault(event)];
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
    const twin = event.eventId === null ? undefined : eventIds.get(event.eventId);
    if (twin !== undefined)
      found.push(
        `Duplicate event id: ${nameOf(twin.event, twin.place)} has it too, with ${sameJson(twin.event.data, event.data) ? 'the same' : 'different'} content`,
      );
    else if (event.eventId !== null) eventIds.set(event.eventId, { event, place });
    found.push(
      retries.find(event, place),
      ...timeFaults(event, backdated.has(event.id), ordered.toleranceMs),
    );
    const words = found.filter((text) => text !== null);
    if (words.length > 0) faults.set(event.id, words);
  }
  return faults;
}
