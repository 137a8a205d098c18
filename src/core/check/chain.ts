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

interface Read {
  verdict: IntegrityVerdict;
  before: ChainLink | null;
}

function readAs(links: readonly ChainLink[], keyOf: (link: ChainLink) => number): Read[] {
  const last = new Map<number, ChainLink>();
  return links.map((link) => {
    const key = keyOf(link);
    const before = last.get(key) ?? null;
    if (!Number.isNaN(link.own)) last.set(key, link);
    if (Number.isNaN(link.previous))
      // The first of a chain has nothing to link to.
      return { verdict: Number.isNaN(link.own) || before === null ? 'ABSENT' : 'FAIL', before };
    if (before === null) return { verdict: 'UNVERIFIABLE', before };
    return { verdict: before.own === link.previous ? 'PASS' : 'FAIL', before };
  });
}

/** @param links all events of the topics that make claims, in any order */
export function checkChains(links: readonly ChainLink[]): {
  findings: Finding[];
  verdicts: { id: number; verdict: IntegrityVerdict }[];
} {
  const ordered = links.toSorted((a, b) => a.at - b.at || a.id - b.id);
  const readings = READINGS.map(({ of, words }) => ({ words, reads: readAs(ordered, of) }));
  const meant = new Map<number, (typeof readings)[number]>();
  for (const topic of new Set(ordered.map((link) => link.topic))) {
    const best = readings
      .map((reading) => {
        let [held, tried] = [0, 0];
        for (const [at, { verdict }] of reading.reads.entries()) {
          if (ordered[at]!.topic !== topic || (verdict !== 'PASS' && verdict !== 'FAIL')) continue;
          tried += 1;
          if (verdict === 'PASS') held += 1;
        }
        return { reading, held, tried };
      })
      .filter(({ held, tried }) => held >= ENOUGH_LINKS && held >= tried * MEANT_SHARE)
      .reduce<{ reading: (typeof readings)[number]; held: number } | null>(
        (most, each) => (most === null || each.held > most.held ? each : most),
        null,
      );
    if (best !== null) meant.set(topic, best.reading);
  }
  const findings: Finding[] = [];
  const verdictOf = ({ id, topic, previous }: ChainLink, at: number): IntegrityVerdict => {
    const reading = meant.get(topic);
    if (reading === undefined) return Number.isNaN(previous) ? 'ABSENT' : 'UNVERIFIABLE';
    const { verdict, before } = reading.reads[at]!;
    if (verdict === 'FAIL')
      findings.push({
        rule: 'chain-break',
        events: [id, before!.id],
        text: Number.isNaN(previous)
          ? `It links to nothing, though there is an event before it ${reading.words}`
          : `It links to another event than the one before it ${reading.words}`,
      });
    return verdict;
  };
  const verdicts = ordered.map((link, at) => ({ id: link.id, verdict: verdictOf(link, at) }));
  return { findings, verdicts };
}
