/** A first definition to begin with: it works as it is, over the person's own events. */

import type { FieldSample } from '../../../contract/search.ts';
import type { ColumnType } from '../../../core/model.ts';

export type Writing = 'operations' | 'javascript' | 'typescript';

export interface Beginning {
  name: string;
  title: string;
  source: { aggregateTypes?: string[]; topics?: string[] };
  writing: Writing;
  /** Fields of the events, the most frequent first, and how many records were looked at for them. */
  fields: readonly FieldSample[];
  records: number;
}

const MOST_COLUMNS = 8;
const SQL_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const TAKEN = new Set(['key', 'events', '_events', '_last_event', '_last_at']);
const TIME = /^"\d{4}-\d\d-\d\dT\d\d:\d\d/;

const typeOf = ({ kind, example }: FieldSample): ColumnType | null => {
  if (kind === 'number') return 'decimal';
  if (kind === 'boolean') return 'boolean';
  return kind === 'text' ? (TIME.test(example) ? 'time' : 'text') : null;
};

/** Top fields of the payload as columns: those that most of the events have. */
function columnsOf({ fields }: Beginning): { name: string; type: ColumnType }[] {
  const columns: { name: string; type: ColumnType }[] = [];
  for (const field of fields) {
    const name = /^data\.([^.[\]]+)$/.exec(field.field)?.[1];
    const type = typeOf(field);
    if (name === undefined || type === null || !SQL_NAME.test(name) || TAKEN.has(name.toLowerCase()))
      continue;
    if (
      columns.length < MOST_COLUMNS &&
      columns.every((each) => each.name.toLowerCase() !== name.toLowerCase())
    )
      columns.push({ name, type });
  }
  return columns;
}

const PROGRAM = {
  javascript: `export const initial = { events: 0 };

/** The state after one event. There is no clock, no random and no I/O: the same events give the same state. */
export function reduce(state, event) {
  return { ...state, ...event.data, events: state.events + 1 };
}
`,
  typescript: `type State = { events: number };
type Event = {
  type: string;
  data: object;
  eventId: string | null;
  occurredAt: string | null;
  recordedAt: string;
};

export const initial: State = { events: 0 };

/** The state after one event. There is no clock, no random and no I/O: the same events give the same state. */
export function reduce(state: State, event: Event): State {
  return { ...state, ...event.data, events: state.events + 1 };
}
`,
} as const;

/** The text of the definition: payloads merged, latest wins, and a count. */
export function templateOf(beginning: Beginning): string {
  const { name, title, source, writing } = beginning;
  const reducer =
    writing === 'operations'
      ? {
          name,
          version: 1,
          initial: { events: 0 },
          on: {
            '*': [
              { op: 'merge', from: 'data' },
              { op: 'add', path: 'events', value: 1 },
            ],
          },
        }
      : { name, version: 1, language: writing, source: PROGRAM[writing] };
  const columns = [...columnsOf(beginning), { name: 'events', type: 'integer' }];
  const key = source.aggregateTypes === undefined ? '$eventId' : 'aggregateId';
  return JSON.stringify({ name, title, source, key, columns, reducer });
}
