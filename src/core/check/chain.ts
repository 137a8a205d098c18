/**
 * Links to the event before, by the hash it claims. What "before" means is written nowhere: of the aggregate, of the
 * aggregate in this topic, of the partition or of the topic. The reading under which nearly all links hold is the one
 * that was meant; the links that do not hold under it are broken. When none fits, nothing is concluded.
 */
import type { IntegrityVerdict } from '../envelope/integrity.ts';
import type { Finding } from './findings.ts';

export interface ChainLink {
  id: number;
  /** Number of the topic: its links are read in one way. */
  topic: number;
  /** Recorded time made monotonic: the order of links of several partitions. */
  at: number;
  partition: number;
  aggregate: number;
  /** Numbers that stand for the claimed hash and for that of the event before; NaN: none. */
  own: number;
  previous: number;
}

/** Numbers of topics are below it, those of aggregates below 2^33: both together are one exact number. */
const MOST_TOPICS = 2 ** 20;

const READINGS = [
  { words: 'of its aggregate', of: ({ aggregate }: ChainLink) => aggregate },
  {
    words: 'of its aggregate in this topic',
    of: ({ aggregate, topic }: ChainLink) => aggregate * MOST_TOPICS + topic,
  },
  { words: 'of its partition', of: ({ partition }: ChainLink) => partition },
  { words: 'of its topic', of: ({ topic }: ChainLink) => topic },
] as const;

/** Share of links that must hold for a reading to be the one that was meant. */
const MEANT_SHARE = 0.9;
const ENOUGH_LINKS = 3;

/** The links under one reading, by their places. */
interface Read {
  words: string;
  verdicts: IntegrityVerdict[];
  /** The place of the event before, by this reading; −1: there is none. */
  before: Int32Array;
  /** By topic: links that could be tried, and those that hold. */
  tries: Map<number, { tried: number; held: number }>;
}

function readAs(links: readonly ChainLink[], { of: keyOf, words }: (typeof READINGS)[number]): Read {
  const last = new Map<number, number>();
  const verdicts: IntegrityVerdict[] = [];
  const before = new Int32Array(links.length);
  const tries: Read['tries'] = new Map();
  for (let at = 0; at < links.length; at++) {
    const link = links[at]!;
    const { own, previous, topic } = link;
    const key = keyOf(link);
    const place = last.get(key) ?? -1;
    before[at] = place;
    if (!Number.isNaN(own)) last.set(key, at);
    let verdict: IntegrityVerdict;
    // The first of a chain has nothing to link to.
    if (Number.isNaN(previous)) verdict = Number.isNaN(own) || place === -1 ? 'ABSENT' : 'FAIL';
    else if (place === -1) verdict = 'UNVERIFIABLE';
    else verdict = links[place]!.own === previous ? 'PASS' : 'FAIL';
    verdicts.push(verdict);
    if (verdict !== 'PASS' && verdict !== 'FAIL') continue;
    let known = tries.get(topic);
    if (known === undefined) {
      known = { tried: 0, held: 0 };
      tries.set(topic, known);
    }
    known.tried += 1;
    if (verdict === 'PASS') known.held += 1;
  }
  return { words, verdicts, before, tries };
}

/** The reading that was meant in a topic: of those under which nearly all links hold, the one with most; null: none. */
function meantIn(topic: number, readings: readonly Read[]): Read | null {
  let best: Read | null = null;
  let most = 0;
  for (const reading of readings) {
    const { tried, held } = reading.tries.get(topic) ?? { tried: 0, held: 0 };
    if (held < ENOUGH_LINKS || held < tried * MEANT_SHARE || held <= most) continue;
    best = reading;
    most = held;
  }
  return best;
}

/** @param links all events of the topics that make claims, in any order */
export function checkChains(links: readonly ChainLink[]): {
  findings: Finding[];
  verdicts: { id: number; verdict: IntegrityVerdict }[];
} {
  const ordered = links.toSorted((a, b) => a.at - b.at || a.id - b.id);
  const readings = READINGS.map((reading) => readAs(ordered, reading));
  const meant = new Map<number, Read | null>();
  const findings: Finding[] = [];
  const verdictOf = ({ id, topic, previous }: ChainLink, at: number): IntegrityVerdict => {
    let reading = meant.get(topic);
    if (reading === undefined) {
      reading = meantIn(topic, readings);
      meant.set(topic, reading);
    }
    if (reading === null) return Number.isNaN(previous) ? 'ABSENT' : 'UNVERIFIABLE';
    const verdict = reading.verdicts[at]!;
    if (verdict === 'FAIL')
      findings.push({
        rule: 'chain-break',
        events: [id, ordered[reading.before[at]!]!.id],
        text: Number.isNaN(previous)
          ? `It links to nothing, though there is an event before it ${reading.words}`
          : `It links to another event than the one before it ${reading.words}`,
      });
    return verdict;
  };
  const verdicts = ordered.map((link, at) => ({ id: link.id, verdict: verdictOf(link, at) }));
  return { findings, verdicts };
}
