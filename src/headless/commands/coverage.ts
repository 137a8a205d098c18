import type { Command } from 'commander';
import { HindcastError } from '../../contract/errors.ts';
import type { PartitionCoverage } from '../../contract/workspace.ts';
import { formatCount } from '../../core/count.ts';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { createOutput, EXIT, exact, type Output, table } from '../output.ts';
import { runJob } from '../progress.ts';
import { type Session, withSession } from '../session.ts';

const REASONS: Record<PartitionCoverage['missing'][number]['reason'], string> = {
  compaction: 'removed by compaction',
  retention: 'removed by retention',
  undecodable: 'not readable',
  'not-asked': 'not asked for',
  'not-read': 'not read yet',
  'open-transaction': 'in an open transaction',
  'before-workspace': 'before the workspace',
};
const NUMBERS = [
  'askedFrom',
  'askedTo',
  'nextOffset',
  'end',
  'beforeWorkspace',
  'notAsked',
  'asked',
  'stored',
  'control',
  'absent',
  'retention',
  'unreadable',
  'notRead',
  'committed',
  'aborted',
  'open',
  'unaccounted',
  'keptByKey',
] as const;
const RECHECKED = ['compared', 'equal', 'different', 'gone', 'extra', 'notCompared'] as const;

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
        askedRanges: partition.askedRanges.map(exactRange),
        keys: partition.keys.map((key) => ({
          ...key,
          ...exactRange(key),
          looked: exact(key.looked),
          unseen: exact(key.unseen),
          notRead: exact(key.notRead),
        })),
        missing: partition.missing.map((range) => ({ ...range, ...exactRange(range) })),
      })),
    });
  } else {
    for (const line of table(partitions, [
      { title: 'TOPIC', value: ({ topic }) => topic },
      { title: 'PARTITION', value: ({ partition }) => String(partition), right: true },
      { title: 'ASKED', value: rangesText, right: true },
      { title: 'STORED', value: ({ stored }) => stored, right: true },
      ...(partitions.some(({ keptByKey }) => keptByKey !== '0')
        ? [{ title: 'BY KEY', value: ({ keptByKey }: PartitionCoverage) => keptByKey, right: true }]
        : []),
      { title: 'MARKERS', value: ({ control }) => control, right: true },
      { title: 'COMPACTED', value: ({ absent }) => absent, right: true },
      { title: 'EXPIRED', value: ({ retention }) => retention, right: true },
      { title: 'UNREADABLE', value: ({ unreadable }) => unreadable, right: true },
      { title: 'NOT READ', value: ({ notRead }) => notRead, right: true },
      { title: 'NOT ASKED', value: ({ notAsked }) => notAsked, right: true },
      { title: 'ABORTED', value: ({ aborted }) => aborted, right: true },
      { title: 'OPEN', value: ({ open }) => open, right: true },
    ]))
      output.text(line);
    for (const { topic, partition, missing, aside, keys } of partitions) {
      const name = `${topic} [${partition}]`;
      if (aside !== null) output.note(`${name}: ${aside}`);
      for (const { key, from, to, looked, notRead } of keys)
        output.note(
          `${name}: key “${key}” in ${from}–${to}: ${looked} offsets looked through, ${notRead} not read yet`,
        );
      for (const range of missing)
        output.note(`${name} ${range.from}–${range.to}: ${REASONS[range.reason]}. ${range.note}`.trim());
    }
    output.note(badge.summary);
  }
  return badge.state === 'partial' ? EXIT.incomplete : EXIT.done;
}

const exactRange = ({ from, to }: { from: string; to: string }) => ({ from: exact(from), to: exact(to) });

const rangesText = ({ askedRanges, askedFrom }: PartitionCoverage): string =>
  askedRanges.length === 0
    ? `${askedFrom}–${askedFrom}`
    : askedRanges.map(({ from, to }) => `${from}–${to}`).join(', ');

/** Compares with the cluster. @returns 0: all equal, 3: not all is there to be compared, 1: something differs */
async function recheck(session: Session, output: Output, flags: CoverageFlags): Promise<number> {
  const connectionId = await session.connect(flags);
  const { workspace } = session.services;
  const job = await runJob(session, () =>
    workspace.recheck({ connectionId, topics: flags.topic ?? null }, session.context),
  );
  output.note(job.error === null ? job.note : `${job.note} ${job.error.nextStep}`);
  const found = await workspace.rechecked({}, session.afterwards);
  if (found === null) return EXIT.interrupted;
  if (output.json)
    output.document({
      state: found.state,
      partitions: found.partitions.map((partition) => ({
        ...partition,
        ...Object.fromEntries(RECHECKED.map((name) => [name, exact(partition[name])])),
        differences: partition.differences.map(({ offset, what }) => ({ offset: exact(offset), what })),
      })),
    });
  else {
    for (const line of table(found.partitions, [
      { title: 'TOPIC', value: ({ topic }) => topic },
      { title: 'PARTITION', value: ({ partition }) => String(partition), right: true },
      ...RECHECKED.map((name) => ({
        title: name === 'notCompared' ? 'NOT COMPARED' : name.toUpperCase(),
        value: (each: (typeof found.partitions)[number]) => formatCount(each[name]),
        right: true,
      })),
    ]))
      output.text(line);
    for (const { topic, partition, differences, problem } of found.partitions) {
      if (problem !== null) output.note(`${topic} [${partition}]: ${problem}`);
      for (const { offset, what } of differences) output.note(`${topic} [${partition}] ${offset}: ${what}`);
    }
  }
  if (job.status === 'cancelled') return EXIT.interrupted;
  if (found.state === 'different') return EXIT.failed;
  return found.state === 'equal' ? EXIT.done : EXIT.incomplete;
}

interface CoverageFlags extends ConnectionFlags {
  workspace: string;
  topic?: string[];
  recheck?: boolean;
  json?: boolean;
}

export function coverageCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('coverage'))
    .description('what the workspace holds: per partition the offsets asked, read, missing and why')
    .requiredOption('--workspace <file>')
    .option('--topic <name...>', 'these only')
    .option('--recheck', 'compare with a fresh read of the cluster, byte for byte (needs --brokers)')
    .option('--json', 'one JSON document')
    .action(async (flags: CoverageFlags) => {
      const hasCluster = flags.brokers !== undefined || flags.connection !== undefined;
      if (hasCluster !== (flags.recheck === true))
        throw new HindcastError('input.invalid', {
          procedure: 'the command',
          problem: flags.recheck
            ? '--recheck compares with a cluster: give --brokers or --connection'
            : 'a cluster is only used with --recheck',
        });
      await withSession({ transient: flags.connection === undefined }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const output = createOutput(flags.json === true);
        done(
          flags.recheck
            ? await recheck(session, output, flags)
            : await printCoverage(session, output, flags.topic ?? null),
        );
      });
    });
}
