import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import type { RecordKind, StreamEvent } from './model.ts';
import { sentenceOf } from './sentence.ts';

function say(type: string, data: string, kind: RecordKind = 'event') {
  const event = { type, data: parseJson(data), kind } as StreamEvent;
  const sentence = sentenceOf(event);
  return { ...sentence, text: sentence.text.replaceAll('\u202f', ' ') };
}

describe('sentenceOf', () => {
  it.each([
    [
      'InterestPosted',
      '{"period":"2025-12","amount":61.76}',
      'Interest of 61.76 posted for December 2025',
      '61.76',
      'in',
    ],
    [
      'DepositMade',
      '{"amount":1250.00,"branch":"114"}',
      'Deposit of 1 250.00 at branch 114',
      '1250.00',
      'in',
    ],
    ['WithdrawalMade', '{"amount":300,"place":"ATM 2201"}', 'Withdrawal of 300 at ATM 2201', '-300', 'out'],
    ['InterestPostingReversed', '{"amount":-61.76}', 'Interest posting of 61.76 reversed', '-61.76', 'out'],
    [
      'FeeWaived',
      '{"amount":"25.00","fee_type":"OVERDRAFT"}',
      'Fee of 25.00 waived (overdraft)',
      '25.00',
      'in',
    ],
    [
      'PAYMENT_REFUNDED',
      '{"amount":9007199254740993.50}',
      'Payment of 9 007 199 254 740 993.50 refunded',
      '9007199254740993.50',
      'in',
    ],
    ['fee-charged', '{"amount":4.50}', 'Fee of 4.50 charged', '-4.50', 'out'],
    ['InterestAccrued', '{"amount":3.10}', 'Interest of 3.10 accrued', '3.10', 'neutral'],
    [
      'CATTLE_SOLD',
      '{"price":876.48,"buyer":"client-285"}',
      'Cattle sold for 876.48 to client-285',
      '876.48',
      'neutral',
    ],
  ])('%s %s', (type, data, text, amount, tone) => {
    expect(say(type, data)).toMatchObject({ text, amount, tone });
  });

  it.each([
    [
      'SavingsAccountOpened',
      '{"account_name":"My Savings"}',
      'Savings account opened for My Savings',
      'neutral',
      'S',
    ],
    ['PAYMENT_REJECTED', '{"reason":"account closed"}', 'Payment rejected – account closed', 'warn', 'P'],
    ['au.ultracore.device.enrolled', '{}', 'Device enrolled', 'neutral', 'D'],
    ['StaffSignedIn', '{}', 'Staff signed in', 'neutral', 'S'],
    ['KYCDocumentUploaded', '{}', 'Kyc document uploaded', 'neutral', 'K'],
    ['Heartbeat', '{}', 'Heartbeat', 'neutral', 'H'],
  ])('%s %s', (type, data, text, tone, letter) => {
    const sentence = say(type, data);
    expect(sentence).toEqual({ text, tone, letter });
  });

  it('speaks of records that are no events', () => {
    expect(say('', 'null', 'tombstone').text).toBe('Tombstone: the key was erased');
    expect(say('', 'null', 'undecodable')).toMatchObject({ tone: 'warn' });
    expect(say('', '{"a":1,"b":2,"c":3,"d":4,"e":5}', 'plain').text).toBe('Value with a, b, c, d and 1 more');
    expect(say('', '42.10', 'plain').text).toBe('Value 42.10');
  });

  it('stays one line whatever the payload holds', () => {
    const long = JSON.stringify({ reason: `a\nb${'x'.repeat(500)}`, amount: 'not a number', period: {} });
    const { text } = say('ThingHappened', long);
    expect(text).not.toContain('\n');
    expect(text.length).toBeLessThan(120);
    const hostile = say(
      'A'.repeat(1_000_000),
      JSON.stringify({ amount: 'x', reason: ' '.repeat(1_000_000) }),
    );
    expect(hostile.text.length).toBeLessThan(300);
    expect(say('FeeCharged', `{"amount":${'7'.repeat(100_000)}}`).text.length).toBeLessThan(80);
  });
});
