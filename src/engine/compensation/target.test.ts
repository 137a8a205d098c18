import { describe, expect, it } from 'vitest';
import { partitionForKey } from '../kafka/murmur2.ts';
import { planHash } from './planHash.ts';
import { chooseTarget } from './target.ts';

const key = Buffer.from('SA-1000420017');
const hashed = partitionForKey(key, 6);
const elsewhere = (hashed + 1) % 6;

describe('the partition of a compensating event', () => {
  it('is where the Java client puts the key', () => {
    expect(chooseTarget({ key, keyPartitions: [] }, 6)).toEqual({
      partition: hashed,
      text: `partition ${hashed} by key hash`,
    });
    expect(chooseTarget({ key, keyPartitions: [{ partition: hashed, events: 388 }] }, 6).text).toBe(
      `partition ${hashed} by key hash, as the last 388 events`,
    );
  });

  it('is where the earlier events lie when that is elsewhere, and says so', () => {
    const found = chooseTarget({ key, keyPartitions: [{ partition: elsewhere, events: 2 }] }, 6);
    expect(found.partition).toBe(elsewhere);
    expect(found.text).toContain(`the key hash would say ${hashed}`);
  });

  it('is that of the latest event when they lie in several, and names the others', () => {
    const keyPartitions = [
      { partition: elsewhere, events: 1 },
      { partition: hashed, events: 9 },
    ];
    const found = chooseTarget({ key, keyPartitions }, 6);
    expect(found.partition).toBe(elsewhere);
    expect(found.text).toContain(`others lie in partition ${hashed}`);
  });

  it('follows the earlier events when there is no key', () => {
    expect(chooseTarget({ key: null, keyPartitions: [{ partition: 4, events: 1 }] }, 6).partition).toBe(4);
    expect(chooseTarget({ key: null, keyPartitions: [] }, 6).partition).toBe(0);
  });
});

describe('the hash of a plan', () => {
  const record = {
    clusterId: 'c',
    topic: 't',
    partition: 1,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: [{ key: 'h', value: Buffer.from('1') }],
  };

  it('changes with everything that would be sent, and where', () => {
    const others = [
      { ...record, clusterId: null },
      { ...record, topic: 'u' },
      { ...record, partition: 2 },
      { ...record, key: null },
      { ...record, key: Buffer.alloc(0) },
      { ...record, value: Buffer.from('w') },
      { ...record, headers: [] },
      { ...record, headers: [{ key: 'h', value: null }] },
      { ...record, headers: [...record.headers, ...record.headers] },
    ].map(planHash);
    expect(new Set([planHash(record), ...others]).size).toBe(others.length + 1);
    expect(planHash({ ...record, value: Buffer.from('v') })).toBe(planHash(record));
  });
});
