/** What crosses between the engine and the console's process: plain JSON values. */

import type { ErrorCode, ErrorDetails } from '../../contract/errors.ts';
import type { Cell } from '../../contract/projections.ts';
import type { Cut } from '../../core/model.ts';
import type { DefinitionText } from '../projection/reads.ts';
import type { PlanStep } from './plan.ts';

export interface ConsoleQuery {
  /** The workspace or recording, and the file of its projection tables. */
  file: string;
  derived: string;
  sql: string;
  /** Values of its named parameters, as a person typed them. */
  parameters?: Readonly<Record<string, string>>;
  /** How it would be answered, instead of the answer. */
  plan?: boolean;
  cut: Cut;
  /** Most rows to return. */
  limit: number;
  /** Most bytes of rows as JSON to return; null: no limit. */
  maxBytes: number | null;
  /** All projections that may be asked for. */
  projections: DefinitionText[];
}

export interface ConsoleColumn {
  name: string;
  type: string | null;
}

export interface ConsoleAnswer {
  columns: ConsoleColumn[];
  rows: Cell[][];
  /** More rows were to be had. */
  more: boolean;
  tookMs: number;
  /** In words: which moment the answer is for, and what it does not take in. */
  asOf: string;
  /** Set when it was asked for; there are no rows then. */
  plan?: PlanStep[];
}

export interface ToConsole {
  id: number;
  query: ConsoleQuery;
}

export type FromConsole =
  | { id: number; answer: ConsoleAnswer }
  | { id: number; code: ErrorCode; details: ErrorDetails };
