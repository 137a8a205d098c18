/** The draft as the person left it: what came from the page, put into the shape that core made. */
import type { Draft } from '../../contract/compensate.ts';
import { HindcastError } from '../../contract/errors.ts';
import { type CompensationDraft, editDraft, editDraftText } from '../../core/compensation.ts';
import { JsonProblem } from '../../core/json.ts';
import { PathProblem, parsePath, setPath } from '../../core/path.ts';
import { withType } from './source.ts';

const encoder = new TextEncoder();
const invalid = (problem: string) => new HindcastError('compensate.invalid', { problem });

/**
 * Type, reason and idempotency key stand in the draft and in the event's JSON; a change in either place counts.
 * @throws HindcastError `compensate.invalid`
 */
export function editedDraft(
  base: CompensationDraft,
  asked: Draft,
): { draft: CompensationDraft; reason: string } {
  if (asked.topic !== base.topic)
    throw invalid(`the topic is ${asked.topic}, but the stream's events of this kind are in ${base.topic}`);
  try {
    return edit(base, asked);
  } catch (error) {
    if (error instanceof JsonProblem) throw invalid(`the JSON cannot be read: ${error.message}`);
    if (error instanceof PathProblem) throw invalid(error.message);
    throw error;
  }
}

function edit(base: CompensationDraft, asked: Draft): { draft: CompensationDraft; reason: string } {
  const headers: CompensationDraft['headers'] = asked.headers.map(({ key, value }) => [
    key,
    value === null ? null : encoder.encode(value),
  ]);
  const key = asked.key === '' && base.key === null ? null : encoder.encode(asked.key);
  let draft = editDraftText({ ...base, headers, key }, asked.value);
  if (asked.eventType !== base.eventType && asked.eventType !== draft.eventType) {
    if (draft.eventType !== base.eventType)
      throw invalid(`the type is ${asked.eventType}, but the JSON says ${draft.eventType}`);
    draft = withType(draft, asked.eventType);
  }
  const field = draft.fields.find(({ name }) => /(?:^|\.)reason$/.test(name));
  const written = typeof field?.value === 'string' ? field.value.trim() : '';
  const said = asked.reason.trim();
  if (field !== undefined && written === '' && said !== '') draft = editDraft(draft, field.name, said);
  return { draft: withKey(base, draft, asked.idempotencyKey), reason: said === '' ? written : said };
}

/** The derived key, unless the person gave one of their own: it then takes the derived one's places. */
function withKey(base: CompensationDraft, draft: CompensationDraft, key: string): CompensationDraft {
  const derived = draft.idempotencyKey;
  if (key === derived || key === base.idempotencyKey) return draft;
  const own: CompensationDraft = { ...draft, idempotencyKey: key, headers: [...draft.headers] };
  own.fields = draft.fields.map((field) => {
    if (field.value !== derived) return field;
    if (!field.name.startsWith('header ')) own.value = setPath(own.value, parsePath(field.name), key);
    else {
      const name = field.name.slice('header '.length);
      own.headers = own.headers.map((header) => (header[0] === name ? [name, encoder.encode(key)] : header));
    }
    return { ...field, value: key };
  });
  return own;
}
