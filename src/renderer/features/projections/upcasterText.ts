/** Upcasters of a definition's text as a form has them: paths and values as they are typed. */
import { formatJson, isJsonObject, parseJson } from '../../../core/json.ts';
import type { Json, JsonObject, Upcaster, UpcastStep } from '../../../core/model.ts';
import { compileUpcasters, UpcasterProblem } from '../../../core/upcast.ts';
import { layOut } from './definitionText.ts';

export type StepKind = UpcastStep['step'];

/** A step while it is written; what its kind does not say stays as it was, for when the kind changes back. */
export interface StepDraft {
  kind: StepKind;
  /** Path: the place, or where a value is moved from. */
  path: string;
  /** Path: where to. */
  to: string;
  /** JSON, or text without quotes: the default, or the value that is replaced. */
  value: string;
  /** As `value`: what takes its place. */
  other: string;
  /** The new name of the type. */
  name: string;
}

export interface UpcasterDraft {
  topic: string;
  type: string;
  /** Empty: events that declare none. */
  from: string;
  to: string;
  steps: StepDraft[];
}

const EMPTY: StepDraft = { kind: 'rename', path: 'data.', to: 'data.', value: '', other: '', name: '' };
export const newStep = (kind: StepKind = 'rename'): StepDraft => ({ ...EMPTY, kind });
export const newUpcaster = (type = ''): UpcasterDraft => ({
  ...{ topic: '*', type, from: '1', to: '2' },
  steps: [newStep()],
});

/** A value as it is typed: JSON with all its digits, or else a text. */
export function typedValue(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function stepOf(step: UpcastStep): StepDraft {
  const draft = newStep(step.step);
  switch (step.step) {
    case 'rename':
      return { ...draft, path: step.from, to: step.to };
    case 'default':
      return { ...draft, path: step.path, value: formatJson(step.value) };
    case 'replace':
      return { ...draft, path: step.path, value: formatJson(step.from), other: formatJson(step.to) };
    case 'remove':
      return { ...draft, path: step.path };
    case 'type':
      return { ...draft, name: step.name };
  }
}

function writtenStep({ kind, path, to, value, other, name }: StepDraft): UpcastStep {
  switch (kind) {
    case 'rename':
      return { step: kind, from: path, to };
    case 'default':
      return { step: kind, path, value: typedValue(value) };
    case 'replace':
      return { step: kind, path, from: typedValue(value), to: typedValue(other) };
    case 'remove':
      return { step: kind, path };
    case 'type':
      return { step: kind, name };
  }
}

export const writtenUpcaster = ({ topic, type, from, to, steps }: UpcasterDraft): Upcaster => ({
  ...{ topic, type, from: from === '' ? null : from, to },
  steps: steps.map(writtenStep),
});

function reducerOf(text: string): { definition: JsonObject; reducer: JsonObject } | null {
  try {
    const definition = parseJson(text);
    if (!isJsonObject(definition) || !isJsonObject(definition.reducer)) return null;
    return { definition, reducer: definition.reducer };
  } catch {
    return null;
  }
}

/** The upcasters of a definition. Null: its text cannot be read, or they are none that a form can show. */
export function upcastersOf(text: string): UpcasterDraft[] | null {
  const found = reducerOf(text);
  if (found === null) return null;
  const upcasters = (found.reducer.upcasters ?? []) as unknown as Upcaster[];
  try {
    compileUpcasters(upcasters);
  } catch (error) {
    if (error instanceof UpcasterProblem) return null;
    throw error;
  }
  return upcasters.map(({ topic, type, from, to, steps }) => ({
    ...{ topic, type, from: from ?? '', to },
    steps: steps.map(stepOf),
  }));
}

/** The text with these upcasters in place of its own; the rest says what it said. */
export function withUpcasters(text: string, drafts: readonly UpcasterDraft[]): string {
  const found = reducerOf(text);
  if (found === null) return text;
  const { upcasters: _, on, ...rest } = found.reducer;
  const upcasters = drafts.map(writtenUpcaster) as unknown as Json;
  return layOut({
    ...found.definition,
    // The operations are the longest part and stay the last.
    reducer: {
      ...rest,
      ...(drafts.length === 0 ? {} : { upcasters }),
      ...(on === undefined ? {} : { on }),
    },
  });
}
