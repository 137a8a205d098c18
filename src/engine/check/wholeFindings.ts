/** Findings that need no look at single streams: unknown types, rare schema versions, records of no aggregate. */

import type { Finding } from '../../core/check/findings.ts';
import { readsLikeCommand } from '../../core/check/names.ts';
import { unknownTypes } from '../../core/check/typeNames.ts';
import { formatCount, plural } from '../../core/count.ts';
import type { Dictionary } from '../store/dictionary.ts';
import { KIND, VERDICT } from '../store/values.ts';
import type { Columns } from './columns.ts';
import type { Payloads } from './payloadLook.ts';

/** A topic in which nearly all records are events. */
const EVENTS_SHARE = 0.99;
const ENOUGH_EVENTS = 200;

/** Types that are not known, events without one, and names like commands. */
export function topicFindings(dictionary: Dictionary, columns: Columns, isAsked: Uint8Array): Finding[] {
  const topics = new Map<number, { counts: Map<number, number>; plain: number[]; records: number }>();
  const firstOf = new Map<number, number>();
  for (let row = 0; row < columns.count; row++) {
    if (columns.verdict[row] !== VERDICT.committed) continue;
    const { topicId } = dictionary.placeOf(columns.id[row]!);
    let known = topics.get(topicId);
    if (known === undefined) {
      known = { counts: new Map(), plain: [], records: 0 };
      topics.set(topicId, known);
    }
    known.records += 1;
    const type = columns.type[row]!;
    if (columns.kind[row] === KIND.plain) known.plain.push(row);
    if (columns.kind[row] !== KIND.event) continue;
    known.counts.set(type, (known.counts.get(type) ?? 0) + 1);
    if (isAsked[row] !== 0 && !firstOf.has(type)) firstOf.set(type, row);
  }
  const found: Finding[] = [];
  for (const { counts, plain, records } of topics.values()) {
    const named = new Map([...counts].map(([type, count]) => [dictionary.typeName(type), count]));
    for (const { type, meant } of unknownTypes(named)) {
      const row = firstOf.get(dictionary.typeId(type) ?? -1);
      if (row === undefined) continue;
      found.push({
        rule: 'type-unknown',
        events: [columns.id[row]!],
        text: `${type} is hardly ever seen; ${meant} was probably meant (${plural(named.get(type)!, 'event')} against ${formatCount(named.get(meant)!)})`,
      });
    }
    if (records < ENOUGH_EVENTS || records - plain.length < records * EVENTS_SHARE) continue;
    for (const row of plain)
      found.push({
        rule: 'type-unknown',
        events: [columns.id[row]!],
        text: 'The record is JSON but says no event type; nearly all others of the topic do',
      });
  }
  for (const [type, row] of firstOf) {
    const name = dictionary.typeName(type);
    if (readsLikeCommand(name))
      found.push({
        rule: 'name-not-past',
        events: [columns.id[row]!],
        text: `${name} reads like a command; this is its first event here`,
      });
  }
  return found;
}

/** Schema versions that hardly any event of their type has. */
export const schemaFindings = ({ schemas }: Payloads): Finding[] =>
  schemas.unusual().map(({ type, version, count, of, first, usual }) => ({
    rule: 'schema-unknown',
    events: [first],
    text: `${type} has the schema version ${version || '(none)'} in ${plural(count, 'event')} of ${formatCount(of)}, others have ${usual || 'none'}; this is the first`,
  }));

/** Records of no aggregate that nobody can read, or that never came true. */
export function looseFindings(
  { count, aggregate, kind, verdict, id }: Columns,
  isAsked: Uint8Array,
): Finding[] {
  const found: Finding[] = [];
  for (let row = 0; row < count; row++) {
    if (aggregate[row] !== 0 || isAsked[row] === 0) continue;
    const events = [id[row]!];
    if (kind[row] === KIND.undecodable)
      found.push({ rule: 'undecodable', events, text: 'Undecodable: the value cannot be read as an event' });
    if (verdict[row] === VERDICT.aborted)
      found.push({ rule: 'aborted', events, text: 'A record of a transaction that was aborted' });
  }
  return found;
}
