/** A record for tests of filters: its value is its payload. */
import { parseJson } from '../../json.ts';
import type { Json } from '../../model.ts';
import type { FactName, FilterSubject } from '../evaluate.ts';

type Facts = Partial<Record<FactName, string | number | null>> & {
  headers?: readonly (readonly [string, string | null])[];
};

export function subjectOf(value: string | null, { headers = [], ...facts }: Facts): FilterSubject {
  const parsed = (): Json | undefined => {
    if (value === null) return undefined;
    try {
      return parseJson(value);
    } catch {
      return undefined;
    }
  };
  return {
    fact: (name) => facts[name] ?? null,
    headers: (name) => headers.filter(([key]) => key === name).map(([, text]) => text),
    value: parsed,
    data: parsed,
    text: () => value,
    holds: (text) => value?.includes(text) ?? false,
  };
}
