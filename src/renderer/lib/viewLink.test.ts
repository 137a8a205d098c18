import { expect, test } from 'vitest';
import { parseHash } from './address.ts';
import { focusFileText, linkOf, readView, viewOf } from './viewLink.ts';

const recording = {
  id: '0123456789abcdef',
  name: 'A recording',
  clusterId: 'c1',
  createdAt: 1,
  records: 2,
  lastRecordedAt: 3,
};
const hash =
  '#/aggregates/Order%2FEU/o%201?known=2025-01-01T00:00:00.000Z&true=2024-12-31T00:00:00.000Z&reducer=orders@3f2a9b1c0d12&event=12';

test('a link carries the whole view, and which recording it is of', () => {
  const view = viewOf(parseHash(hash));
  expect(`#${view}`).toBe(hash);
  for (const page of [null, 'http://127.0.0.1:4180/']) {
    const link = linkOf(view, recording, page);
    expect(readView(link)).toEqual({ view, recordingId: recording.id, recording: null, reducer: null });
  }
  expect(linkOf('/events', recording, null)).toBe('hindcast://events?of=0123456789abcdef');
  expect(viewOf(parseHash('#/events?of=1&record=3'), { record: null, event: 4 })).toBe('/events?event=4');
});

test('a focus file opens as the same view and says what it is of', () => {
  const address = parseHash(hash);
  const text = focusFileText(
    address,
    viewOf(address),
    recording,
    { name: 'orders', version: 3, pin: '3f2a9b1c0d12' },
    9,
  );
  expect(readView(text)).toEqual({
    view: viewOf(address),
    recordingId: recording.id,
    recording,
    reducer: { name: 'orders', version: 3, pin: '3f2a9b1c0d12' },
  });
  expect(JSON.parse(text).focus).toEqual({
    aggregate: { type: 'Order/EU', id: 'o 1' },
    knownOn: Date.parse('2025-01-01'),
    trueOn: Date.parse('2024-12-31'),
    reducer: { name: 'orders', version: 3, pin: '3f2a9b1c0d12' },
  });
});

test('what is neither is refused in words', () => {
  for (const text of ['', 'https://example.org/', '#javascript:', '{', '{"format":"x"}', 'hindcast://'])
    expect(() => readView(text)).toThrow(expect.objectContaining({ message: expect.any(String) }));
});
