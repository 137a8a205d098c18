/** Real events of a type, to see what upcasters make of them. */
import { useQuery } from '@tanstack/react-query';
import type { RecordDetail } from '../../../contract/events.ts';
import { parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { getPath } from '../../../core/path.ts';
import type { Versioned } from '../../../core/upcast.ts';
import { ask } from './vocabulary.ts';

export interface SampleEvent extends Versioned {
  topic: string;
  partition: number;
  offset: string;
}

/** Events that are looked at, spread over all of the type. */
const LOOKED_AT = 12;
const PAGE = 200;

function sampleOf({ row, value, dataPath, fields }: RecordDetail): SampleEvent | null {
  if (value === null || row.kind !== 'event') return null;
  const data = getPath(parseJson(value) as Json, dataPath);
  if (data === undefined) return null;
  const schemaVersion = fields.find(({ name }) => name === 'schemaVersion')?.value ?? null;
  return { ...row.place, type: row.type, schemaVersion, data };
}

/** Undefined while they are on their way. An empty type has none. */
export function useSampleEvents(type: string): readonly SampleEvent[] | undefined {
  const { data } = useQuery({
    queryKey: ['upcaster samples', type],
    enabled: type !== '',
    queryFn: async () => {
      const { rows } = await ask(['events', 'query'], { filter: { types: [type] }, from: 0, count: PAGE });
      const step = Math.max(1, Math.floor(rows.length / LOOKED_AT));
      const some = rows.filter((_, at) => at % step === 0).slice(0, LOOKED_AT);
      const details = await Promise.all(some.map(({ id }) => ask(['events', 'get'], { id })));
      return details.flatMap((detail) => sampleOf(detail) ?? []);
    },
  });
  return type === '' ? [] : data;
}
