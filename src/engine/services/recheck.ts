/** Comparing the open workspace with the cluster, as a job; its finding is kept until another workspace is opened. */
import type { z } from 'zod';
import { int64 } from '../../contract/common.ts';
import type { contract, Input, Output, Service } from '../../contract/contract.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { PartitionRecheck } from '../../contract/workspace.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { RecheckedPartition, RecheckProgress } from '../capture/recheckTypes.ts';
import { asHindcastError } from '../connections/faults.ts';
import type { JobEnd } from '../jobs/jobRegistry.ts';
import type { Workspace } from '../store/workspace.ts';
import type { ServiceDeps } from './deps.ts';

type Finding = NonNullable<Output<typeof contract.workspace.rechecked>>;

export function createRecheckService(deps: ServiceDeps): Pick<Service<'workspace'>, 'recheck' | 'rechecked'> {
  const { workspaces, connections, jobs, changed } = deps;
  let last: { workspace: Workspace; finding: Finding } | null = null;

  async function start({ connectionId, topics }: Input<typeof contract.workspace.recheck>) {
    const workspace = workspaces.current();
    const { name } = connections.get(connectionId);
    const { clusterId } = await workspace.read('workspace.info', {});
    const spec = { kind: 'recheck', title: `Recheck against ${name}`, unit: 'offsets' } as const;
    const { jobId } = jobs.start(spec, async (signal, report) => {
      const connection = await connections.toKafka(connectionId);
      try {
        const { status, partitions } = await workspace.recheck(
          { connection, topics, clusterId },
          { signal, onProgress: (progress) => report(progressOf(progress)) },
        );
        const finding = {
          jobId,
          state: stateOf(partitions),
          endedAt: Date.now(),
          partitions: partitions.map(out),
        };
        last = { workspace, finding };
        return endOf(status, partitions);
      } catch (error) {
        throw asHindcastError(error, name);
      } finally {
        changed.push('workspace');
      }
    });
    return { jobId };
  }

  return {
    recheck: (input) => start(input),
    rechecked: async () => (last !== null && last.workspace === workspaces.peek() ? last.finding : null),
  };
}

const progressOf = ({ done, total, different }: RecheckProgress) => ({
  done,
  total,
  note: different === 0 ? 'Comparing byte for byte.' : `Comparing; ${plural(different, 'offset')} differ.`,
});

const sumOf = (partitions: readonly RecheckedPartition[], pick: (each: RecheckedPartition) => number) =>
  partitions.reduce((sum, each) => sum + pick(each), 0);

function stateOf(partitions: readonly RecheckedPartition[]): Finding['state'] {
  if (sumOf(partitions, ({ different, extra }) => different + extra) > 0) return 'different';
  const isWhole =
    sumOf(partitions, ({ gone, notCompared }) => gone + notCompared) === 0 &&
    partitions.every(({ problem }) => problem === null);
  return isWhole ? 'equal' : 'incomplete';
}

function endOf(status: 'done' | 'cancelled', partitions: readonly RecheckedPartition[]): JobEnd {
  const [equal, different, extra, gone, left] = (
    ['equal', 'different', 'extra', 'gone', 'notCompared'] as const
  ).map((name) => sumOf(partitions, (each) => each[name])) as [number, number, number, number, number];
  const parts = [`${plural(equal, 'record')} equal, byte for byte`];
  if (different > 0) parts.push(`${formatCount(different)} different`);
  if (extra > 0) parts.push(`${formatCount(extra)} on the cluster only`);
  if (gone > 0) parts.push(`${formatCount(gone)} gone from the cluster`);
  if (left > 0) parts.push(`${formatCount(left)} not compared`);
  const note = `${parts.join(', ')}.`;
  if (status === 'cancelled') return { status, note: `Cancelled: ${note}` };
  const state = stateOf(partitions);
  if (state === 'equal') return { status: 'done', note };
  const problem = partitions.find((each) => each.problem !== null)?.problem;
  const next =
    state === 'different'
      ? 'Look at the listed offsets; capture again to have both logs side by side.'
      : 'What is gone from the cluster stays in the workspace.';
  const error = new HindcastError('recheck.differs', {
    problem: problem ? `${note} ${problem}` : note,
    next,
  });
  return { status: 'incomplete', note: problem ? `${note} ${problem}.` : note, error };
}

const out = (each: RecheckedPartition): z.infer<typeof PartitionRecheck> => ({
  topic: each.topic,
  partition: each.partition,
  compared: int64(each.compared),
  equal: int64(each.equal),
  different: int64(each.different),
  gone: int64(each.gone),
  extra: int64(each.extra),
  notCompared: int64(each.notCompared),
  differences: each.differences.map(({ offset, what }) => ({ offset: int64(offset), what })),
  problem: each.problem,
});
