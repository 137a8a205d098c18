/**
 * Child process of the soak: a whole engine that captures, replays a projection or compacts the file, again and again,
 * until it is killed; `start` only opens the file and ends. Arguments: what it does, file, brokers, topic. Each line on standard output is a JSON `Said`.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { runJob } from '../../../src/headless/progress.ts';
import { type Session, withSession } from '../../../src/headless/session.ts';
import type { Said, Work } from './soakRounds.ts';

const [work, file, brokers, topic] = process.argv.slice(2) as [Work | 'start', string, string, string];
const WATCH_EVERY_MS = 40;
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

/** What readers see: committed, so a kill must not take it back. */
async function held(session: Session): Promise<Said> {
  const { partitions } = await session.services.workspace.coverage({ topics: null }, session.context);
  return {
    kind: 'held',
    partitions: partitions.map((each) => ({
      partition: each.partition,
      next: Number(each.nextOffset),
      asked: Number(each.asked),
      accounted: [
        each.stored,
        each.control,
        each.absent,
        each.retention,
        each.unreadable,
        each.notRead,
      ].reduce((sum, count) => sum + Number(count), 0),
      complete: each.complete,
    })),
  };
}

const tasks: Record<Work, (session: Session) => Promise<void>> = {
  async capture(session) {
    const connectionId = await session.connect({ brokers, environment: 'development' });
    const start = () =>
      session.services.capture.start({ connectionId, topics: [topic], from: 'earliest' }, session.context);
    await runJob(session, start);
  },
  async replay(session) {
    const { run } = session.services.projections;
    await runJob(session, () => run({ name: 'savings_account', rebuild: false }, session.context));
    await runJob(session, () => run({ name: 'savings_account', rebuild: true }, session.context));
  },
  async compact(session) {
    await runJob(session, () => session.services.workspace.compact({}, session.context));
  },
};

await withSession({ transient: work === 'capture' }, async (session) => {
  await session.openFile(file, existsSync(file) ? 'open' : 'ensure');
  say(await held(session));
  if (work === 'start') return;
  let watching = true;
  const watch = async () => {
    while (watching) {
      await new Promise((done) => setTimeout(done, WATCH_EVERY_MS));
      say(await held(session));
    }
  };
  const watched = work === 'capture' ? watch() : Promise.resolve();
  for (;;) {
    await tasks[work](session);
    say({ kind: 'done' });
    if (work === 'capture') break;
  }
  watching = false;
  await watched;
  say(await held(session));
  // Nothing is left to read: it waits for its end as an idle engine does.
  await new Promise(() => setInterval(() => {}, 1_000));
});
