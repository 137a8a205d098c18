/** What the audit report counts in the events of one aggregate. */
import type { AggregateRef } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { AuditReport, ReportEvent } from '../../core/check/report.ts';
import { orderStream } from '../../core/order.ts';
import { rowsOf } from '../reads/rows.ts';
import { decodeStored, loadHeads, recordById, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';

export type ReportFacts = Pick<AuditReport, 'types' | 'verdicts' | 'first' | 'last' | 'actors'>;

const CHECK_EVERY = 2000;

const eventOut = (context: ReadContext, head: StreamHead | undefined): ReportEvent | null =>
  head === undefined
    ? null
    : {
        place: `${head.topic}:${head.partition}:${head.offset}`,
        type: head.type,
        sentence: rowsOf(context, [head.id])[0]!.sentence,
        recordedAt: head.recordedAt,
        occurredAt: head.occurredAt,
      };

/** @throws HindcastError `aggregate.unknown` */
export function reportFacts(context: ReadContext, { ref }: { ref: AggregateRef }): ReportFacts {
  const heads = loadHeads(context, ref);
  if (heads.length === 0) throw new HindcastError('aggregate.unknown', { type: ref.type, id: ref.id });
  const { events } = orderStream(heads);
  const verdicts = { committed: 0, aborted: 0, open: 0 };
  for (const { verdict } of heads) if (verdict !== 'control') verdicts[verdict] += 1;
  const types = new Map<string, number>();
  const actors = new Map<string | null, number>();
  for (const [at, { id, type }] of events.entries()) {
    if (at % CHECK_EVERY === 0) context.throwIfAborted();
    types.set(type, (types.get(type) ?? 0) + 1);
    const actor = decodeStored(context, recordById(context, id)!).envelope?.actor?.value ?? null;
    actors.set(actor, (actors.get(actor) ?? 0) + 1);
  }
  const byCount = <K>(counts: ReadonlyMap<K, number>) => [...counts].sort(([, a], [, b]) => b - a);
  return {
    verdicts,
    first: eventOut(context, events[0]),
    last: eventOut(context, events.at(-1)),
    types: byCount(types).map(([type, count]) => ({ type, count })),
    actors: byCount(actors).map(([actor, count]) => ({ actor, count })),
  };
}

export const reportReads = {
  'consistency.knows': ({ dictionary }: ReadContext, { ref }: { ref: AggregateRef }) =>
    dictionary.aggregateId(ref) !== null,
  'consistency.facts': reportFacts,
};
