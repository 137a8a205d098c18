import type { ListColumns } from '../../../contract/aggregateColumns.ts';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { setParams } from '../../lib/address.ts';

/** Columns that are shown until a person chooses others, and how many of them are amounts where there are some. */
const SHOWN_AT_FIRST = 6;
const AMOUNTS_AT_FIRST = 3;
const AMOUNTS: ReadonlySet<string> = new Set(['decimal', 'integer']);

/** What the address says of a projection's columns: `columns`, `show`, `where`, `by` (`-balance`: descending). */
export interface ColumnsChoice {
  projection: string | null;
  /** Null: the first ones. */
  show: string[] | null;
  where: string;
  by: { column: string; descending: boolean } | null;
}

export function columnsChoice(params: URLSearchParams): ColumnsChoice {
  const by = params.get('by') ?? '';
  const column = by.replace(/^-/, '');
  return {
    projection: params.get('columns'),
    show: params.get('show')?.split(',') ?? null,
    where: params.get('where') ?? '',
    by: column === '' ? null : { column, descending: by.startsWith('-') },
  };
}

/** Columns of the definition; the table's own ones are in the list already. */
export const declaredColumns = ({ columns }: ProjectionStatus): ProjectionStatus['columns'] =>
  columns.filter(({ name }) => name !== 'key' && !name.startsWith('_'));

/** What is asked of the engine; null: nothing is chosen, or it is not known yet what there is. */
export function columnsQuestion(
  { projection, show, where, by }: ColumnsChoice,
  status: ProjectionStatus | undefined,
): ListColumns | null {
  if (projection === null || status === undefined) return null;
  const declared = declaredColumns(status);
  const names = declared.map(({ name }) => name);
  const wanted = show === null ? firstShown(declared) : names.filter((name) => show.includes(name));
  return { projection, show: wanted, where, sort: by };
}

/** Ids and names come first in most definitions, and what they have is looked for as often. */
function firstShown(columns: ProjectionStatus['columns']): string[] {
  const amounts = columns.filter(({ type }) => AMOUNTS.has(type)).slice(0, AMOUNTS_AT_FIRST);
  const others = columns.filter((column) => !amounts.includes(column) && column.type !== 'json');
  const chosen = new Set([...amounts, ...others.slice(0, SHOWN_AT_FIRST - amounts.length)]);
  return columns.filter((column) => chosen.has(column)).map(({ name }) => name);
}

/** Projections whose rows are aggregates of the type (null: of any). */
export const fittingProjections = (
  all: readonly ProjectionStatus[],
  type: string | null,
): ProjectionStatus[] =>
  all.filter(
    ({ aggregateTypes }) =>
      aggregateTypes !== null &&
      (type === null || aggregateTypes.length === 0 || aggregateTypes.includes(type)),
  );

/** Another projection: what was asked of the columns of the one before goes. */
export function chooseColumns(status: ProjectionStatus | null, type: string | null): void {
  const only = status?.aggregateTypes?.length === 1 ? status.aggregateTypes[0]! : null;
  setParams(
    {
      ...{ columns: status?.name ?? null, show: null, where: null, by: null },
      type: type ?? only,
    },
    false,
  );
}

export const sortByColumn = (by: ColumnsChoice['by'], column: string): void => {
  const descending = by?.column === column ? !by.descending : true;
  setParams({ by: `${descending ? '-' : ''}${column}` }, false);
};

/** Types of the columns by name. */
export const typesOf = (status: ProjectionStatus | undefined): ReadonlyMap<string, string> =>
  new Map(status?.columns.map(({ name, type }) => [name, type]));
