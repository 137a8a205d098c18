import { create } from 'zustand';

/** A statement that was run. */
export interface PastStatement {
  sql: string;
  parameters: Record<string, string>;
  /** When it was run last, ms. */
  at: number;
}

const KEY = 'hindcast.sql.history';
const MOST = 200;

function stored(): PastStatement[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.filter(
      (each): each is PastStatement =>
        typeof each?.sql === 'string' && typeof each.at === 'number' && typeof each.parameters === 'object',
    );
  } catch {
    // What cannot be read is history that is lost, nothing else.
    return [];
  }
}

/** What was asked on this machine, newest first; a statement that is run again moves up. */
export const useHistory = create<{ past: readonly PastStatement[] }>(() => ({ past: stored() }));

function put(past: readonly PastStatement[]): void {
  useHistory.setState({ past });
  try {
    localStorage.setItem(KEY, JSON.stringify(past));
  } catch {
    // Full: the history of this window goes on without being kept.
  }
}

export function remember(sql: string, parameters: Record<string, string>): void {
  const others = useHistory.getState().past.filter((each) => each.sql !== sql);
  put([{ sql, parameters, at: Date.now() }, ...others].slice(0, MOST));
}

export const forgetAll = (): void => put([]);
