import type { Command } from 'commander';
import type { PartitionCoverage } from '../../contract/workspace.ts';
import { createOutput, EXIT, exact, type Output, table } from '../output.ts';
import { type Session, withSession } from '../session.ts';

const REASONS: Record<PartitionCoverage['missing'][number]['reason'], string> = {
  compaction: 'removed by compaction',
  retention: 'removed by retention',
  control: 'transaction markers',
  undecodable: 'not readable',
  'not-asked': 'not asked for',
  'not-read': 'not read yet',
  'open-transaction': 'in an open transaction',
};
const NUMBERS = [
  'askedFrom',
  'askedTo',
  'nextOffset',
  'asked',
  'stored',
  'control',
  'absent',
  'retention',
  'unreadable',
  'notRead',
  'aborted',
  'open',
] as const;

/** Prints what the workspace holds of the topics and returns the exit status that says whether it is all of it. */
export async function printCoverage(
  session: Session,
  output: Output,
  topics: string[] | null,
): Promise<number> {
  const { badge, partitions } = await session.services.workspace.coverage({ topics }, session.afterwards);
  if (output.json) {
    output.document({
      state: badge.state,
      summary: badge.summary,
      partitions: partitions.map((partition) => ({
        ...partition,
        ...Object.fromEntries(NUMBERS.map((name) => [name, exact(partition[name])])),
        missing: partition.missing.map((range) => ({
          ...range,
          from: exact(range.from),
          to: exact(range.to),
        })),
      })),
    });
  } else {
    for (const line of table(partitions, [
      { title: 'TOPIC', value: ({ topic }) => topic },
      { title: 'PARTITION', value: ({ partition }) => String(partition), right: true },
      { title: 'ASKED', value: ({ askedFrom, askedTo }) => `${askedFrom}–${askedTo}`, right: true },
      { title: 'STORED', value: ({ stored }) => stored, right: true },
      { title: 'MARKERS', value: ({ control }) => control, right: true },
      { title: 'COMPACTED', value: ({ absent }) => absent, right: true },
      { title: 'EXPIRED', value: ({ retention }) => retention, right: true },
      { title: 'UNREADABLE', value: ({ unreadable }) => unreadable, right: true },
      { title: 'NOT READ', value: ({ notRead }) => notRead, right: true },
      { title: 'ABORTED', value: ({ aborted }) => aborted, right: true },
      { title: 'OPEN', value: ({ open }) => open, right: true },
    ]))
      output.text(line);
    for (const { topic, partition, missing } of partitions)
      for (const range of missing)
        if (range.reason !== 'control')
          output.note(
            `${topic} [${partition}] ${range.from}–${range.to}: ${REASONS[range.reason]}. ${range.note}`.trim(),
          );
    output.note(badge.summary);
  }
  return badge.state === 'partial' ? EXIT.incomplete : EXIT.done;
}

export function coverageCommand(program: Command, done: (status: number) => void): void {
  program
    .command('coverage')
    .description('what the workspace holds: per partition the offsets asked, read, missing and why')
    .requiredOption('--workspace <file>')
    .option('--json', 'one JSON document')
    .action(async (flags: { workspace: string; json?: boolean }) => {
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        done(await printCoverage(session, createOutput(flags.json === true), null));
      });
    });
}
