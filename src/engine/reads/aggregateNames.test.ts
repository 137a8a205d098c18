import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Dictionary } from '../store/dictionary.ts';
import type { ReadContext } from '../workers/context.ts';
import { GiveWay } from '../workers/giveWay.ts';
import { LruCache } from '../workers/revisionCache.ts';
import { type AggregateNames, aggregateNames } from './aggregateNames.ts';

const TABLES = `
  CREATE TABLE aggregate (id INTEGER PRIMARY KEY, type TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (type, key));
  CREATE TABLE partition (rewritten INTEGER NOT NULL);`;

function contextOf(db: Database.Database): ReadContext {
  return {
    ...{ db, file: '', kind: 'workspace', revision: 1, cache: new LruCache(1e6), lasting: new Map() },
    ...{ dictionary: new Dictionary(db), mayGiveWay: true, throwIfAborted() {} },
  };
}

function askedAgain(context: ReadContext): { names: AggregateNames; turns: number } {
  for (let turns = 0; ; turns += 1) {
    try {
      return { names: aggregateNames(context), turns };
    } catch (thrown) {
      if (!(thrown instanceof GiveWay)) throw thrown;
    }
  }
}

const insert = (db: Database.Database) =>
  db.prepare('INSERT OR IGNORE INTO aggregate (type, key) VALUES (?, ?)');

test('names stand as SQLite sorts them, whatever letters they have', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.constantFrom('', 'ｚ', '\u{1f600}', '\ue000', 'a\u{1f600}', 'a\ufffd'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('A', 'b', 'ｚ', '\u{1f600}'), text)), (pairs) => {
      const db = new Database(':memory:');
      db.exec(TABLES);
      // A NUL ends a text for some functions of SQLite; no Kafka key that is an id has one.
      for (const [type, key] of pairs) insert(db).run(type, key.toWellFormed().replaceAll('\0', ''));
      const { names } = askedAgain(contextOf(db));
      const sorted = db.prepare('SELECT id, type, key FROM aggregate ORDER BY key, type').all();
      expect(sorted).toEqual(
        [...names.ids].map((id, at) => ({ id, type: names.types[at], key: names.keys[at] })),
      );
      for (const [at, id] of names.ids.entries()) expect(names.rank[id]).toBe(at);
      db.close();
    }),
  );
});

test('many are read in turns, each once', () => {
  const db = new Database(':memory:');
  db.exec(TABLES);
  db.transaction(() => {
    for (let at = 0; at < 42_000; at += 1)
      insert(db).run(at % 3 === 0 ? 'Account' : 'Order', `n-${at * 7919}`);
  })();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  const context = contextOf(db);
  const { names, turns } = askedAgain(context);
  vi.restoreAllMocks();
  expect(turns).toBeGreaterThanOrEqual(4);
  const sorted = db.prepare('SELECT id FROM aggregate ORDER BY key, type').pluck().all();
  expect([...names.ids]).toEqual(sorted);
  expect(aggregateNames(context)).toBe(names);
  db.close();
});
