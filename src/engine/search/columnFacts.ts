/** What the columns of the log index tell of a record. */
import type { FactName } from '../../core/filter/filter.ts';
import { kindAt, type LogIndex, verdictAt } from '../reads/logIndex.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { KINDS, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';

const COLUMNS = [
  'topic',
  'partition',
  'offset',
  'type',
  'aggregate',
  'aggregateType',
  'recorded',
  'occurred',
  'verdict',
  'kind',
] as const satisfies readonly FactName[];
export type ColumnName = (typeof COLUMNS)[number];

const names: ReadonlySet<string> = new Set(COLUMNS);
export const isColumn = (name: string): name is ColumnName => names.has(name);

/** Recorded time is the monotonic one, as everywhere in lists. Null: the record has none. */
export function columnFact(
  { dictionary }: ReadContext,
  index: LogIndex,
  at: number,
  name: ColumnName,
): string | number | null {
  switch (name) {
    case 'topic':
      return dictionary.placeOf(index.id[at]!).topic;
    case 'partition':
      return dictionary.placeOf(index.id[at]!).partition;
    case 'offset':
      return index.id[at]! % OFFSET_SPAN;
    case 'type':
      return dictionary.typeName(index.type[at]!) || null;
    case 'aggregate':
      return dictionary.aggregate(index.aggregate[at]!)?.id ?? null;
    case 'aggregateType':
      return dictionary.aggregate(index.aggregate[at]!)?.type ?? null;
    case 'recorded':
      return index.mono[at]!;
    case 'occurred':
      return Number.isNaN(index.occurred[at]!) ? null : index.occurred[at]!;
    case 'verdict':
      return VERDICTS[verdictAt(index, at)]!;
    case 'kind':
      return KINDS[kindAt(index, at)]!;
  }
}
