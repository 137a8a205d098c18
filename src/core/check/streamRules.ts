/** Faults inside the stream of one aggregate, from what is known of its events without their payloads. */
import type { Orderable, OrderedStream } from '../order.ts';
import { type Finding, type RuleName, spanText } from './findings.ts';

/** An event as the columns of a store tell it. */
export interface CheckedEvent extends Orderable {
  /** 53-bit hash of the event id; null: it declares none. Equal ids have equal hashes, not the other way round. */
  eventHash: number | null;
}

/** What the payloads say, asked only of events that look alike: reading them all would take most of the time. */
export interface Contents<E extends CheckedEvent> {
  /** Equal for payloads that are equal, nearly always different for others; null: the event carries no content. */
  signature(event: E): number | null;
  hasSameData(a: E, b: E): boolean;
  /** Both declare one and the same event id. */
  hasSameId(a: E, b: E): boolean;
}

/** What is usual for streams of this kind; empty sets: nothing is known, and nothing is found. */
export interface Usual {
  creationTypes: ReadonlySet<string>;
  closingTypes: ReadonlySet<string>;
  /** Types that belong behind a closure, such as a refund behind a settlement. */
  afterTypes: ReadonlySet<string>;
}

export const NOTHING_USUAL: Usual = {
  creationTypes: new Set(),
  closingTypes: new Set(),
  afterTypes: new Set(),
};

/** Same content within this time of an earlier event looks like a retry. Milliseconds of recorded time. */
const RETRY_MS = 60_000;
/** How many earlier events of the type are looked at. */
const RETRY_LOOK_BACK = 20;
/** Recorded this much later than it occurred counts as late even when nothing else has occurred since. */
export const LATE_MS = 24 * 3_600_000;

export type Report = (rule: RuleName, events: number[], text: string) => void;

/** Events are named by their declared version, else by their place in the log order of the stream, from 1. */
const nameOf = (event: CheckedEvent, place: number): string => `v${event.version ?? place + 1}`;

class Versions<E extends CheckedEvent> {
  /** Place of the first event that declares a version. */
  readonly #known = new Map<number, number>();
  readonly #contradicting: ReadonlySet<number>;
  readonly #eventAt: (place: number) => E;
  #highest: number | null = null;

  constructor(faults: OrderedStream['versionFaults'], eventAt: (place: number) => E) {
    this.#contradicting = new Set(faults.map(({ id }) => id));
    this.#eventAt = eventAt;
  }

  look(event: CheckedEvent, place: number, report: Report): void {
    const { version, id } = event;
    if (version === null) return;
    const twin = this.#known.get(version);
    if (twin !== undefined)
      report(
        'version-duplicate',
        [id, this.#eventAt(twin).id],
        `Duplicate version ${version}: event ${twin + 1} of the stream declares it too`,
      );
    else this.#order(version, id, report);
    if (twin === undefined) this.#known.set(version, place);
    this.#highest = Math.max(this.#highest ?? version, version);
  }

  #order(version: number, id: number, report: Report): void {
    const highest = this.#highest;
    if (highest === null) {
      if (version > 1)
        report(
          'version-gap',
          [id],
          version === 2
            ? 'Version gap: the stream begins with version 2, version 1 is missing'
            : `Version gap: the stream begins with version ${version}, versions 1 to ${version - 1} are missing`,
        );
    } else if (version < highest) {
      const words = `Version ${version} comes after version ${highest}`;
      report(
        'version-order',
        [id],
        this.#contradicting.has(id) ? `${words} in its partition; the offset decides` : words,
      );
    } else if (version > highest + 1)
      report(
        'version-gap',
        [id],
        version === highest + 2
          ? `Version gap: version ${highest + 1} is missing before this event`
          : `Version gap: versions ${highest + 1} to ${version - 1} are missing before this event`,
      );
  }
}

interface Placed<E> {
  event: E;
  place: number;
  /** Undefined: not asked yet. */
  signature: number | null | undefined;
}

/** The last events of each type, to find what was written twice. */
class Retries<E extends CheckedEvent> {
  readonly #contents: Contents<E>;
  readonly #recent = new Map<string, Placed<E>[]>();

  constructor(contents: Contents<E>) {
    this.#contents = contents;
  }

  /** Takes an event in; those of its type that came shortly before it. */
  remember(event: E, place: number): { entry: Placed<E>; before: readonly Placed<E>[] } {
    const before = this.#recent.get(event.type) ?? [];
    const entry: Placed<E> = { event, place, signature: undefined };
    this.#recent.set(event.type, [...before.slice(1 - RETRY_LOOK_BACK), entry]);
    return { entry, before };
  }

  look(event: E, place: number, report: Report): void {
    if (event.kind !== 'event') return;
    const { entry, before } = this.remember(event, place);
    const twin = event.eventHash === null ? undefined : before.findLast((each) => this.#isRetry(each, entry));
    if (twin === undefined) return;
    const span = event.recordedAt - twin.event.recordedAt;
    const when = span >= 0 ? `${spanText(span)} earlier` : `${spanText(span)} later`;
    report(
      'content-repeated',
      [event.id, twin.event.id],
      `Same content as ${nameOf(twin.event, twin.place)}, ${when}, with another event id`,
    );
  }

  #isRetry(earlier: Placed<E>, later: Placed<E>): boolean {
    if (earlier.event.eventHash === later.event.eventHash) return false;
    if (Math.abs(later.event.recordedAt - earlier.event.recordedAt) > RETRY_MS) return false;
    const signature = this.#signature(later);
    return (
      signature !== null &&
      signature === this.#signature(earlier) &&
      this.#contents.hasSameData(earlier.event, later.event)
    );
  }

  #signature(entry: Placed<E>): number | null {
    if (entry.signature === undefined) entry.signature = this.#contents.signature(entry.event);
    return entry.signature;
  }
}

/** Events of one stream by their declared id. */
class EventIds<E extends CheckedEvent> {
  readonly #contents: Contents<E>;
  readonly #eventAt: (place: number) => E;
  /** Place of the first event with a hash: the event itself would take ten times the memory. */
  readonly #known = new Map<number, number>();

  constructor(contents: Contents<E>, eventAt: (place: number) => E) {
    this.#contents = contents;
    this.#eventAt = eventAt;
  }

  remember({ eventHash }: E, place: number): void {
    if (eventHash !== null && !this.#known.has(eventHash)) this.#known.set(eventHash, place);
  }

  look(event: E, place: number, report: Report): void {
    if (event.eventHash === null) return;
    const known = this.#known.get(event.eventHash);
    if (known === undefined) {
      this.#known.set(event.eventHash, place);
      return;
    }
    const twin = this.#eventAt(known);
    if (!this.#contents.hasSameId(twin, event)) return;
    const same = this.#contents.hasSameData(twin, event);
    report(
      same ? 'id-duplicate' : 'id-conflict',
      [event.id, twin.id],
      `Duplicate event id: ${nameOf(twin, known)} has it too, with ${same ? 'the same' : 'different'} content`,
    );
  }
}

function lookAtTimes(event: CheckedEvent, isBackdated: boolean, toleranceMs: number, report: Report): void {
  const { id } = event;
  if (event.recordedAt < event.monotonicAt)
    report(
      'time-backwards',
      [id],
      `Recorded time runs backwards: ${spanText(event.monotonicAt - event.recordedAt)} before an earlier record of its partition`,
    );
  if (event.occurredAt === null) return;
  const delay = event.recordedAt - event.occurredAt;
  if (delay < -toleranceMs)
    report('recorded-before', [id], `Occurred ${spanText(delay)} after it was recorded`);
  else if (isBackdated)
    report(
      'backdated',
      [id],
      `Backdated: recorded ${spanText(delay)} after it occurred, behind events that occurred later`,
    );
  else if (delay > LATE_MS) report('late', [id], `Late: recorded ${spanText(delay)} after it occurred`);
}

function lookAtKind({ id, kind }: CheckedEvent, report: Report): void {
  if (kind === 'tombstone') report('tombstone', [id], 'Tombstone inside the stream: the record has no value');
  if (kind === 'undecodable')
    report('undecodable', [id], 'Undecodable: the value cannot be read as an event');
}

/** Events after the one that closed; corrections that name themselves so are let pass. */
const AFTERWARDS = /reopened|restored|reactivated|revers|correct|compensat|audit|note|erased/i;
/** Whether a type names a correction, or what makes a closed aggregate open again. */
export const isAfterwards = (type: string): boolean => AFTERWARDS.test(type);

function lookAtLife<E extends CheckedEvent>(events: readonly E[], usual: Usual, report: Report): void {
  const { creationTypes, closingTypes, afterTypes } = usual;
  const first = events[0];
  if (first !== undefined && creationTypes.size > 0 && !events.some(({ type }) => creationTypes.has(type)))
    report(
      'creation-missing',
      [first.id],
      `The stream begins with ${first.type === '' ? 'a record without a type' : first.type}; others begin with ${[...creationTypes].sort().join(' or ')}`,
    );
  let closed: E | null = null;
  for (const event of events) {
    if (
      closed !== null &&
      event.kind === 'event' &&
      !closingTypes.has(event.type) &&
      !afterTypes.has(event.type) &&
      !isAfterwards(event.type)
    )
      report('after-closure', [event.id, closed.id], `${event.type} after ${closed.type}`);
    if (closingTypes.has(event.type)) closed = event;
    else if (isAfterwards(event.type)) closed = null;
  }
}

/** Looks at the events of one stream one after the other, in log order. */
export class StreamChecker<E extends CheckedEvent> {
  readonly #versions: Versions<E>;
  readonly #ids: EventIds<E>;
  readonly #retries: Retries<E>;
  readonly #toleranceMs: number;

  /** @param eventAt the event at a place of the log order; asked for places that were looked at */
  constructor(
    { versionFaults, toleranceMs }: Pick<OrderedStream<E>, 'versionFaults' | 'toleranceMs'>,
    contents: Contents<E>,
    eventAt: (place: number) => E,
  ) {
    this.#versions = new Versions(versionFaults, eventAt);
    this.#ids = new EventIds(contents, eventAt);
    this.#retries = new Retries(contents);
    this.#toleranceMs = toleranceMs;
  }

  look(event: E, place: number, isBackdated: boolean, report: Report): void {
    lookAtKind(event, report);
    this.#versions.look(event, place, report);
    this.#ids.look(event, place, report);
    this.#retries.look(event, place, report);
    lookAtTimes(event, isBackdated, this.#toleranceMs, report);
  }

  /** Takes an event in whose faults are known: nothing is compared. */
  remember(event: E, place: number): void {
    this.#versions.look(event, place, () => {});
    this.#ids.remember(event, place);
    if (event.kind === 'event') this.#retries.remember(event, place);
  }
}

/**
 * All faults of one stream, in the order of its events. `backdated`: ids of events that occurred order moves.
 */
export function checkStream<E extends CheckedEvent>(
  ordered: OrderedStream<E>,
  backdated: { has(id: number): boolean },
  contents: Contents<E>,
  usual: Usual = NOTHING_USUAL,
): Finding[] {
  const found: Finding[] = [];
  const report: Report = (rule, events, text) => void found.push({ rule, events, text });
  const checker = new StreamChecker(ordered, contents, (place) => ordered.events[place]!);
  for (const [place, event] of ordered.events.entries())
    checker.look(event, place, backdated.has(event.id), report);
  lookAtLife(ordered.events, usual, report);
  for (const event of ordered.excluded)
    if (event.verdict === 'aborted')
      report('aborted', [event.id], `${event.type || 'A record'} of a transaction that was aborted`);
  return found;
}
