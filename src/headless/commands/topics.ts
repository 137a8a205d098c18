import type { Command } from 'commander';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { createOutput, EXIT, exact, table } from '../output.ts';
import { withSession } from '../session.ts';

const DAY_MS = 86_400_000;

function retention(ms: string | null): string {
  if (ms === null) return '?';
  if (ms.startsWith('-')) return 'unlimited';
  return Number(ms) % DAY_MS === 0 ? `${Number(ms) / DAY_MS} d` : `${ms} ms`;
}

export function topicsCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('topics'))
    .description('topics with partitions, offsets, cleanup policy and retention')
    .option('--internal', "Kafka's own topics too")
    .option('--json', 'one JSON document')
    .action(async (flags: ConnectionFlags & { internal?: boolean; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      await withSession({ transient: flags.connection === undefined }, async (session) => {
        const connectionId = await session.connect(flags);
        const found = await session.services.topics.list(
          { connectionId, internal: flags.internal === true },
          session.context,
        );
        if (output.json)
          output.document({
            clusterId: found.clusterId,
            brokers: found.brokers,
            topics: found.topics.map((topic) => ({
              ...topic,
              low: exact(topic.low),
              high: exact(topic.high),
              estimated: exact(topic.estimated),
              captured: exact(topic.captured),
              retentionMs: exact(topic.retentionMs),
            })),
          });
        else
          for (const line of table(found.topics, [
            { title: 'TOPIC', value: ({ name }) => name },
            { title: 'PARTITIONS', value: ({ partitions }) => String(partitions), right: true },
            { title: 'LOW', value: ({ low }) => low ?? '?', right: true },
            { title: 'HIGH', value: ({ high }) => high ?? '?', right: true },
            { title: 'AT MOST', value: ({ estimated }) => estimated ?? '?', right: true },
            { title: 'CLEANUP', value: ({ cleanupPolicy }) => cleanupPolicy ?? '?' },
            { title: 'RETENTION', value: ({ retentionMs }) => retention(retentionMs), right: true },
            { title: 'NOTE', value: ({ problem }) => problem ?? '' },
          ]))
            output.text(line);
        done(found.topics.some(({ high }) => high === null) ? EXIT.incomplete : EXIT.done);
      });
    });
}
