import { describe, expect, it } from 'vitest';
import { spanText } from '../../core/check/findings.ts';
import type { CheckedEvent, Contents } from '../../core/check/streamRules.ts';
import { sameJson } from '../../core/fold.ts';
import type { StreamEvent } from '../../core/model.ts';
import { cutStream, orderStream } from '../../core/order.ts';
import { hash53 } from '../store/ids.ts';
import { signatureOf } from './timelineContents.ts';
import { findFaults } from './timelineFaults.ts';

const HOUR = 3_600_000;

function events(...parts: Partial<StreamEvent>[]): StreamEvent[] {
  return parts.map((part, offset) => {
    const recordedAt = part.recordedAt ?? offset * HOUR;
    return {
      id: offset + 1,
      topic: 't',
      partition: 0,
      offset,
      recordedAt,
      monotonicAt: recordedAt,
      occurredAt: recordedAt,
      version: null,
      type: 'Paid',
      eventId: `e${offset}`,
      kind: 'event',
      verdict: 'committed',
      data: { n: offset },
      ...part,
    };
  });
}

function faults(...parts: Partial<StreamEvent>[]): string[][] {
  const given = new Map(events(...parts).map((event) => [event.id, event]));
  const dataOf = ({ id }: { id: number }) => given.get(id)!.data;
  const contents: Contents<CheckedEvent> = {
    signature: (event) => (dataOf(event) === null ? null : signatureOf(dataOf(event))),
    hasSameData: (a, b) => sameJson(dataOf(a), dataOf(b)),
    hasSameId: (a, b) => given.get(a.id)!.eventId === given.get(b.id)!.eventId,
  };
  const heads = [...given.values()].map((event) => ({
    ...event,
    eventHash: event.eventId === null ? null : hash53(event.eventId),
  }));
  const ordered = orderStream(heads);
  const { note } = cutStream(ordered, { knownOn: null, trueOn: 8.64e15 });
  const moved = new Set(note.moved.map(({ id }) => id));
  const found = findFaults(ordered.events, ordered, ({ id }) => moved.has(id), contents);
  return ordered.events.map((_event, place) => found.get(place) ?? []);
}

describe('findFaults', () => {
  it('says nothing of a sound stream', () => {
    expect(faults({ version: 1 }, { version: 2 }, { version: 3 })).toEqual([[], [], []]);
  });

  it('names gaps and duplicates of versions', () => {
    expect(faults({ version: 3 }, { version: 5 }, { version: 9 }, { version: 5 })).toEqual([
      ['Version gap: the stream begins with version 3, versions 1 to 2 are missing'],
      ['Version gap: version 4 is missing before this event'],
      ['Version gap: versions 6 to 8 are missing before this event'],
      ['Duplicate version 5: event 2 of the stream declares it too'],
    ]);
    expect(faults({ version: 1 }, { version: 3 }, { version: 2 })[2]).toEqual([
      'Version 2 comes after version 3 in its partition; the offset decides',
    ]);
  });

  it('finds what was written twice', () => {
    const data = { amount: 5, period: '2025-12' };
    expect(
      faults(
        { data, recordedAt: 1000 },
        { data: { period: '2025-12', amount: 5 }, recordedAt: 5014 },
        { data, recordedAt: 5014 + 61_000 },
      ),
    ).toEqual([[], ['Same content as v1, 4.0 s earlier, with another event id'], []]);
    expect(faults({ eventId: 'x' }, { eventId: 'x', data: { n: 0 } }, { eventId: 'x', data: {} })).toEqual([
      [],
      ['Duplicate event id: v1 has it too, with the same content'],
      ['Duplicate event id: v1 has it too, with different content'],
    ]);
  });

  it('names what is wrong with the times', () => {
    expect(
      faults(
        { recordedAt: 100 * HOUR },
        { recordedAt: 101 * HOUR, occurredAt: 2 * HOUR },
        { recordedAt: 102 * HOUR, occurredAt: 103 * HOUR },
        { recordedAt: 90 * HOUR, occurredAt: 103 * HOUR, monotonicAt: 102 * HOUR },
      ),
    ).toEqual([
      [],
      ['Backdated: recorded 4.1 days after it occurred, behind events that occurred later'],
      ['Occurred 1.0 h after it was recorded'],
      [
        'Recorded time runs backwards: 12.0 h before an earlier record of its partition',
        'Occurred 13.0 h after it was recorded',
      ],
    ]);
    expect(faults({ recordedAt: 50 * HOUR, occurredAt: 0 })).toEqual([
      ['Late: recorded 2.1 days after it occurred'],
    ]);
  });

  it('names tombstones and undecodable records', () => {
    expect(faults({ kind: 'tombstone', data: null }, { kind: 'undecodable', data: null })).toEqual([
      ['Tombstone inside the stream: the record has no value'],
      ['Undecodable: the value cannot be read as an event'],
    ]);
  });
});

it('spans read well', () => {
  expect([4014, 59_999, 90_000, -5, 9.2 * 86_400_000].map(spanText)).toEqual([
    '4.0 s',
    '60.0 s',
    '1.5 min',
    '5 ms',
    '9.2 days',
  ]);
});
