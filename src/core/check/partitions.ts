/** Keys and partitions: whether Kafka keeps the order of an aggregate's events. */
import { formatCount } from '../count.ts';
import type { Finding } from './findings.ts';

/** Where an event of one stream lies. */
export interface PlacedEvent {
  id: number;
  topic: string;
  partition: number;
  /** Equal keys have equal numbers; NaN: it has none. */
  key: number;
}

/** Share of a topic's aggregates on several partitions from which on the topic, not each aggregate, is at fault. */
const RULE_SHARE = 0.5;
const ENOUGH_STREAMS = 20;

interface TopicSpread {
  streams: number;
  spread: { events: number[]; partitions: number[] }[];
}

/** Feed the events of every stream once, in any order. */
export class PlaceChecker {
  readonly #topics = new Map<string, TopicSpread>();
  readonly #found: Finding[] = [];

  /** @param isAsked false: only to learn what is usual */
  add(events: readonly PlacedEvent[], isAsked = true): void {
    if (events.length < 2) return;
    const [first] = events as readonly [PlacedEvent];
    if (events.every((event) => isBeside(event, first))) {
      this.addBeside(first.topic);
      return;
    }
    for (const [topic, own] of byTopic(events)) {
      if (own.length < 2) continue;
      const known = this.#of(topic);
      known.streams += 1;
      const firsts = new Map<number, number>();
      for (const { partition, id } of own) if (!firsts.has(partition)) firsts.set(partition, id);
      if (firsts.size > 1)
        known.spread.push({ events: isAsked ? [...firsts.values()] : [], partitions: [...firsts.keys()] });
      if (isAsked) this.#lookAtKeys(own);
    }
  }

  /** The events of a stream, two or more, that lie under one key of one partition. */
  addBeside(topic: string): void {
    this.#of(topic).streams += 1;
  }

  #of(topic: string): TopicSpread {
    let known = this.#topics.get(topic);
    if (known === undefined) {
      known = { streams: 0, spread: [] };
      this.#topics.set(topic, known);
    }
    return known;
  }

  /** Events of one topic that do not have the key of most others of their aggregate. */
  #lookAtKeys(events: readonly PlacedEvent[]): void {
    const first = events[0]!.key;
    if (events.every(({ key }) => Object.is(key, first))) return;
    const counts = new Map<number, number>();
    for (const { key } of events) counts.set(key, (counts.get(key) ?? 0) + 1);
    const usual = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
    const example = events.find(({ key }) => Object.is(key, usual))!;
    for (const { id, key } of events)
      if (!Object.is(key, usual))
        this.#found.push({
          rule: 'key-differs',
          events: [id, example.id],
          text: Number.isNaN(key)
            ? 'It has no record key; other events of the aggregate in this topic have one'
            : 'It has another record key than other events of the aggregate in this topic',
        });
  }

  findings(): Finding[] {
    const found = [...this.#found];
    for (const [topic, { streams, spread }] of this.#topics) {
      const asked = spread.filter(({ events }) => events.length > 0);
      if (asked.length === 0) continue;
      if (streams >= ENOUGH_STREAMS && spread.length > streams * RULE_SHARE)
        found.push({
          rule: 'several-partitions',
          events: asked[0]!.events,
          text: `${formatCount(spread.length)} of ${formatCount(streams)} aggregates lie on several partitions of ${topic}: it is not keyed by the aggregate`,
        });
      else
        for (const { events, partitions } of asked)
          found.push({
            rule: 'several-partitions',
            events,
            text: `The aggregate lies on the partitions ${partitions.toSorted((a, b) => a - b).join(', ')} of ${topic}`,
          });
    }
    return found;
  }
}

/** Under the same key of the same partition. */
const isBeside = (a: PlacedEvent, b: PlacedEvent): boolean =>
  a.topic === b.topic && a.partition === b.partition && Object.is(a.key, b.key);

function byTopic(events: readonly PlacedEvent[]): Map<string, PlacedEvent[]> {
  const topics = new Map<string, PlacedEvent[]>();
  for (const event of events) {
    const own = topics.get(event.topic);
    if (own === undefined) topics.set(event.topic, [event]);
    else own.push(event);
  }
  return topics;
}
