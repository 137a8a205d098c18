/** A read context of a test, on a connection of its own. */
import type { Kit } from '../../projection/testing/kit.ts';
import { Dictionary } from '../../store/dictionary.ts';
import { openForReading } from '../../store/open.ts';
import type { ReadContext } from '../../workers/context.ts';
import { LruCache } from '../../workers/revisionCache.ts';

export function contextOf(kit: Kit): ReadContext & { close(): void } {
  const { file } = kit.workspace;
  const db = openForReading(file, { check: false });
  const cache = new LruCache(1e9);
  const dictionary = new Dictionary(db);
  const rest = { kind: 'workspace', revision: 1, lasting: new Map(), throwIfAborted() {} } as const;
  return { ...rest, db, file, cache, dictionary, close: () => db.close() } as never;
}
