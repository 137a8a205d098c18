import type { Command } from 'commander';
import { HindcastError } from '../../contract/errors.ts';
import { allParts } from '../../contract/parts.ts';
import type { TopicGroup } from '../../contract/topics.ts';
import { parseSeconds } from '../arguments.ts';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { at, createOutput, EXIT, exact, type Output, table } from '../output.ts';
import { type Session, withSession } from '../session.ts';

const DAY_MS = 86_400_000;

function retention(ms: string | null): string {
  if (ms === null) return '?';
  if (ms.startsWith('-')) return 'unlimited';
  return Number(ms) % DAY_MS === 0 ? `${Number(ms) / DAY_MS} d` : `${ms} ms`;
}

interface Flags extends ConnectionFlags {
  internal?: boolean;
  topic?: string[];
  groups?: boolean;
  late: string;
  json?: boolean;
}

type Service = Session['services']['topics'];
type Row = Awaited<ReturnType<Service['list']>>['topics'][number];
type Size = Awaited<ReturnType<Service['sizes']>>['topics'][number];
type Groups = Awaited<ReturnType<Service['groups']>>;

export function topicsCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('topics'))
    .description('topics with partitions, offsets, sizes on disk, cleanup policy and retention')
    .option('--internal', "Kafka's own topics too")
    .option('--topic <names...>', 'these topics only')
    .option('--groups', 'who reads each topic, with the lag of each partition')
    .option('--late <seconds>', 'a group counts as late when a record waits longer', '10')
    .option('--json', 'one JSON document')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const lateAfterMs = Math.ceil(parseSeconds(flags.late, '--late') * 1000);
      await withSession({ transient: flags.connection === undefined }, async (session) => {
        const connectionId = await session.connect(flags);
        const api = session.services.topics;
        const internal = flags.internal === true;
        const found = await allParts((more) => api.list({ connectionId, internal, more }, session.context));
        const chosen = choose(found.topics, flags.topic);
        const sizes = await allParts((more) => api.sizes({ connectionId, more }, session.context));
        const sizeOf = new Map(sizes.topics.map((size) => [size.name, size]));
        const groups = new Map<string, Groups>();
        if (flags.groups)
          for (const { name } of chosen)
            groups.set(name, await api.groups({ connectionId, topic: name, lateAfterMs }, session.context));
        if (sizes.problem !== null) output.note(`Sizes on disk: ${sizes.problem}`);
        if (output.json)
          output.document({
            clusterId: found.clusterId,
            brokers: found.brokers,
            sizesProblem: sizes.problem,
            topics: chosen.map((row) => ({
              ...rowDocument(row, sizeOf.get(row.name)),
              ...(flags.groups ? { groups: groupsDocument(groups.get(row.name)!) } : {}),
            })),
          });
        else {
          printTopics(output, chosen, sizeOf);
          for (const [name, answer] of groups) printGroups(output, name, answer);
        }
        done(chosen.some(({ high }) => high === null) ? EXIT.incomplete : EXIT.done);
      });
    });
}

/** @throws HindcastError `topic.unknown` */
function choose(rows: readonly Row[], names: readonly string[] | undefined): readonly Row[] {
  if (names === undefined) return rows;
  return names.map((name) => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) throw new HindcastError('topic.unknown', { topic: name, where: 'the cluster' });
    return row;
  });
}

const rowDocument = (topic: Row, size: Size | undefined) => ({
  ...topic,
  low: exact(topic.low),
  high: exact(topic.high),
  estimated: exact(topic.estimated),
  captured: exact(topic.captured),
  retentionMs: exact(topic.retentionMs),
  leaderBytes: exact(size?.leaderBytes ?? null),
  replicaBytes: exact(size?.replicaBytes ?? null),
});

const groupsDocument = ({ at: asked, groups, unclear, looked, sees, problems }: Groups) => ({
  at: at(asked),
  looked,
  sees,
  problems,
  unclear,
  groups: groups.map(({ waitingSince, lag, partitions, ...group }) => ({
    ...group,
    lag: exact(lag),
    waitingSince: waitingSince === null ? null : at(waitingSince),
    partitions: partitions.map((part) => ({
      ...part,
      committed: exact(part.committed),
      high: exact(part.high),
      lag: exact(part.lag),
      waitingSince: part.waitingSince === null ? null : at(part.waitingSince),
    })),
  })),
});

function printTopics(output: Output, rows: readonly Row[], sizeOf: ReadonlyMap<string, Size>): void {
  for (const line of table(rows, [
    { title: 'TOPIC', value: ({ name }) => name },
    { title: 'PARTITIONS', value: ({ partitions }) => String(partitions), right: true },
    { title: 'LOW', value: ({ low }) => low ?? '?', right: true },
    { title: 'HIGH', value: ({ high }) => high ?? '?', right: true },
    { title: 'AT MOST', value: ({ estimated }) => estimated ?? '?', right: true },
    { title: 'BYTES', value: ({ name }) => sizeOf.get(name)?.leaderBytes ?? '?', right: true },
    { title: 'WITH REPLICAS', value: ({ name }) => sizeOf.get(name)?.replicaBytes ?? '?', right: true },
    { title: 'CLEANUP', value: ({ cleanupPolicy }) => cleanupPolicy ?? '?' },
    { title: 'RETENTION', value: ({ retentionMs }) => retention(retentionMs), right: true },
    { title: 'NOTE', value: ({ problem }) => problem ?? '' },
  ]))
    output.text(line);
}

function printGroups(
  output: Output,
  topic: string,
  { at: asked, groups, unclear, sees, problems }: Groups,
): void {
  output.text('');
  output.text(groups.length === 0 ? `${topic}: no group reads it` : `${topic}:`);
  for (const group of groups) {
    const { groupId, protocol, state, members, lag, late, waitingSince, problem } = group;
    const waits =
      waitingSince === null ? '' : `, waiting ${Math.max((asked - waitingSince) / 1000, 0).toFixed(1)} s`;
    output.text(
      `  ${groupId}  ${protocol}, ${state ?? 'state not known'}, members ${members?.length ?? '?'}, lag ${lag ?? '?'}${waits}${late === true ? ', LATE' : ''}`,
    );
    if (problem !== null) output.text(`    ${problem}`);
    for (const line of table(group.partitions, PARTITION_COLUMNS)) output.text(`    ${line}`);
  }
  for (const { groupId, problem } of unclear) output.text(`  ${groupId}: not known. ${problem}`);
  for (const problem of problems) output.note(`${topic}: ${problem}`);
  if (sees !== 'all')
    output.note(
      `${topic}: there may be groups that this login does not see; it needs Describe on the cluster.`,
    );
}

const PARTITION_COLUMNS: Parameters<typeof table<TopicGroup['partitions'][number]>>[1] = [
  { title: 'PARTITION', value: ({ partition }) => String(partition), right: true },
  { title: 'COMMITTED', value: ({ committed }) => committed ?? '-', right: true },
  { title: 'END', value: ({ high }) => high ?? '?', right: true },
  { title: 'LAG', value: ({ lag }) => lag ?? '-', right: true },
  { title: 'SINCE', value: ({ waitingSince }) => at(waitingSince) },
  { title: 'NOTE', value: ({ problem }) => problem ?? '' },
];
