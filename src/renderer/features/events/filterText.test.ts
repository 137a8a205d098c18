import { describe, expect, it } from 'vitest';
import type { EventFilter } from '../../../contract/events.ts';
import { filterTerms, formatFilter, mergeFilter, parseFilter, toggleIn, withoutTerm } from './filterText.ts';

const roundTrip = (filter: EventFilter) => parseFilter(formatFilter(filter));

describe('filter text', () => {
  it('reads fields, repeated fields as either, and a plain word as part of an aggregate id', () => {
    expect(parseFilter('type:FeeCharged type:InterestPosted topic:bank.fees SA-1000')).toEqual({
      filter: { types: ['FeeCharged', 'InterestPosted'], topics: ['bank.fees'], aggregateText: 'SA-1000' },
      problems: [],
    });
  });

  it('comes back the same from its text, with spaces, quotes, slashes, colons and an empty type', () => {
    const filter: EventFilter = {
      types: ['', 'Fee charged', 'say "no"'],
      topics: ['a.b'],
      aggregate: { type: 'Cattle', id: 'a/b c' },
      aggregateText: 'urn:x',
      key: 'line\nfeed',
      eventId: 'e:1',
      correlationId: 'ü\u200b',
      kinds: ['undecodable'],
      verdicts: ['aborted', 'open'],
      from: Date.parse('2025-11-01T00:00:00.001Z'),
      to: Date.parse('2025-11-02T00:00:00Z'),
    };
    expect(roundTrip(filter)).toEqual({ filter, problems: [] });
  });

  it('refuses a time without zone with the hint and does not restrict by it', () => {
    const { filter, problems } = parseFilter('from:2025-11-01T00:00:00 type:A');
    expect(filter).toEqual({ types: ['A'] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/no zone.*Add Z/);
  });

  it('names what it does not know', () => {
    expect(parseFilter('color:red').problems[0]).toMatch(/no field color; write one of type, topic/);
    expect(parseFilter('kind:nice').problems[0]).toMatch(/none of event, plain/);
    expect(parseFilter('aggregate:SA-1').problems[0]).toMatch(/needs a type and an id/);
    expect(parseFilter('key:"open').problems[0]).toMatch(/no readable quoted text/);
    expect(parseFilter('key:"bad\\x"').problems[0]).toMatch(/quoted/);
  });

  it('says that from after to finds nothing', () => {
    expect(parseFilter('from:2025-02-01T00:00:00Z to:2025-01-01T00:00:00Z').problems).toEqual([
      'from is later than to, so nothing can fit',
    ]);
  });

  it('merges: lists grow, single values are replaced', () => {
    expect(mergeFilter({ types: ['A'], key: 'x' }, { types: ['B', 'A'], key: 'y' })).toMatchObject({
      types: ['A', 'B'],
      key: 'y',
    });
  });

  it('drops one term', () => {
    const filter = parseFilter('type:A type:B key:k').filter;
    expect(filterTerms(withoutTerm(filter, 'type:A'))).toEqual(['type:B', 'key:k']);
  });

  it('switches a value of a list', () => {
    expect(formatFilter(toggleIn({ types: ['A'] }, 'types', 'A'))).toBe('');
    expect(formatFilter(toggleIn({ types: ['A'] }, 'types', 'B'))).toBe('type:A type:B');
  });
});
