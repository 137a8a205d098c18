import type { z } from 'zod';
import type { Draft, DraftField as DraftFieldOut } from '../../../contract/compensate.ts';
import { formatJson, isJsonObject, isNumeric, JsonProblem, parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { numberText } from '../../../core/numbers.ts';
import { formatPath, getPath, parsePath, setPath } from '../../../core/path.ts';

export type DraftField = z.infer<typeof DraftFieldOut>;

/** text: written without quotes. json: a number, a word or a structure, as JSON. free: was null; JSON or else text. */
export type FieldKind = 'text' | 'json' | 'free';

/** The fields that also stand beside the value in a draft, by their path; null: the value has none. */
export interface Roles {
  type: string | null;
  reason: string | null;
  actor: string | null;
}

const HEADER = 'header ';
export const isHeader = (path: string): boolean => path.startsWith(HEADER);

export function rolesOf(fields: readonly DraftField[], drafted: Draft): Roles {
  const holds = (field: DraftField, text: string) => field.value === JSON.stringify(text);
  const find = (test: (field: DraftField) => boolean) => fields.find(test)?.path ?? null;
  return {
    type:
      find((field) => field.editable && field.hint.includes('past tense')) ??
      find((field) => field.editable && drafted.eventType !== '' && holds(field, drafted.eventType)),
    reason: find((field) => !isHeader(field.path) && /(?:^|\.)reason$/.test(field.path)),
    actor: find((field) => field.editable && field.hint === 'you' && holds(field, drafted.actor)),
  };
}

/** What a person may write into a field follows from what was drafted there. */
export function kindOf(drafted: DraftField): FieldKind {
  if (drafted.value === 'null') return 'free';
  return drafted.value.startsWith('"') ? 'text' : 'json';
}

/** The value of a draft, or why its text is no JSON. */
export function readValue(text: string): { value: Json } | { problem: string; line: number } {
  try {
    const value = parseJson(text);
    if (!isJsonObject(value)) return { problem: 'The event must be a JSON object.', line: 1 };
    return { value };
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return { problem: error.message, line: text.slice(0, error.position).split('\n').length };
  }
}

/** What stands in the draft at a path of the form. */
export function valueAt(draft: Draft, value: Json, path: string): Json {
  if (!isHeader(path)) return getPath(value, parsePath(path)) ?? null;
  return draft.headers.find(({ key }) => key === path.slice(HEADER.length))?.value ?? null;
}

/** A value as a field of the form shows it. */
export function fieldText(value: Json, kind: FieldKind): string {
  if (kind === 'json') return formatJson(value);
  if (value === null) return '';
  return typeof value === 'string' ? value : isNumeric(value) ? numberText(value) : formatJson(value);
}

/** What a person wrote into a field. A field that held a number stays one. */
export function readField(
  text: string,
  kind: FieldKind,
  drafted: Json,
): { ok: true; value: Json } | { ok: false; problem: string } {
  if (kind === 'text') return { ok: true, value: text };
  if (kind === 'free') {
    if (text.trim() === '') return { ok: true, value: null };
    try {
      return { ok: true, value: parseJson(text) };
    } catch {
      return { ok: true, value: text };
    }
  }
  try {
    const value = parseJson(text);
    if (isNumeric(drafted) && !isNumeric(value))
      return { ok: false, problem: 'This is a number; write one such as −61.76 with a plain minus.' };
    return { ok: true, value };
  } catch (error) {
    if (isNumeric(drafted)) return { ok: false, problem: 'Write a number with a point, such as -61.76.' };
    return { ok: false, problem: error instanceof JsonProblem ? error.message : String(error) };
  }
}

/** Type, reason and actor of the draft follow what its value says. */
function mirrored(draft: Draft, value: Json, roles: Roles): Draft {
  const text = (path: string | null, otherwise: string): string => {
    if (path === null) return otherwise;
    const found = valueAt(draft, value, path);
    return typeof found === 'string' ? found : '';
  };
  return {
    ...draft,
    eventType: text(roles.type, draft.eventType),
    reason: text(roles.reason, draft.reason),
    actor: text(roles.actor, draft.actor),
  };
}

/** The draft with one field of the form set. @throws PathProblem */
export function withField(draft: Draft, roles: Roles, path: string, content: Json): Draft {
  const read = readValue(draft.value);
  if ('problem' in read) return draft;
  if (!isHeader(path)) {
    const value = setPath(read.value, parsePath(path), content);
    return mirrored({ ...draft, value: formatJson(value, 2) }, value, roles);
  }
  const name = path.slice(HEADER.length);
  const text = content === null ? null : typeof content === 'string' ? content : formatJson(content);
  const headers = draft.headers.map((header) => (header.key === name ? { ...header, value: text } : header));
  return mirrored({ ...draft, headers }, read.value, roles);
}

/** The draft with its whole JSON replaced; text that is no JSON is kept as it is being typed. */
export function withText(draft: Draft, roles: Roles, text: string): Draft {
  const read = readValue(text);
  const next = { ...draft, value: text };
  return 'problem' in read ? next : mirrored(next, read.value, roles);
}

type Fields = readonly DraftField[];

/** Headers that a person added or removed; what Hindcast derives stays as it was made. */
function carriedHeaders(
  from: { draft: Draft; drafted: Draft; fields: Fields },
  to: { draft: Draft; fields: Fields },
): Draft['headers'] {
  const text = (headers: Draft['headers']) => headers.map(({ key, value }) => JSON.stringify([key, value]));
  const derived = new Set(to.fields.flatMap(({ path, editable }) => (editable ? [] : [path])));
  const isOwn = ({ key }: Draft['headers'][number]) => !derived.has(`${HEADER}${key}`);
  const [before, after] = [text(from.drafted.headers), text(from.draft.headers)];
  const kept = to.draft.headers.filter((header) => {
    const each = JSON.stringify([header.key, header.value]);
    return !isOwn(header) || !before.includes(each) || after.includes(each);
  });
  const added = from.draft.headers.filter(
    (header) => isOwn(header) && !before.includes(JSON.stringify([header.key, header.value])),
  );
  return [...kept, ...added];
}

/** Puts what a person has changed in one draft into another, made from a newer head. */
export function carriedOver(
  from: { draft: Draft; drafted: Draft; fields: readonly DraftField[] },
  to: { draft: Draft; fields: readonly DraftField[] },
): Draft {
  const was = readValue(from.drafted.value);
  const is = readValue(from.draft.value);
  let next: Draft = {
    ...to.draft,
    reason: from.draft.reason,
    actor: from.draft.actor,
    headers: carriedHeaders(from, to),
  };
  if ('problem' in was || 'problem' in is) return next;
  const roles = rolesOf(to.fields, to.draft);
  const given = new Set(to.fields.flatMap(({ path, editable }) => (editable ? [] : [path])));
  for (const { path, editable } of presentFields(from.fields, is.value)) {
    if (!editable || isHeader(path) || given.has(path)) continue;
    const before = valueAt(from.drafted, was.value, path);
    const after = valueAt(from.draft, is.value, path);
    if (formatJson(before) !== formatJson(after)) next = withField(next, roles, path, after);
  }
  return next;
}

/** Where the payload stands in the value; null when the draft does not say. */
export const payloadPath = (fields: readonly DraftField[]): string | null =>
  fields.find(({ hint }) => hint === 'payload')?.path ?? null;

/** The drafted fields, and those of the payload that were added since. */
export function presentFields(fields: readonly DraftField[], value: Json): DraftField[] {
  const payload = payloadPath(fields);
  const data = payload === null ? undefined : getPath(value, parsePath(payload));
  if (payload === null || !isJsonObject(data)) return [...fields];
  const known = new Set(fields.map(({ path }) => path));
  const added = Object.entries(data).flatMap(([name, content]): DraftField[] => {
    const path = formatPath([...parsePath(payload), name]);
    const hint = 'added';
    return known.has(path) ? [] : [{ path, label: name, value: formatJson(content), editable: true, hint }];
  });
  return [...fields, ...added];
}

/** The form in the order in which a person fills it: type, reason, payload, the rest that may change, what is given. */
export function formOrder(fields: readonly DraftField[], roles: Roles): DraftField[] {
  const paths = fields.map(({ path }) => path);
  const containers = new Set(paths.filter((path) => paths.some((other) => other.startsWith(`${path}.`))));
  const isPayload = ({ path }: DraftField) =>
    fields.some((field) => field.hint === 'payload' && path.startsWith(`${field.path}.`));
  const rank = (field: DraftField): number => {
    if (field.path === roles.type) return 0;
    if (field.path === roles.reason) return 1;
    if (!field.editable) return 5;
    if (field.path === roles.actor) return 4;
    return isPayload(field) ? 2 : 3;
  };
  return fields
    .filter(({ path }) => (!isHeader(path) || path === roles.type) && !containers.has(path))
    .map((field, at) => ({ field, at }))
    .sort((a, b) => rank(a.field) - rank(b.field) || a.at - b.at)
    .map(({ field }) => field);
}
