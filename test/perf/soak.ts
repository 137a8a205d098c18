// `npm run soak [-- --rounds 1000 --records 100000 --seed 1]`: kills the engine at random moments and shows that nothing
// is lost and nothing doubled. Prints a line every 25 rounds and the start-up times at the end.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Random } from '../fixtures/demo/random.ts';
import { soak, type Work } from '../integration/capture/soakRounds.ts';
import { startKafka } from '../kafka/broker.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    records: { type: 'string', default: '100000' },
    seed: { type: 'string', default: 'soak' },
  },
});
const { seed } = values;
const [rounds, records] = [values.rounds, values.records].map(Number) as [number, number];
const SAY_EVERY = 25;

console.log(`${rounds} rounds over ${records.toLocaleString('en-US')} records, seed ${seed}`);
const kafka = await startKafka({ optimized: true });
const began = performance.now();
try {
  const result = await soak({
    ...{ rounds, records, kafka, random: new Random(seed) },
    onRound(round: number, work: Work, startMs: number | null) {
      if ((round + 1) % SAY_EVERY === 0)
        console.log(
          `round ${round + 1} (${work})${startMs === null ? '' : `, started in ${Math.round(startMs)} ms`}`,
        );
    },
  });
  const at = (share: number) =>
    Math.round(result.starts[Math.floor((result.starts.length - 1) * share)] ?? 0);
  const { capture, replay, compact } = result.rounds;
  console.log(
    `Nothing lost, nothing doubled: killed ${capture} × capturing, ${replay} × replaying, ${compact} × compacting; ` +
      `${result.workspaces} workspaces equal to the broker, in ${Math.round((performance.now() - began) / 1000)} s.`,
  );
  console.log(`Start after a kill: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms.`);
} catch (error) {
  console.error(`FAILED with seed ${seed}: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await kafka.stop();
}
