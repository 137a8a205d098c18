/** The prefilled draft of a compensating event. Runs in a reader thread. */
import type { z } from 'zod';
import type { Draft, DraftField } from '../../contract/compensate.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { CompensationDraft } from '../../core/compensation.ts';
import { formatJson } from '../../core/json.ts';
import type { ReadContext } from '../workers/context.ts';
import { baseDraft, type DraftNames, loadSource } from './source.ts';

export type FieldOut = z.infer<typeof DraftField>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text of bytes, null when they are no UTF-8. */
export function textOrNull(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** `draft` of the contract, without the connection. */
export function draftRead(
  context: ReadContext,
  args: DraftNames & { correctedId: number | null },
): { draft: Omit<Draft, 'connectionId'>; fields: FieldOut[] } {
  const source = loadSource(context, args.ref, args.correctedId);
  const drafted = baseDraft(source, args);
  const key = drafted.key === null ? '' : textOrNull(drafted.key);
  if (key === null)
    throw new HindcastError('compensate.invalid', {
      problem: 'the record key of this aggregate is binary, which a draft cannot hold',
    });
  const { headers, binary } = textHeaders(drafted);
  const draft = {
    ref: args.ref,
    correctedId: args.correctedId,
    topic: drafted.topic,
    key,
    eventType: drafted.eventType,
    value: formatJson(drafted.value, 2),
    headers,
    reason: '',
    actor: args.actor,
    idempotencyKey: drafted.idempotencyKey,
    expectedHead: { recordId: source.last.id, version: source.last.version },
  };
  return { draft, fields: [...fieldsOf(drafted), ...binary] };
}

function textHeaders(drafted: CompensationDraft) {
  const headers: Draft['headers'] = [];
  const binary: FieldOut[] = [];
  for (const [key, bytes] of drafted.headers) {
    const value = bytes === null ? null : textOrNull(bytes);
    if (bytes !== null && value === null) {
      const hint = `${bytes.length} bytes that are no text: not carried over`;
      binary.push({ path: `header ${key}`, label: `header ${key}`, value: 'null', editable: false, hint });
    } else headers.push({ key, value });
  }
  return { headers, binary };
}

/** The form: editable fields first met, each with its path in the value. */
export const fieldsOf = (draft: CompensationDraft): FieldOut[] =>
  draft.fields.map(({ name, value, editable, hint }) => ({
    path: name,
    label: labelOf(name),
    value: formatJson(value),
    editable,
    hint,
  }));

/** Last part of a path in words: `event_data.account_id` is “account id”. */
const labelOf = (name: string): string =>
  name.startsWith('header ')
    ? name
    : (name.split('.').at(-1) ?? name)
        .replace(/([a-z\d])([A-Z])/g, '$1 $2')
        .replaceAll('_', ' ')
        .toLowerCase();
