import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

/** Questions to be asked once more when the answer on its way, which may be older than the last change, has come. */
const owed = new WeakSet<Query>();

/**
 * Asks again for everything whose key begins with one of these, without cutting short what is being asked: of changes that come faster than
 * an answer each would take the answer before away, and none would ever come.
 */
export function renew(client: QueryClient, keys: readonly QueryKey[]): void {
  const predicate = ({ state }: Query) => state.fetchStatus !== 'idle';
  const asked = keys.flatMap((queryKey) => client.getQueryCache().findAll({ queryKey, predicate }));
  for (const queryKey of keys) void client.invalidateQueries({ queryKey }, { cancelRefetch: false });
  for (const query of asked) {
    if (owed.has(query)) continue;
    owed.add(query);
    const again = () => {
      owed.delete(query);
      void client.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false });
    };
    query.promise!.then(again, again);
  }
}
