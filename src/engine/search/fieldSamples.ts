/** Which fields the payloads have, told by some of the records that fit a filter: for suggestions while typing. */
import type { EventFilter } from '../../contract/events.ts';
import { printField } from '../../core/filter/filter.ts';
import { isJsonObject, isNumeric, numberText } from '../../core/json.ts';
import type { Json } from '../../core/model.ts';
import { decodeHeaders } from '../kafka/headers.ts';
import { select } from '../reads/filter.ts';
import { rowsOfRecords } from '../reads/logRows.ts';
import type { ReadContext } from '../workers/context.ts';
import { visitBodies } from './recordRun.ts';
import { RecordSubject } from './recordSubject.ts';

export interface FieldSample {
  /** As the filter language writes it. */
  field: string;
  kind: 'text' | 'number' | 'boolean' | 'null' | 'list' | 'object';
  /** One of its values, short; empty for lists and objects. */
  example: string;
  /** Records of the sample that have it. */
  records: number;
}

export interface FieldSamples {
  /** Most frequent first. */
  fields: FieldSample[];
  /** Records looked at. */
  records: number;
}

/** Records looked at, spread over all that fit. */
const SAMPLE = 300;
const MOST_FIELDS = 400;
const DEPTH = 6;
const EXAMPLE = 60;
/** A larger value is not decoded for a suggestion. Bytes. */
const LARGEST = 64 * 1024;

export function fieldSamples(context: ReadContext, { filter }: { filter: EventFilter }): FieldSamples {
  const { selection } = select(context, filter);
  const wanted = Math.min(SAMPLE, selection.count);
  const ids = Array.from({ length: wanted }, (_, nth) => {
    const at = Math.floor((nth * selection.count) / wanted);
    return selection.ids(at, at + 1)[0]!;
  });
  const rows = rowsOfRecords(context.db, ids);
  const subject = new RecordSubject(context);
  const found = new Map<string, FieldSample>();
  visitBodies(context, rows, rows.id.keys(), null, (at, body) => {
    const own = new Set<string>();
    const put = (field: string, value: Json): void => {
      if (own.has(field)) return;
      own.add(field);
      const known = found.get(field);
      if (known !== undefined) known.records += 1;
      else if (found.size < MOST_FIELDS) found.set(field, { field, ...describe(value), records: 1 });
    };
    if ((body.value?.length ?? 0) <= LARGEST) {
      subject.load(rows, at, body);
      walk('data', [], subject.data(), put);
      walk('value', [], subject.value(), put);
    }
    for (const { key, value } of decodeHeaders(body.headers ?? new Uint8Array(0)))
      put(
        printField({ name: 'header', path: [key], asNumber: false }),
        value === null ? null : Buffer.from(value).toString('utf8'),
      );
  });
  const fields = [...found.values()].sort((a, b) => b.records - a.records || (a.field < b.field ? -1 : 1));
  return { fields, records: wanted };
}

function walk(
  name: 'data' | 'value',
  path: (string | null)[],
  value: Json | undefined,
  put: (field: string, value: Json) => void,
): void {
  if (value === undefined || path.length > DEPTH) return;
  if (path.length > 0) put(printField({ name, path, asNumber: false }), value);
  if (Array.isArray(value)) for (const item of value.slice(0, 5)) walk(name, [...path, null], item, put);
  else if (isJsonObject(value))
    for (const key of Object.keys(value)) walk(name, [...path, key], value[key], put);
}

function describe(value: Json): Pick<FieldSample, 'kind' | 'example'> {
  const short = (text: string) => (text.length > EXAMPLE ? `${text.slice(0, EXAMPLE)}…` : text);
  if (value === null) return { kind: 'null', example: 'null' };
  if (isNumeric(value)) return { kind: 'number', example: short(numberText(value)) };
  if (typeof value === 'string') return { kind: 'text', example: short(JSON.stringify(value)) };
  if (typeof value === 'boolean') return { kind: 'boolean', example: String(value) };
  return { kind: Array.isArray(value) ? 'list' : 'object', example: '' };
}
