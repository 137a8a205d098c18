/** Child process of the kill test: captures a topic again and again until it is killed. Arguments: file, brokers, topic. */
import { existsSync } from 'node:fs';
import { openWorkspace } from '../../../src/engine/store/workspace.ts';

const [file, brokers, topic] = process.argv.slice(2) as [string, string, string];
const workspace = await openWorkspace(file, { mode: existsSync(file) ? 'open' : 'create', log: () => {} });
for (;;) {
  await workspace.capture(
    { connection: { brokers: brokers.split(','), clientId: 'killed' }, topics: [topic], from: 'earliest' },
    {
      signal: new AbortController().signal,
      onProgress: ({ stored }) => {
        if (stored > 0) process.stdout.write('stored\n');
      },
    },
  );
  process.stdout.write('stored\n');
}
