/**
 * What the desktop shell (Electron's main process) and the engine (its utility process) say to each other beside
 * the pages' ports. Plain values that structured clone carries.
 */

export interface StartParameters {
  dataDir: string;
  version: string;
  demoRecording: string | null;
  user: string;
  /** How often the engine was started again after a crash in this session. */
  restarts: number;
  /** How the shell keeps secrets, in words. */
  secrets: string;
}

/** From the shell. `page` comes with one port. */
export type ToEngine =
  | { t: 'start'; parameters: StartParameters }
  | { t: 'page' }
  /** A dialog gave this token for this path; answered by `token-kept`. */
  | { t: 'file-token'; token: string; path: string }
  | { t: 'secret'; id: number; text: string }
  /** Sealing or opening failed; the problem completes the sentence of `vault.locked`. */
  | { t: 'secret-refused'; id: number; problem: string }
  | { t: 'helper-message'; helper: number; message: unknown }
  | { t: 'helper-exit'; helper: number }
  /** Asks the engine to finish and end by itself. */
  | { t: 'stop' };

/** From the engine. */
export type ToShell =
  | { t: 'started' }
  | { t: 'start-failed'; problem: string }
  | { t: 'token-kept'; token: string }
  | { t: 'seal' | 'open'; id: number; text: string }
  | { t: 'helper-start'; helper: number; name: 'console' }
  | { t: 'helper-send'; helper: number; message: unknown }
  | { t: 'helper-kill'; helper: number }
  | { t: 'log'; level: 'info' | 'warn' | 'error'; message: string; facts: Record<string, unknown> };
