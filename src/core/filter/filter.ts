/** The filter language: everything other layers need of it. */
export { type Completion, completionAt, type Expected, operatorsOf } from './complete.ts';
export { compileFilter, type FactName, type FilterSubject, type Predicate, UNSURE } from './evaluate.ts';
export type { Expression, FieldRef, FieldStep, Literal, TimeLiteral } from './expression.ts';
export { FIELDS, type FieldName, factsOf, isFieldName, type LookupField } from './fields.ts';
export { FILTER_LIMITS } from './limits.ts';
export { KEYWORDS, parseFilter, parseStateCondition } from './parse.ts';
export { type FilterPlan, type Lookup, type NeedleGroup, planFilter } from './plan.ts';
export { printField, printFilter } from './print.ts';
export { caretLines, FilterProblem } from './problem.ts';
export { type TextQuery, textQueryOf } from './textQuery.ts';
export { type Token, tokenize } from './tokens.ts';
export { fold, holdsWords, wordsOf } from './words.ts';
