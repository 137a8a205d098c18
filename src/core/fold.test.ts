import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffStates } from './diff.ts';
import { applyEvent, compileReducer, deepMerge, foldStream, mergeReducer, ReducerProblem } from './fold.ts';
import { declarativeFolder } from './folder.ts';
import { formatJson, parseJson } from './json.ts';
import type { Json, Operation, Reducer, StreamEvent } from './model.ts';
import { formatPath, getPath } from './path.ts';
import { foldWithBlame, INITIAL } from './testing/blame.ts';

let nextId = 0;
function event(type: string, data: Json, more: Partial<StreamEvent> = {}): StreamEvent {
  nextId += 1;
  return {
    id: nextId,
    topic: 't',
    partition: 0,
    offset: nextId,
    recordedAt: 1_700_000_000_000,
    monotonicAt: 1_700_000_000_000,
    occurredAt: 1_699_999_999_000,
    version: null,
    type,
    eventId: `e${nextId}`,
    kind: 'event',
    verdict: 'committed',
    data,
    ...more,
  };
}

const reducer = (on: Reducer['on'], initial?: Reducer['initial']): Reducer => ({
  name: 'r',
  version: 1,
  on,
  initial,
});
const account = reducer({
  Opened: [
    { op: 'set', path: 'status', value: 'open' },
    { op: 'set', path: 'owner.name', from: 'data.name' },
    { op: 'set', path: 'opened_at', from: '$occurredAt' },
  ],
  Deposited: [
    { op: 'add', path: 'balance', from: 'data.amount' },
    { op: 'append', path: 'moves', from: 'data.amount' },
  ],
  Withdrawn: [{ op: 'subtract', path: 'balance', from: 'data.amount' }],
  Renamed: [{ op: 'merge', path: 'owner', from: 'data' }],
  Forgotten: [{ op: 'remove', path: 'owner.name' }],
});
const compiled = compileReducer(account);
const text = (value: Json) => formatJson(value);

describe('reducers', () => {
  it('set, merge, add, subtract, append and remove, exactly', () => {
    const { state, problems } = foldStream(compiled, [
      event('Opened', { name: 'Ada' }),
      event('Deposited', parseJson('{"amount":14820.55}')),
      event('Deposited', parseJson('{"amount":61.76}')),
      event('Withdrawn', parseJson('{"amount":882.310}')),
      event('Renamed', { nick: 'A' }),
      event('Forgotten', {}),
      event('SomethingElse', { ignored: true }),
    ]);
    expect(problems).toEqual([]);
    expect(text(state)).toBe(
      '{"status":"open","owner":{"nick":"A"},"opened_at":"2023-11-14T22:13:19.000Z","balance":14000.000,"moves":[14820.55,61.76]}',
    );
  });

  it('keeps decimal text as text and takes it as a number', () => {
    const typed = compileReducer(
      reducer({ D: [{ op: 'add', path: 'balance', from: 'data.amount' }] }, { balance: '10.00' }),
    );
    expect(foldStream(typed, [event('D', { amount: '5.5' })]).state).toEqual({ balance: '15.50' });
    expect(text(foldStream(compiled, [event('Deposited', { amount: '5.50' })]).state)).toContain(
      '"balance":5.50',
    );
  });

  it('lists what it cannot do and does the rest', () => {
    const first = event('Deposited', { note: 'no amount' });
    const second = event('Deposited', { amount: 'many' });
    const { state, problems } = foldStream(compiled, [event('Opened', { name: 'Ada' }), first, second]);
    expect(problems).toEqual([
      { id: first.id, message: 'Deposited: the event has no data.amount; the event has no data.amount' },
      { id: second.id, message: 'Deposited: "many" cannot be added to balance: it is not a number' },
    ]);
    expect(state).toMatchObject({ status: 'open', moves: ['many'] });
  });

  it('never changes a state in place and shares what it does not touch', () => {
    const before = foldStream(compiled, [event('Opened', { name: 'Ada' }), event('Deposited', { amount: 1 })])
      .state as {
      owner: unknown;
    };
    const copy = text(before as Json);
    const { state } = applyEvent(compiled, before as Json, event('Withdrawn', { amount: 1 }));
    expect(text(before as Json)).toBe(copy);
    expect((state as typeof before).owner).toBe(before.owner);
  });

  it('reads the envelope, the whole value and the stream', () => {
    const on: Operation[] = [
      '$type',
      '$eventId',
      '$version',
      '$recordedAt',
      '$aggregateId',
      '$value.meta.by',
    ].map((from, at) => ({
      op: 'set',
      path: `f${at}`,
      from,
    }));
    const told = event('X', {}, { version: 7, eventId: 'e', value: { meta: { by: 'ann' } } });
    const { state } = foldStream(compileReducer(reducer({ '*': on })), [told], { aggregateId: 'A1' });
    expect(state).toEqual({ f0: 'X', f1: 'e', f2: 7, f3: '2023-11-14T22:13:20.000Z', f4: 'A1', f5: 'ann' });
  });

  it.each<[unknown, string]>([
    [{ X: [{ op: 'increase', path: 'a', from: 'data.b' }] }, 'on.X[0].op: “increase” is not an operation'],
    [{ X: [{ op: 'set', path: 'a..b', value: 1 }] }, 'on.X[0].path: Path “a..b” cannot be read'],
    [{ X: [{ op: 'set', path: 'a', from: 'amount' }] }, 'on.X[0].from: “amount” must start with “data”'],
    [{ X: [{ op: 'set', path: 'a', from: '$time' }] }, 'on.X[0].from: “$time” is not known'],
    [{ X: [{ op: 'add', path: 'a' }] }, 'on.X[0]: “from” or “value” is missing'],
    [{ X: [{ op: 'set', path: '', value: 1 }] }, 'on.X[0].path: the path is empty'],
    [{ 'a.b': 'no' }, 'on["a.b"]: a list of operations is missing'],
    [null, 'on: an object from event type to operations is missing'],
  ])('refuses %j and says where', (on, message) => {
    expect(() => compileReducer(reducer(on as Reducer['on']))).toThrow(ReducerProblem);
    expect(() => compileReducer(reducer(on as Reducer['on']))).toThrow(message);
  });

  it('reports undecodable records and tombstones; merge lets a tombstone erase', () => {
    const broken = event('', null, { kind: 'undecodable' });
    const stone = event('', null, { kind: 'tombstone' });
    const stream = [event('Opened', { name: 'Ada' }), broken, stone];
    expect(foldStream(compiled, stream).problems.map((problem) => problem.id)).toEqual([broken.id, stone.id]);
    const merged = foldStream(compileReducer(mergeReducer), stream);
    expect(merged.state).toEqual({});
    expect(merged.problems).toEqual([
      { id: broken.id, message: 'Undecodable record: the state stays as it was' },
    ]);
  });

  it('merges deeply, replaces lists and gives back the same object when nothing changes', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: null };
    expect(deepMerge(base, { a: { c: [3] }, e: 'x' })).toEqual({ a: { b: 1, c: [3] }, d: null, e: 'x' });
    expect(deepMerge(base, { a: { c: [1, 2] } })).toBe(base);
    expect(Object.keys(deepMerge({}, parseJson('{"__proto__":{"x":1}}')) as object)).toEqual(['__proto__']);
  });

  it('survives an event that is named like a prototype member', () => {
    expect(foldStream(compiled, [event('constructor', {}), event('__proto__', {})]).state).toEqual({});
  });
});

describe('diffStates', () => {
  const diff = (before: string, after: string) =>
    diffStates(parseJson(before), parseJson(after)).map((change) => [
      change.kind,
      formatPath(change.path),
      change.before === undefined ? '' : text(change.before),
      change.after === undefined ? '' : text(change.after),
      change.delta ?? '',
    ]);

  it('tells added, removed and changed with an exact difference', () => {
    expect(diff('{"a":1,"b":{"c":14820.55},"d":[1]}', '{"b":{"c":14882.31},"d":[1,2],"e":null}')).toEqual([
      ['removed', 'a', '1', '', ''],
      ['changed', 'b.c', '14820.55', '14882.31', '61.76'],
      ['added', 'd[1]', '', '2', ''],
      ['added', 'e', '', 'null', ''],
    ]);
    expect(diff('{"n":9007199254740993}', '{"n":9007199254740995}')).toEqual([
      ['changed', 'n', '9007199254740993', '9007199254740995', '2'],
    ]);
    expect(diff('{"n":1250}', '{"n":1250.00}')).toEqual([['changed', 'n', '1250', '1250.00', '0.00']]);
    expect(diff('{"n":1}', '{"n":"1"}')).toEqual([['changed', 'n', '1', '"1"', '']]);
  });

  it('pairs items of lists by id, else by index', () => {
    expect(diff('[{"id":1,"v":1},{"id":2,"v":1}]', '[{"id":2,"v":3},{"id":3,"v":1}]')).toEqual([
      ['removed', '[0]', '{"id":1,"v":1}', '', ''],
      ['changed', '[0].v', '1', '3', '2'],
      ['added', '[1]', '', '{"id":3,"v":1}', ''],
    ]);
    expect(diff('[{"id":1},{"id":2}]', '[{"id":2},{"id":1}]')).toHaveLength(2);
    expect(diff('["x","y"]', '["x"]')).toEqual([['removed', '[1]', '"y"', '', '']]);
  });

  it('is empty exactly for equal states', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [x, y] = [parseJson(JSON.stringify(a)), parseJson(JSON.stringify(b))];
        expect(diffStates(x, parseJson(JSON.stringify(a)))).toEqual([]);
        const canonical = (value: unknown): string => JSON.stringify(sortKeys(value));
        expect(diffStates(x, y).length === 0).toBe(
          canonical(JSON.parse(text(x))) === canonical(JSON.parse(text(y))),
        );
      }),
    );
  });
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Told apart from a list, which an empty object would look like.
  return { entries: entries.map(([key, inner]) => [key, sortKeys(inner)]) };
}

describe('blame', () => {
  it('names the event that gave each leaf its value', () => {
    const events = [
      event('Opened', { name: 'Ada' }),
      event('Deposited', { amount: 5 }),
      event('Renamed', { name: 'Ada', nick: 'A' }),
      event('Deposited', { amount: 7 }),
    ];
    const { state, blame } = foldWithBlame(
      declarativeFolder({ ...account, initial: { currency: 'AUD' } }),
      events,
    );
    expect(state).toMatchObject({ balance: 12 });
    const byPath = Object.fromEntries(blame.map((entry) => [formatPath(entry.path), entry.eventId]));
    expect(byPath).toEqual({
      currency: INITIAL,
      status: events[0]!.id,
      'owner.name': events[0]!.id,
      'owner.nick': events[2]!.id,
      opened_at: events[0]!.id,
      balance: events[3]!.id,
      'moves[0]': events[1]!.id,
      'moves[1]': events[3]!.id,
    });
  });

  it('has an entry for every leaf, set by the last event whose fold changed it', () => {
    const payload = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
        const events = payloads.map((data) => event('Any', parseJson(JSON.stringify(data))));
        const merge = declarativeFolder(mergeReducer);
        const { state, blame } = foldWithBlame(merge, events);
        expect(text(state)).toBe(text(merge.fold(events, {}).state));
        for (const { path, eventId } of blame) {
          const leaf = getPath(state, path)!;
          const at = events.findIndex((each) => each.id === eventId);
          if (eventId === INITIAL) continue;
          // From that event on, the leaf had its value.
          for (let n = at + 1; n <= events.length; n += 1) {
            const then = getPath(merge.fold(events.slice(0, n), {}).state, path);
            expect(then === undefined ? undefined : text(then)).toBe(text(leaf));
          }
        }
        const leaves = (value: Json): number => {
          const inner = typeof value === 'object' && value !== null ? Object.values(value as object) : [];
          return inner.length === 0 ? 1 : inner.reduce((sum: number, each) => sum + leaves(each as Json), 0);
        };
        expect(blame).toHaveLength(leaves(parseJsonLoosely(text(state))));
      }),
    );
  });
});

/** Numbers as plain numbers, so that leaves can be counted. */
function parseJsonLoosely(source: string): Json {
  return JSON.parse(source) as Json;
}
