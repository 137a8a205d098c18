// A million altered record sets against the decoder, with figures:
//   node test/perf/fuzzDecoder.ts [--mutations 1000000] [--seed text]
import { parseArgs } from 'node:util';
import { fuzzDecoder } from '../kafka/decoderFuzz.ts';

const { values: flags } = parseArgs({
  options: {
    mutations: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: 'hindcast' },
  },
});
const started = performance.now();
const figures = fuzzDecoder(Number(flags.mutations), flags.seed, (done) =>
  process.stderr.write(`\r${done.toLocaleString('en-US')} mutations`),
);
const seconds = (performance.now() - started) / 1000;
const KIB = 1024;
const count = (value: number) => value.toLocaleString('en-US');
process.stderr.write('\n');
console.log(
  [
    `${count(figures.mutations)} mutations of seed "${flags.seed}" in ${seconds.toFixed(0)} s: no crash, no wrong answer without a mark`,
    `${count(figures.marked)} sets were marked, ${count(figures.unmarked)} were altered where nothing covers them or with a right checksum`,
    `${count(figures.agreed)} batches with a right checksum read as the reference decoder reads them, ${count(figures.refused)} refused`,
    `${count(figures.moved)} batches came whole at another offset: their offset is not covered by the checksum`,
    `${count(figures.records)} records read; slowest set ${figures.slowestMs.toFixed(0)} ms; peak memory ${Math.round((process.resourceUsage().maxRSS * KIB) / 2 ** 20)} MB`,
  ].join('\n'),
);
