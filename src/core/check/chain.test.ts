import { expect, it } from 'vitest';
import { type ChainLink, checkChains } from './chain.ts';

const NONE = Number.NaN;
/** Topic, partition, aggregate, own hash, hash of the event before. */
type Given = readonly [number, number, number, number, number];
/** Links in the order of time. */
const linksOf = (...all: Given[]): ChainLink[] =>
  all.map(([topic, partition, aggregate, own, previous], at) => ({
    ...{ id: at + 1, at, topic, partition, aggregate, own, previous },
  }));

it('each topic is read in the way in which most of its links hold, and those that do not are broken', () => {
  const { findings, verdicts } = checkChains(
    linksOf(
      // One chain in each aggregate.
      ...([
        [1, 1, 7, 11, NONE],
        [1, 1, 8, 21, NONE],
        [1, 1, 7, 12, 11],
        [1, 1, 8, 22, 21],
      ] as const),
      // One chain in the whole topic.
      ...([
        [2, 2, 7, 31, NONE],
        [2, 3, 8, 32, 31],
        [2, 2, 9, 33, 32],
        [2, 3, 7, 34, 33],
      ] as const),
      ...([
        [1, 1, 7, 13, 12],
        [1, 1, 8, 23, 22],
      ] as const),
    ),
  );
  expect(findings).toEqual([]);
  expect(verdicts.map(({ verdict }) => verdict)).toEqual([
    'ABSENT',
    'ABSENT',
    'PASS',
    'PASS',
    'ABSENT',
    'PASS',
    'PASS',
    'PASS',
    'PASS',
    'PASS',
  ]);
});

it('a link that breaks the usual chain is found with the event before it; where too few hold, nothing is said', () => {
  const chain = Array.from(
    { length: 20 },
    (_, at): Given => [...([1, 1, 7, at + 100] as const), at === 0 ? NONE : at + 99],
  );
  chain[12] = [1, 1, 7, 112, 999];
  const links = linksOf(...chain);
  // The order in which they are given says nothing.
  const { findings, verdicts } = checkChains(links.toReversed());
  expect(findings).toMatchObject([{ rule: 'chain-break', events: [13, 12] }]);
  expect(verdicts.filter(({ verdict }) => verdict === 'PASS')).toHaveLength(18);
  const few = checkChains(linksOf([1, 1, 7, 1, NONE], [1, 1, 7, 2, 1], [1, 1, 7, 3, 99]));
  expect(few).toEqual({
    findings: [],
    verdicts: [1, 2, 3].map((id) => ({ id, verdict: id === 1 ? 'ABSENT' : 'UNVERIFIABLE' })),
  });
});
