/** Child process of the kill test: goes on appending until it is killed. Argument: the workspace file. */
import { existsSync } from 'node:fs';
import { appendRecords, type ImportRecord } from '../../capture/import.ts';
import { openWorkspace } from '../workspace.ts';
import { PARTITIONS, recordAt, TOPICS } from './records.ts';

const file = process.argv[2]!;
const RECORDS = 2000;
const workspace = await openWorkspace(file, { mode: existsSync(file) ? 'open' : 'create', log: () => {} });
process.stdout.write('opened\n');
for (;;) {
  const captured = await workspace.read('workspace.captured', {});
  const records: ImportRecord[] = [];
  for (const topic of TOPICS)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const next =
        captured.find((each) => each.topic === topic && each.partition === partition)?.nextOffset ?? 0;
      for (let offset = next; offset < next + RECORDS; offset++)
        records.push(recordAt(topic, partition, offset));
    }
  await appendRecords(workspace, records);
  process.stdout.write('appended\n');
}
