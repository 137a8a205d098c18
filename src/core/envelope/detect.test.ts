import { describe, expect, it } from 'vitest';
import { extractEnvelope } from './decode.ts';
import { detectMapping } from './detect.ts';
import type { RawRecord } from './record.ts';

const cloudEvent = (type: string, subject: string): RawRecord => ({
  topic: 'journal.papers',
  key: new TextEncoder().encode(subject),
  value: JSON.stringify({
    specversion: '1.0',
    id: `${type} ${subject}`,
    source: '/r',
    type,
    subject,
    data: {},
  }),
  headers: [],
  timestamp: 0,
});
const typesOf = (records: RawRecord[]) => {
  const { mapping } = detectMapping(records);
  return records.map((record) => extractEnvelope(record, mapping).aggregateType);
};

describe('aggregate types of CloudEvents', () => {
  it('are the part before the last of their type where it names the thing', () => {
    const order = [cloudEvent('acme.order.created', 'o-1'), cloudEvent('acme.order.paid', 'o-1')];
    expect(typesOf([...order, cloudEvent('acme.invoice.sent', 'i-1')])).toEqual([
      'Order',
      'Order',
      'Invoice',
    ]);
  });

  it('are named by the topic where that part names a step in the life of one thing', () => {
    const steps = [cloudEvent('paper.review.started', 'p-1'), cloudEvent('paper.decision.taken', 'p-1')];
    expect(typesOf(steps)).toEqual(['papers', 'papers']);
    expect(detectMapping(steps).aggregateType).toBe('papers');
  });
});
