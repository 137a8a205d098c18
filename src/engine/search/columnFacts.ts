/** What the columns of the log tell of a record. */
import type { FactName } from '../../core/filter/filter.ts';
import { kindAt, type LogRows, verdictAt } from '../reads/logRows.ts';
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
  rows: LogRows,
  at: number,
  name: ColumnName,
): string | number | null {
  switch (name) {
    case 'topic':
      return dictionary.placeOf(rows.id[at]!).topic;
    case 'partition':
      return dictionary.placeOf(rows.id[at]!).partition;
    case 'offset':
      return rows.id[at]! % OFFSET_SPAN;
    case 'type':
      return dictionary.typeName(rows.type[at]!) || null;
    case 'aggregate':
      return dictionary.aggregate(rows.aggregate[at]!)?.id ?? null;
    case 'aggregateType':
      return dictionary.aggregate(rows.aggregate[at]!)?.type ?? null;
    case 'recorded':
      return rows.mono[at]!;
    case 'occurred':
      return Number.isNaN(rows.occurred[at]!) ? null : rows.occurred[at]!;
    case 'verdict':
      return VERDICTS[verdictAt(rows, at)]!;
    case 'kind':
      return KINDS[kindAt(rows, at)]!;
  }
}
