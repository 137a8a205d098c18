import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Draft, Preview } from '../../contract/compensate.ts';
import { HindcastError } from '../../contract/errors.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/model.ts';
import { parsePath, setPath } from '../../core/path.ts';
import { NO_CUT, parseAggregate } from '../arguments.ts';
import { type ConnectionFlags, withConnectionOptions } from '../connectionOptions.ts';
import { createOutput, EXIT, exactJson, type Output } from '../output.ts';
import { rowAtPlace, streamRows } from '../rows.ts';
import { type Session, withSession } from '../session.ts';

/** What a plan file says; everything else is prefilled as in the window. Format: docs/CLI.md. */
const Plan = z
  .object({
    aggregate: z.string(),
    /** TOPIC:PARTITION:OFFSET or the id of the event to correct. */
    corrects: z.string().optional(),
    eventType: z.string().optional(),
    reason: z.string().min(3),
    actor: z.string().min(1),
    /** Paths of the event and their values. */
    set: z.record(z.string(), z.unknown()).optional(),
    idempotencyKey: z.string().optional(),
  })
  .strict();
type Plan = z.infer<typeof Plan>;

const wrongPlan = (file: string, problem: string): HindcastError =>
  new HindcastError('input.invalid', { procedure: `the plan ${file}`, problem });

function readPlan(file: string): { plan: Plan; set: JsonObject } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw wrongPlan(file, `it cannot be read (${(cause as Error).message})`);
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw wrongPlan(file, (cause as Error).message);
  }
  const parsed = Plan.safeParse(value);
  if (!parsed.success) throw wrongPlan(file, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  return { plan: parsed.data, set: ((value as JsonObject).set ?? {}) as JsonObject };
}

async function recordToCorrect(session: Session, plan: Plan): Promise<number | null> {
  if (plan.corrects === undefined) return null;
  const ref = parseAggregate(plan.aggregate);
  const subject = { ref, cut: NO_CUT, reducer: null };
  if (/:\d+:\d+$/.test(plan.corrects)) return (await rowAtPlace(session, subject, plan.corrects)).id;
  const { aggregates } = session.services;
  const target = { eventId: plan.corrects };
  const { index } = await aggregates.locate({ ...subject, target }, session.context);
  if (index === null) throw new HindcastError('record.unknown', { place: `with event id ${plan.corrects}` });
  for await (const row of streamRows(session, subject)) if (row.index === index) return row.id;
  throw new HindcastError('record.unknown', { place: `with event id ${plan.corrects}` });
}

async function draftOf(session: Session, connectionId: string, file: string): Promise<Draft> {
  const { plan, set } = readPlan(file);
  const ref = parseAggregate(plan.aggregate);
  const correctedId = await recordToCorrect(session, plan);
  const { draft } = await session.services.compensate.draft(
    { connectionId, ref, correctedId, actor: plan.actor },
    session.context,
  );
  let value = parseJson(draft.value);
  try {
    for (const [path, content] of Object.entries(set)) value = setPath(value, parsePath(path), content);
  } catch (cause) {
    throw wrongPlan(file, `set: ${(cause as Error).message}`);
  }
  return {
    ...draft,
    value: formatJson(value),
    reason: plan.reason,
    eventType: plan.eventType ?? draft.eventType,
    idempotencyKey: plan.idempotencyKey ?? draft.idempotencyKey,
  };
}

function printPreview(output: Output, preview: Preview): void {
  const { place } = preview;
  output.text(`to      ${place.connection} (${place.environment}), ${place.topic} [${place.partition}]`);
  output.text(`key     ${preview.key.text}`);
  for (const { key, value } of preview.headers)
    output.text(`header  ${key}: ${value === null ? 'null' : value.text}`);
  output.text(`value   ${preview.value.text}  (${preview.value.size} bytes)`);
  for (const { path, before, after } of preview.changes)
    output.text(
      `change  ${path}: ${before === null ? 'nothing' : before} -> ${after === null ? 'nothing' : after}`,
    );
  for (const { status, name, text } of preview.guards) output.text(`${status.padEnd(7)} ${name}: ${text}`);
}

export function compensateCommand(program: Command, done: (status: number) => void): void {
  withConnectionOptions(program.command('compensate'))
    .description('publish a compensating event with all guards; --dry-run sends nothing')
    .requiredOption('--workspace <file>')
    .requiredOption('--plan <file>', 'JSON: aggregate, corrects, eventType, reason, actor, set')
    .option('--dry-run', 'show what would be sent and stop')
    .option('--confirm <name>', 'the name of a production cluster, as --brokers or the connection calls it')
    .option('--json', 'one JSON document')
    .action(
      async (
        flags: ConnectionFlags & {
          workspace: string;
          plan: string;
          dryRun?: boolean;
          confirm?: string;
          json?: boolean;
        },
      ) => {
        const output = createOutput(flags.json === true);
        await withSession({ transient: flags.connection === undefined }, async (session) => {
          const { compensate, connections } = session.services;
          const connectionId = await session.connect(flags);
          await session.openFile(flags.workspace, 'open');
          const draft = await draftOf(session, connectionId, flags.plan);
          const typedName = flags.confirm ?? null;
          if (!flags.dryRun)
            await connections.unlock({ id: connectionId, reason: draft.reason, typedName }, session.context);
          const preview = await compensate.preview({ draft }, session.context);
          if (flags.dryRun) {
            if (output.json)
              output.document({
                ...preview,
                now: exactJson(preview.now.state),
                shouldBe: exactJson(preview.shouldBe?.state ?? null),
                after: exactJson(preview.after.state),
                changes: preview.changes.map((change) => ({
                  ...change,
                  before: exactJson(change.before),
                  after: exactJson(change.after),
                })),
              });
            else printPreview(output, preview);
            output.note('Dry run: nothing was sent.');
            done(EXIT.done);
            return;
          }
          const failed = preview.guards.filter(({ status }) => status === 'failed');
          if (failed.length > 0) {
            printPreview({ ...output, text: output.note }, preview);
            output.note('Refused: nothing was sent.');
            done(EXIT.refused);
            return;
          }
          const receipt = await compensate.publish(
            { draft, planHash: preview.planHash, typedName },
            session.context,
          );
          if (output.json)
            output.document({
              ...receipt,
              place: { ...receipt.place, offset: exactJson(receipt.place.offset) },
            });
          else {
            const { topic, partition, offset } = receipt.place;
            output.text(
              `published ${receipt.eventType} at ${topic}:${partition}:${offset}, receipt ${receipt.id}`,
            );
            output.text(`read back: ${receipt.readBack}. ${receipt.race.text}`);
          }
          done(receipt.readBack === 'same' && receipt.race.status === 'none' ? EXIT.done : EXIT.incomplete);
        });
      },
    );
}
