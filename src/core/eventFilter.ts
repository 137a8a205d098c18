/** Which events of a stream an expression of the filter language means, told from the event as it is folded. */
import { conditionsOf, type Expression, fieldOf } from './filter/expression.ts';
import { compileFilter, type FactName, FilterProblem, type FilterSubject } from './filter/filter.ts';
import type { FoldContext } from './fold.ts';
import { exactNumber } from './json.ts';
import type { StreamEvent } from './model.ts';
import type { PathStep } from './path.ts';

/** What lies neither in its payload nor in what a list knows of it. */
const BESIDE = new Set<string>(['value', 'eventId']);
/** What a folded event does not carry along. */
const UNKNOWN = new Set<string>(['key', 'size', 'correlationId', 'causationId', 'header', 'text']);

export type EventTest = (event: StreamEvent, stream: FoldContext) => boolean;

/** @throws FilterProblem for a condition on what lies outside of the event and its payload */
export function compileEventFilter(expression: Expression, text: string): EventTest {
  for (const condition of conditionsOf(expression)) {
    const name = fieldOf(condition)?.name ?? 'text';
    if (!UNKNOWN.has(name)) continue;
    const position = Math.max(0, text.indexOf(name));
    const what = condition.kind === 'match' ? 'words in the value' : name;
    throw new FilterProblem(
      `Events cannot be chosen by ${what} here`,
      position,
      name.length,
      'Ask for type, time, version, eventId, topic or a part of the payload (data.…, value.…).',
    );
  }
  const fits = compileFilter(expression);
  return (event, stream) => fits(subjectOf(event, stream));
}

/**
 * The paths of the payload that such a test looks at, each as far as to where it takes every item; null: it asks for more of an
 * event than its head and its payload.
 */
export function payloadPathsOf(expression: Expression): readonly (readonly PathStep[])[] | null {
  const paths: PathStep[][] = [];
  for (const condition of conditionsOf(expression)) {
    const field = fieldOf(condition);
    if (field === null || BESIDE.has(field.name)) return null;
    if (field.name !== 'data') continue;
    const every = field.path.indexOf(null);
    paths.push((every === -1 ? field.path : field.path.slice(0, every)) as PathStep[]);
  }
  return paths;
}

const subjectOf = (event: StreamEvent, stream: FoldContext): FilterSubject => ({
  fact: (name) => factOf(event, stream, name),
  headers: () => [],
  value: () => event.value,
  data: () => (event.kind === 'tombstone' || event.kind === 'undecodable' ? undefined : event.data),
  text: () => null,
  holds: () => false,
});

function factOf(event: StreamEvent, stream: FoldContext, name: FactName): ReturnType<FilterSubject['fact']> {
  switch (name) {
    case 'topic':
      return event.topic;
    case 'partition':
      return event.partition;
    case 'offset':
      return exactNumber(String(event.offset));
    case 'type':
      return event.type === '' ? null : event.type;
    case 'aggregate':
      return stream.aggregateId ?? null;
    case 'aggregateType':
      return stream.aggregateType ?? null;
    case 'recorded':
      return event.recordedAt;
    case 'occurred':
      return event.occurredAt;
    case 'verdict':
      return event.verdict;
    case 'kind':
      return event.kind;
    case 'version':
      return event.version;
    case 'eventId':
      return event.eventId;
    default:
      return null;
  }
}
