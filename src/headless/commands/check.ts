import type { Command } from 'commander';
import type { CheckScope, ConsistencyResult, FindingOut } from '../../contract/check.ts';
import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import { parseAggregate } from '../arguments.ts';
import { at, createOutput, EXIT, type Output } from '../output.ts';
import { runJob } from '../progress.ts';
import { type Session, withSession } from '../session.ts';

interface Flags {
  workspace: string;
  aggregate?: string;
  topic?: string;
  json?: boolean;
}

/** @throws HindcastError input.invalid */
function scopeOf({ aggregate, topic }: Flags): CheckScope {
  if (aggregate !== undefined && topic !== undefined)
    throw new HindcastError('input.invalid', {
      procedure: '--aggregate',
      problem: 'it cannot be given together with --topic',
    });
  if (aggregate !== undefined) return { kind: 'aggregate', ref: parseAggregate(aggregate) };
  return topic === undefined ? { kind: 'workspace' } : { kind: 'topic', topic };
}

async function* findingsOf({ services, afterwards }: Session): AsyncGenerator<FindingOut> {
  for (let from = 0; ; ) {
    const page = { rule: null, severity: null, from, count: LIMITS.pageRows };
    const { findings, total } = await services.check.findings(page, afterwards);
    yield* findings;
    from += findings.length;
    if (from >= total || findings.length === 0) return;
  }
}

const placeText = ({ place }: FindingOut['events'][number]): string =>
  `${place.topic}:${place.partition}:${place.offset}`;

async function print(output: Output, result: ConsistencyResult, session: Session): Promise<void> {
  const groups = new Map(result.rules.map((rule) => [rule.rule, rule]));
  let last = '';
  for await (const { rule, text, events, more } of findingsOf(session)) {
    const group = groups.get(rule)!;
    if (rule !== last) {
      output.text(`${group.severity.toUpperCase()}  ${group.title}: ${group.count}. ${group.why}`);
      if (group.kept < group.count) output.text(`  The first ${group.kept} are listed.`);
    }
    last = rule;
    const [first, ...others] = events;
    const owner = first!.aggregate === null ? '' : `${first!.aggregate.type}/${first!.aggregate.id}  `;
    const also = others.length === 0 ? '' : `; see ${others.map(placeText).join(', ')}`;
    const rest = more === 0 ? '' : ` and ${more} more`;
    output.text(
      `  ${owner}${first!.type || '(no type)'}  ${at(first!.recordedAt)}  ${placeText(first!)}: ${text}${also}${rest}`,
    );
  }
  for (const { claim, pass, fail, unverifiable, absent } of result.claims)
    if (pass + fail + unverifiable > 0)
      output.text(
        `Claims of ${claim}: ${pass} hold, ${fail} fail, ${unverifiable} cannot be verified, ${absent} absent.`,
      );
  output.text(result.summary);
}

export function checkCommand(program: Command, done: (status: number) => void): void {
  program
    .command('check')
    .description('consistency check: what contradicts itself in the captured events')
    .requiredOption('--workspace <file>')
    .option('--aggregate <TYPE/ID>', 'only this one')
    .option('--topic <name>', 'only this one')
    .option('--json', 'one JSON document')
    .action(async (flags: Flags) => {
      const output = createOutput(flags.json === true);
      const scope = scopeOf(flags);
      await withSession({ transient: true }, async (session) => {
        await session.openFile(flags.workspace, 'read-only');
        const { check } = session.services;
        const job = await runJob(session, () => check.run({ scope }, session.context));
        const result = await check.result({}, session.afterwards);
        if (result === null) {
          done(job.status === 'cancelled' ? EXIT.interrupted : EXIT.failed);
          return;
        }
        if (output.json) output.document({ ...result, findings: await Array.fromAsync(findingsOf(session)) });
        else await print(output, result, session);
        for (const note of result.notes) output.note(note);
        if (result.coverage.state === 'partial') output.note(result.coverage.summary);
        done(result.errors + result.warnings > 0 ? EXIT.incomplete : EXIT.done);
      });
    });
}
