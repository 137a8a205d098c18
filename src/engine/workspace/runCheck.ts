/** The integrity check from its beginning to its end, and its answer in words. */

import { HindcastError } from '../../contract/errors.ts';
import type { CheckFinding, CheckPart, CheckReport } from '../../contract/workspaceWork.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { JobProgress } from '../jobs/jobRegistry.ts';
import type { Log, Workspace } from '../store/workspace.ts';
import { StoreThread } from '../workers/storeThread.ts';
import type { BlockStep, CheckPlan } from './checkReads.ts';
import { checkSeal } from './seal.ts';

/** Findings listed for one part; the others are counted. */
const MOST_LISTED = 200;

const TITLES: Record<CheckPart['name'], string> = {
  seal: 'Seal',
  file: 'Tables and indexes',
  positions: 'Counts and order',
  coverage: 'Account of offsets',
  names: 'Names',
  bytes: 'Keys, values and headers',
};

class PartBook {
  readonly parts = new Map<CheckPart['name'], CheckPart>();

  constructor(names: readonly CheckPart['name'][]) {
    for (const name of names)
      this.parts.set(name, {
        name,
        title: TITLES[name],
        status: 'not-checked',
        looked: 'not looked at',
        findings: [],
        more: 0,
      });
  }

  add(name: CheckPart['name'], findings: readonly CheckFinding[]): void {
    const part = this.parts.get(name)!;
    const room = MOST_LISTED - part.findings.length;
    part.findings.push(...findings.slice(0, room));
    part.more += Math.max(0, findings.length - room);
    if (findings.length > 0) part.status = 'damaged';
  }

  end(name: CheckPart['name'], looked: string): void {
    const part = this.parts.get(name)!;
    part.looked = looked;
    if (part.status === 'not-checked') part.status = 'sound';
  }
}

/** @returns the report also when it was cancelled: what was looked at until then stands */
export async function runCheck(
  workspace: Workspace,
  options: { log: Log; signal: AbortSignal; report: (progress: JobProgress) => void; now: () => number },
): Promise<CheckReport> {
  const { log, signal, report, now } = options;
  const startedAt = now();
  const isRecording = workspace.kind === 'recording';
  const book = new PartBook([
    ...(isRecording ? (['seal'] as const) : []),
    'file',
    'positions',
    'coverage',
    'names',
    'bytes',
  ]);
  const thread = new StoreThread({
    entry: 'readerWorker',
    workerData: { file: workspace.file, check: false },
    log,
  });
  let revision = workspace.revision();
  let isCancelled = false;
  try {
    if (isRecording) await checkOwnSeal(workspace, book, signal, report);
    const call = <T>(name: string, args: unknown) => thread.call(name, args, { signal }) as Promise<T>;
    const plan = await call<CheckPlan>('check.plan', {});
    revision = plan.revision;
    await checkFile(call, plan, book, report);
  } catch (error) {
    if (!signal.aborted && !(error instanceof HindcastError && error.code === 'cancelled')) throw error;
    isCancelled = true;
  } finally {
    await thread.close();
  }
  const parts = [...book.parts.values()];
  const found = parts.reduce((sum, { findings, more }) => sum + findings.length + more, 0);
  const status = found > 0 ? 'damaged' : isCancelled ? 'unfinished' : 'sound';
  return {
    file: workspace.file,
    startedAt,
    tookMs: now() - startedAt,
    status,
    parts,
    summary: summaryOf(found, isCancelled, parts),
    revision,
  };
}

function summaryOf(found: number, isCancelled: boolean, parts: readonly CheckPart[]): string {
  const open = parts.filter(({ status }) => status === 'not-checked').map(({ title }) => title.toLowerCase());
  const rest = isCancelled && open.length > 0 ? ` Cancelled before: ${open.join('; ')}.` : '';
  if (found === 0) return isCancelled ? `Nothing damaged was found.${rest}` : 'Everything is whole.';
  const where = parts.filter(({ status }) => status === 'damaged').map(({ title }) => title.toLowerCase());
  return `${plural(found, 'fault')} found, in: ${where.join('; ')}.${rest}`;
}

async function checkOwnSeal(
  workspace: Workspace,
  book: PartBook,
  signal: AbortSignal,
  report: (progress: JobProgress) => void,
): Promise<void> {
  const seal = await checkSeal(workspace.file, false, {
    signal,
    onProgress: (done, total) => report({ done, total, note: 'Comparing the file with its seal.' }),
  });
  if (seal.state === 'damaged')
    book.add('seal', [
      {
        where: 'the file',
        problem: seal.problem,
        usable: 'What the other parts of this check find whole.',
      },
    ]);
  book.end('seal', seal.state === 'none' ? 'it has none' : 'the whole file');
}

type Call = <T>(name: string, args: unknown) => Promise<T>;

async function checkFile(
  call: Call,
  plan: CheckPlan,
  book: PartBook,
  report: (progress: JobProgress) => void,
): Promise<void> {
  const { tables, partitions, blocks } = plan;
  const total = tables.length + 2 * partitions.length + 1 + blocks;
  let done = 0;
  const step = (note: string, count = 1) => {
    done += count;
    report({ done, total, note });
  };
  for (const table of tables) {
    report({ done, total, note: `Table ${table}.` });
    book.add('file', await call<CheckFinding[]>('check.table', { table }));
    step(`Table ${table}.`);
  }
  book.end('file', plural(tables.length, 'table'));

  for (const part of ['positions', 'coverage'] as const) {
    for (const { no, topic, partition } of partitions) {
      const where = `${topic} [${partition}]`;
      book.add(part, await guarded(call<CheckFinding[]>(`check.${part}`, { no, where }), where));
      step(where);
    }
    book.end(part, plural(partitions.length, 'partition'));
  }

  book.add('names', await guarded(call<CheckFinding[]>('check.names', {}), 'the rows'));
  const records = partitions.reduce((sum, each) => sum + each.records, 0);
  book.end('names', plural(records, 'record'));
  step('Names.');

  let looked = 0;
  let compared = 0;
  for (let after: number | null = -1; after !== null; ) {
    const { last, ...found }: BlockStep = await call<BlockStep>('check.blocks', { after });
    book.add('bytes', found.findings);
    looked += found.blocks;
    compared += found.records;
    step(
      `${formatCount(compared)} of ${formatCount(records)} records compared with their bytes.`,
      found.blocks,
    );
    after = last;
  }
  if (compared < records)
    book.add('bytes', [
      {
        where: 'the file',
        problem: `${plural(records - compared, 'record')} could not be compared with their bytes`,
        usable: 'The records that were compared.',
      },
    ]);
  book.end('bytes', `${plural(compared, 'record')} in ${plural(looked, 'block')}`);
}

/** A page that cannot be read is a finding, not the end of the check. */
async function guarded(work: Promise<CheckFinding[]>, where: string): Promise<CheckFinding[]> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof HindcastError) || error.code === 'cancelled') throw error;
    return [{ where, problem: error.message, usable: 'What the other parts of this check find whole.' }];
  }
}
