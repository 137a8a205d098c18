import { RecordKind, Verdict } from '../../../contract/common.ts';
import { EventFilter } from '../../../contract/events.ts';
import { isFieldName } from '../../../core/filter/filter.ts';
import { formatIso } from '../../lib/format.ts';
import { parseMoment } from '../../lib/moment.ts';

/**
 * The text form of the quick conditions of a filter (its expression stands beside it): `type:FeeCharged topic:bank.fees agg:SA-10 from:2025-11-01T00:00:00Z`. It is what a
 * person types and what the address holds. A value with spaces or quotes is a JSON string: `key:"a b"`. A word without
 * a field looks for a part of an aggregate id. The same field given twice means either (type, topic, kind, verdict).
 */
export interface ParsedFilter {
  filter: EventFilter;
  /** What could not be used, in words; those words do not restrict. */
  problems: string[];
}

/** Fields a person may write, each with what it looks for. */
export const FILTER_FIELDS: Readonly<Record<string, string>> = {
  type: 'event type',
  topic: 'topic',
  agg: 'part of an aggregate id',
  aggregate: 'one aggregate, as Type/id',
  key: 'whole record key',
  event: 'event id',
  correlation: 'correlation id',
  from: 'recorded at or after',
  to: 'recorded at or before',
  kind: RecordKind.options.join(', '),
  verdict: Verdict.options.join(', '),
};

const TOKEN = /\s*(?:([a-z]+):)?("(?:[^"\\]|\\.)*"|[^\s]+)/gy;

function unquote(text: string): string | null {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

const add = (list: readonly string[] | undefined, value: string): string[] => [
  ...new Set([...(list ?? []), value]),
];

function timeInto(filter: EventFilter, field: 'from' | 'to', text: string): string | null {
  const moment = parseMoment(text);
  if (!moment.ok) return `${field}: ${moment.problem}`;
  filter[field] = moment.at;
  return null;
}

function put(filter: EventFilter, field: string, value: string): string | null {
  switch (field) {
    case 'type':
      filter.types = add(filter.types, value);
      return null;
    case 'topic':
      filter.topics = add(filter.topics, value);
      return null;
    case 'agg':
      filter.aggregateText = value;
      return null;
    case 'aggregate': {
      const slash = value.indexOf('/');
      if (slash === -1 || slash === value.length - 1)
        return `aggregate:${value} needs a type and an id, as aggregate:SavingsAccount/SA-1`;
      filter.aggregate = { type: value.slice(0, slash), id: value.slice(slash + 1) };
      return null;
    }
    case 'key':
      filter.key = value;
      return null;
    case 'event':
      filter.eventId = value;
      return null;
    case 'correlation':
      filter.correlationId = value;
      return null;
    case 'from':
    case 'to':
      return timeInto(filter, field, value);
    case 'kind': {
      const kind = RecordKind.safeParse(value);
      if (!kind.success) return `kind:${value} is none of ${FILTER_FIELDS.kind}`;
      filter.kinds = [...new Set([...(filter.kinds ?? []), kind.data])];
      return null;
    }
    case 'verdict': {
      const verdict = Verdict.safeParse(value);
      if (!verdict.success) return `verdict:${value} is none of ${FILTER_FIELDS.verdict}`;
      filter.verdicts = [...new Set([...(filter.verdicts ?? []), verdict.data])];
      return null;
    }
    default:
      return `There is no field ${field}; write one of ${Object.keys(FILTER_FIELDS).join(', ')}`;
  }
}

/** Reads a filter; what it cannot use is told in `problems` and does not restrict. */
export function parseFilter(text: string): ParsedFilter {
  const filter: EventFilter = {};
  const problems: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, field, raw] = match;
    const value = unquote(raw!);
    const problem = value === null ? `${raw} is no readable quoted text` : put(filter, field ?? 'agg', value);
    if (problem !== null) problems.push(problem);
  }
  if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to)
    problems.push('from is later than to, so nothing can fit');
  // The contract's limits (lengths, counts) hold for typed text too.
  const checked = EventFilter.safeParse(filter);
  if (checked.success) return { filter: checked.data, problems };
  return {
    filter: {},
    problems: [...problems, `The filter cannot be used: ${checked.error.issues[0]!.message}`],
  };
}

const quoted = (value: string): string => (/^[^\s"]+$/.test(value) ? value : JSON.stringify(value));

/** One text per condition, in a fixed order; {@link parseFilter} reads their join back to the same filter. */
export function filterTerms(filter: EventFilter): string[] {
  const terms: string[] = [];
  const term = (field: string, value: string | undefined) => {
    if (value !== undefined) terms.push(`${field}:${quoted(value)}`);
  };
  for (const type of filter.types ?? []) term('type', type);
  for (const topic of filter.topics ?? []) term('topic', topic);
  if (filter.aggregate !== undefined) term('aggregate', `${filter.aggregate.type}/${filter.aggregate.id}`);
  term('agg', filter.aggregateText);
  term('key', filter.key);
  term('event', filter.eventId);
  term('correlation', filter.correlationId);
  for (const kind of filter.kinds ?? []) term('kind', kind);
  for (const verdict of filter.verdicts ?? []) term('verdict', verdict);
  term('from', filter.from === undefined ? undefined : formatIso(filter.from));
  term('to', filter.to === undefined ? undefined : formatIso(filter.to));
  return terms;
}

export const formatFilter = (filter: EventFilter): string => filterTerms(filter).join(' ');

/** `base` with further conditions: lists grow, single values are replaced. */
export function mergeFilter(base: EventFilter, added: EventFilter): EventFilter {
  const union = <Item>(a: Item[] | undefined, b: Item[] | undefined): Item[] | undefined =>
    a === undefined && b === undefined ? undefined : [...new Set([...(a ?? []), ...(b ?? [])])];
  return {
    ...base,
    ...added,
    types: union(base.types, added.types),
    topics: union(base.topics, added.topics),
    kinds: union(base.kinds, added.kinds),
    verdicts: union(base.verdicts, added.verdicts),
  };
}

/** The filter without one of its terms, as {@link filterTerms} names them; its expression stays. */
export function withoutTerm(filter: EventFilter, term: string): EventFilter {
  const rest = filterTerms(filter).filter((each) => each !== term);
  return { ...parseFilter(rest.join(' ')).filter, where: filter.where };
}

/** A word that stands for itself; a name of the filter language begins an expression. */
const ONE_WORD = /^[^\s"'=<>!~()[\]:]+$/;
const WITH_FIELD = /^\s*[a-z]+:[^\s]/;

/** True for `type:FeeCharged from:…` and for a part of an aggregate id, false for an expression of the filter language. */
export function isQuick(text: string): boolean {
  if (WITH_FIELD.test(text)) return true;
  return ONE_WORD.test(text) && !isFieldName(text.split('.')[0]!) && text.toLowerCase() !== 'not';
}

/** The filter with a value of a list switched on or off; an empty list does not restrict. */
export function toggleIn(filter: EventFilter, field: 'types' | 'topics', value: string): EventFilter {
  const list = filter[field] ?? [];
  const next = list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
  return { ...filter, [field]: next.length === 0 ? undefined : next };
}
