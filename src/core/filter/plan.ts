/**
 * Splits a filter into what the columns of the log tell, what an index finds by exact value, and what must be read from
 * the bytes; and says which bytes a record must hold to fit, so that most are passed over unread.
 */
import { conditionsOf, type Expression, type FieldRef, fieldOf } from './expression.ts';
import { factsOf, LOOKUP_FIELDS, type LookupField } from './fields.ts';

export interface Lookup {
  field: LookupField;
  /** One of these. */
  values: readonly string[];
}

/** A record fits when all parts hold; null: nothing of that kind is asked. */
export interface FilterPlan {
  columns: Expression | null;
  lookups: readonly Lookup[];
  bytes: Expression | null;
  needles: readonly NeedleGroup[];
}

/** One of these texts stands in the bytes of the value of every record that fits. */
export interface NeedleGroup {
  texts: readonly string[];
  /** As JSON, where it may be written with escapes: a value with a backslash is read in any case. */
  inJson: boolean;
}

export function planFilter(expression: Expression): FilterPlan {
  const columns: Expression[] = [];
  const bytes: Expression[] = [];
  const lookups: Lookup[] = [];
  for (const part of conjunctsOf(expression)) {
    const lookup = lookupOf(part);
    if (lookup !== null) lookups.push(lookup);
    else if (isOfColumns(part)) columns.push(part);
    else bytes.push(part);
  }
  const rest = together(bytes);
  return { columns: together(columns), lookups, bytes: rest, needles: rest === null ? [] : needlesOf(rest) };
}

function* conjunctsOf(expression: Expression): Generator<Expression> {
  if (expression.kind === 'and') for (const item of expression.items) yield* conjunctsOf(item);
  else yield expression;
}

function together(items: readonly Expression[]): Expression | null {
  if (items.length === 0) return null;
  return items.length === 1 ? items[0]! : { kind: 'and', items };
}

function isOfColumns(expression: Expression): boolean {
  for (const condition of conditionsOf(expression)) {
    const field = fieldOf(condition);
    if (field === null || !factsOf(field.name).column) return false;
  }
  return true;
}

const isLookup = ({ name, asNumber }: FieldRef): boolean =>
  !asNumber && (LOOKUP_FIELDS as readonly string[]).includes(name);

function lookupOf(expression: Expression): Lookup | null {
  if (expression.kind === 'compare' && expression.operator === '=' && isLookup(expression.field))
    return typeof expression.value === 'string'
      ? { field: expression.field.name as LookupField, values: [expression.value] }
      : null;
  if (expression.kind !== 'in' || !isLookup(expression.field)) return null;
  const values = expression.values.filter((value) => typeof value === 'string');
  return values.length === expression.values.length
    ? { field: expression.field.name as LookupField, values }
    : null;
}

/** Texts that a fitting record's value must hold; empty: none can be told. */
function needlesOf(expression: Expression): NeedleGroup[] {
  if (expression.kind === 'and') return expression.items.flatMap(needlesOf);
  if (expression.kind === 'or') return eitherOf(expression.items.map(needlesOf));
  const field = fieldOf(expression);
  if (field === null || expression.kind === 'not') return [];
  if (field.name === 'text')
    return expression.kind === 'text' && expression.operator === 'contains'
      ? groupOf([expression.value], false)
      : [];
  if (field.name !== 'data' && field.name !== 'value') return [];
  const keys = field.path.filter((step) => typeof step === 'string');
  const longest = keys.reduce<string | null>(
    (best, key) => (best !== null && best.length >= key.length ? best : key),
    null,
  );
  const ofPath = longest === null ? [] : groupOf([`"${longest}"`], true);
  return [...groupOf(textsOf(expression, field), true), ...ofPath];
}

/** The literals of which one must be there; empty: none must. */
function textsOf(expression: Expression, field: FieldRef): string[] {
  if (field.asNumber) return [];
  if (expression.kind === 'compare' && expression.operator === '=' && typeof expression.value === 'string')
    return [expression.value];
  if (expression.kind === 'text' && expression.operator !== 'like') return [expression.value];
  if (expression.kind !== 'in') return [];
  const texts = expression.values.filter((value) => typeof value === 'string');
  return texts.length === expression.values.length ? texts : [];
}

const groupOf = (texts: string[], inJson: boolean): NeedleGroup[] =>
  texts.length === 0 || texts.includes('') ? [] : [{ texts, inJson }];

/** What holds for each branch of an “or”: the first group of each, put together. */
function eitherOf(branches: readonly NeedleGroup[][]): NeedleGroup[] {
  const first = branches.map(([group]) => group);
  if (first.some((group) => group === undefined)) return [];
  const groups = first as NeedleGroup[];
  return [{ texts: groups.flatMap(({ texts }) => texts), inJson: groups.some(({ inJson }) => inJson) }];
}
