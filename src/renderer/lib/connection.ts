import { create } from 'zustand';
import type { Connection } from '../../contract/connections.ts';
import { queryClient, useEngineQuery } from './queries.ts';

const KEY = 'hindcast.connection';
const LIST = ['connections', 'list', {}];

interface ChosenStore {
  chosenId: string | null;
  choose(id: string | null): void;
}

const useChosen = create<ChosenStore>((set) => ({
  chosenId: localStorage.getItem(KEY),
  choose(id) {
    if (id === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, id);
    set({ chosenId: id });
  },
}));

/** Makes a connection the one that Topics and Compensate work with. */
export const chooseConnection = (id: string | null): void => useChosen.getState().choose(id);

/** Puts what the engine answered into the list at once, so that nothing flickers until the list is asked again. */
export function rememberConnection(saved: Connection): void {
  queryClient.setQueryData<Connection[]>(LIST, (list = []) =>
    list.some(({ id }) => id === saved.id)
      ? list.map((one) => (one.id === saved.id ? saved : one))
      : [...list, saved],
  );
}

/** Takes a removed one out of the list at once, so that no screen opens it until the list is asked again. */
export function forgetConnection(removed: string): void {
  queryClient.setQueryData<Connection[]>(LIST, (list) => list?.filter(({ id }) => id !== removed));
  if (useChosen.getState().chosenId === removed) chooseConnection(null);
}

/** All connections, and the one in use: the chosen one, or the only one there is. */
export function useConnections(): {
  connections: Connection[];
  current: Connection | null;
  isLoading: boolean;
} {
  const chosenId = useChosen((store) => store.chosenId);
  const { data, isPending } = useEngineQuery(['connections', 'list'], {});
  const connections = data ?? [];
  const only = connections.length === 1 ? connections[0]! : null;
  return {
    connections,
    current: connections.find(({ id }) => id === chosenId) ?? only,
    isLoading: isPending,
  };
}
