/**
 * What is usual, learned from the data itself: which types begin and end the life of an aggregate, which schema versions
 * a type has. Nothing is concluded from a handful of cases, so that a check stays silent when it cannot know.
 */

/** Fewer streams than this say nothing about how an aggregate begins. */
const ENOUGH_STREAMS = 20;
/** Share of streams that must begin so, or end so, for it to be the rule. */
const RULE_SHARE = 0.9;
const ENOUGH_CLOSED = 5;
const ENOUGH_BEHIND = 2;
const ENOUGH_EVENTS = 200;
/** A schema version carried by fewer events of its type than this share is unusual. */
const RARE_SHARE = 0.01;

/** Words that end a life in the names of event types; the data must confirm it. */
const CLOSING =
  /(?:closed|deleted|removed|terminated|cancelled|canceled|archived|completed|rejected|deceased|died|slaughtered|expired|erased|settled|written_?off|withdrawn)$/i;

interface TypeLife {
  begins: number;
  seen: number;
  last: number;
  /** Streams in which it comes only behind an end. */
  behind: number;
  /** Named like an end. */
  isClosing: boolean;
  /** Of the streams, counted from 1: the last in which it was; in which it was not behind an end; in which it was. */
  seenIn: number;
  beforeIn: number;
  behindIn: number;
}

/** Learns from the streams of one aggregate type; feed every stream once. */
export class LifeLearner {
  #streams = 0;
  /** By number of the type. */
  readonly #lives: (TypeLife | undefined)[] = [];
  readonly #types: (readonly [string, TypeLife])[] = [];
  readonly #nameOf: (no: number) => string;

  /** @param nameOf the event type of a number */
  constructor(nameOf: (no: number) => string) {
    this.#nameOf = nameOf;
  }

  /** @param types numbers of the types of a stream's events, in fold order */
  add(types: readonly number[]): void {
    if (types.length === 0) return;
    this.#streams += 1;
    const stream = this.#streams;
    let isBehind = false;
    for (const type of types) {
      const life = this.#of(type);
      if (life.seenIn !== stream) life.seen += 1;
      life.seenIn = stream;
      if (!isBehind) life.beforeIn = stream;
      else if (life.beforeIn !== stream && life.behindIn !== stream) {
        life.behindIn = stream;
        life.behind += 1;
      }
      isBehind ||= life.isClosing;
    }
    this.#of(types[0]!).begins += 1;
    this.#of(types.at(-1)!).last += 1;
  }

  /** Types that begin nearly all streams, one of them each; empty when no rule can be seen. */
  creationTypes(): ReadonlySet<string> {
    if (this.#streams < ENOUGH_STREAMS) return new Set();
    // A type that begins streams and never comes later is a beginning; others begin only what was cut off.
    const beginners = this.#types.filter(
      ([type, { begins, seen }]) => type !== '' && begins > 0 && begins >= seen * RULE_SHARE,
    );
    const covered = beginners.reduce((sum, [, { begins }]) => sum + begins, 0);
    return covered >= this.#streams * RULE_SHARE ? new Set(beginners.map(([type]) => type)) : new Set();
  }

  /** Types named like an end, after which nearly no stream goes on. */
  closingTypes(): ReadonlySet<string> {
    const closing = this.#types.filter(
      ([, { seen, last, isClosing }]) => isClosing && seen >= ENOUGH_CLOSED && last >= seen * RULE_SHARE,
    );
    return new Set(closing.map(([type]) => type));
  }

  /** Types that hardly ever come anywhere but behind an end: they are part of it, not against it. */
  afterTypes(): ReadonlySet<string> {
    const after = this.#types.filter(
      ([, { seen, behind }]) => behind >= ENOUGH_BEHIND && behind >= seen * RULE_SHARE,
    );
    return new Set(after.map(([type]) => type));
  }

  #of(type: number): TypeLife {
    const known = this.#lives[type];
    if (known !== undefined) return known;
    const name = this.#nameOf(type);
    const isClosing = CLOSING.test(name);
    const life = { begins: 0, seen: 0, last: 0, behind: 0, isClosing, seenIn: 0, beforeIn: 0, behindIn: 0 };
    this.#lives[type] = life;
    this.#types.push([name, life]);
    return life;
  }
}

/** Learns which schema versions the events of a type carry. */
export class SchemaLearner {
  /** By type and version: how many events, and the record id of the first. */
  readonly types = new Map<string, Map<string, { count: number; first: number }>>();

  /** Takes in what another learner saw of later records. */
  takeIn(types: SchemaLearner['types']): void {
    for (const [type, versions] of types) {
      const own = this.types.get(type);
      if (own === undefined) {
        this.types.set(type, versions);
        continue;
      }
      for (const [version, { count, first }] of versions) {
        const known = own.get(version);
        if (known === undefined) own.set(version, { count, first });
        else known.count += count;
      }
    }
  }

  /** Counts an event, and gives the counter: who knows that the next has the same may raise it. */
  add(type: string, version: string | null, recordId: number): { count: number } {
    let versions = this.types.get(type);
    if (versions === undefined) {
      versions = new Map();
      this.types.set(type, versions);
    }
    let known = versions.get(version ?? '');
    if (known === undefined) {
      known = { count: 0, first: recordId };
      versions.set(version ?? '', known);
    }
    known.count += 1;
    return known;
  }

  /** Versions that hardly any event of their type has, with the first event that has it. */
  unusual(): { type: string; version: string; count: number; of: number; first: number; usual: string }[] {
    const found = [];
    for (const [type, versions] of this.types) {
      const of = [...versions.values()].reduce((sum, { count }) => sum + count, 0);
      if (of < ENOUGH_EVENTS) continue;
      const usual = [...versions].reduce((most, each) => (each[1].count > most[1].count ? each : most))[0];
      for (const [version, { count, first }] of versions)
        if (count < of * RARE_SHARE) found.push({ type, version, count, of, first, usual });
    }
    return found;
  }
}
