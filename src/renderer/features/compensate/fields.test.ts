import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../contract/compensate.ts';
import {
  carriedOver,
  type DraftField,
  fieldText,
  formOrder,
  kindOf,
  presentFields,
  readField,
  readValue,
  rolesOf,
  withField,
  withText,
} from './fields.ts';

const VALUE = `{
  "event_type": "InterestPostingReversed",
  "aggregate_version": 413,
  "event_data": {"amount": -61.70, "sequence": 9007199254740993, "reason": ""},
  "actor": "m.keller"
}`;
const DRAFT: Draft = {
  connectionId: 'c',
  ref: { type: 'SavingsAccount', id: 'SA-1' },
  correctedId: 7,
  topic: 'interest',
  key: 'SA-1',
  eventType: 'InterestPostingReversed',
  value: VALUE,
  headers: [
    { key: 'tenant', value: 't-au' },
    { key: 'tenant', value: 't-nz' },
  ],
  reason: '',
  actor: 'm.keller',
  idempotencyKey: 'comp:12345678',
  expectedHead: null,
};
const field = (path: string, value: string, editable = true, hint = ''): DraftField => ({
  path,
  label: path,
  value,
  editable,
  hint,
});
const FIELDS = [
  field('aggregate_version', '413', false, 'head + 1'),
  field('occurred', '"2026-01-06T09:14:02Z"', true, 'now'),
  field('event_data', '{}', false, 'payload'),
  field('event_data.amount', '-61.70', true, 'negated'),
  field('event_type', '"InterestPostingReversed"', true, 'past tense'),
  field('event_data.reason', '""', true, 'required'),
  field('actor', '"m.keller"', true, 'you'),
  field('header tenant', '"t-au"', true, 'carried over'),
];
const ROLES = rolesOf(FIELDS, DRAFT);

describe('the form of a draft', () => {
  it('knows type, reason and actor, and puts what is filled in first', () => {
    expect(ROLES).toEqual({ type: 'event_type', reason: 'event_data.reason', actor: 'actor' });
    expect(formOrder(FIELDS, ROLES).map(({ path }) => path)).toEqual([
      'event_type',
      'event_data.reason',
      'event_data.amount',
      'occurred',
      'actor',
      'aggregate_version',
    ]);
  });

  it('shows what was added to the payload', () => {
    const added = readValue(VALUE.replace('"reason": ""', '"reason": "", "note": null'));
    const fields = presentFields(FIELDS, 'value' in added ? added.value : null);
    expect(fields.slice(FIELDS.length)).toMatchObject([
      { path: 'event_data.sequence', value: '9007199254740993', editable: true },
      { path: 'event_data.note', value: 'null' },
    ]);
  });

  it('changes one field and not a digit of the others', () => {
    const next = withField(DRAFT, ROLES, 'event_data.reason', 'posted twice');
    expect(next.reason).toBe('posted twice');
    expect(next.value).toContain('"amount": -61.70');
    expect(next.value).toContain('"sequence": 9007199254740993');
    expect(next.headers).toEqual(DRAFT.headers);
  });

  it('takes an amount exactly as it is written', () => {
    const amount = readField('-61.760', 'json', -61.7);
    expect(amount.ok && withField(DRAFT, ROLES, 'event_data.amount', amount.value).value).toContain(
      '-61.760',
    );
  });

  it('follows the JSON, and keeps text that is not JSON yet', () => {
    expect(withText(DRAFT, ROLES, VALUE.replace('InterestPostingReversed', 'FeeWaived')).eventType).toBe(
      'FeeWaived',
    );
    const broken = withText(DRAFT, ROLES, '{"event_type": ');
    expect(broken).toMatchObject({ value: '{"event_type": ', eventType: 'InterestPostingReversed' });
    expect(readValue('{\n"a": ,\n}')).toMatchObject({ line: 2 });
    expect(readValue('[]')).toHaveProperty('problem');
  });

  it('refuses words where a number stands, and takes text where nothing stood', () => {
    expect(readField('abc', 'json', 1)).toMatchObject({ ok: false });
    expect(readField('"abc"', 'json', 1)).toMatchObject({ ok: false });
    expect(kindOf(field('x', 'null'))).toBe('free');
    expect(readField('dispute 0412', 'free', null)).toEqual({ ok: true, value: 'dispute 0412' });
    expect(readField('', 'free', null)).toEqual({ ok: true, value: null });
    expect(fieldText('a "b"', 'text')).toBe('a "b"');
  });

  it('carries what a person wrote into a draft of a newer head', () => {
    const written = withField(DRAFT, ROLES, 'event_data.reason', 'posted twice');
    const edited = {
      ...withField(written, ROLES, 'event_data.note', 'added'),
      headers: [DRAFT.headers[1]!, { key: 'case', value: '0412' }],
    };
    const newer = { ...DRAFT, value: VALUE.replace('413', '414') };
    const next = carriedOver(
      { draft: edited, drafted: DRAFT, fields: FIELDS },
      { draft: newer, fields: FIELDS },
    );
    expect(next.value).toContain('414');
    expect(next.reason).toBe('posted twice');
    expect(next.value).toContain('posted twice');
    expect(next.value).toContain('"note": "added"');
    expect(next.headers).toEqual(edited.headers);
  });
});
