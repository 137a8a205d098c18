/**
 * What the engine needs of the door it runs behind. The engine itself knows neither Electron nor a browser.
 */

/** Seals secrets so that only ciphertext is ever written. */
export interface SecretBox {
  /** How secrets are kept here, in words a person understands. */
  readonly description: string;
  /** Returns text that is safe to store. Throws HindcastError `vault.locked`. */
  seal(plain: string): Promise<string>;
  /** Throws HindcastError `vault.locked` when it was sealed elsewhere or the vault cannot be opened. */
  open(sealed: string): Promise<string>;
}

/** A process of its own for work that must be killable while native code runs (SQLite cannot be interrupted). */
export interface HelperProcess {
  /** Structured clone; no transfer. */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also after kill(). */
  onExit(listener: () => void): void;
  kill(): void;
}

export interface EngineHost {
  door: 'desktop' | 'browser' | 'test';
  version: string;
  /** Folder for connections, workspaces and the like; exists and is private to the user. */
  dataDir: string;
  /** Path of the bundled demo recording, or null where there is none. */
  demoRecording: string | null;
  /** Name of the person at the machine, proposed as actor. */
  user: string;
  /** How often the engine was started again after a crash. */
  restarts: number;
  secrets: SecretBox;
  spawnHelper(name: 'console'): HelperProcess;
  /** Turns a token that a dialog gave to the page into a path; null when it is not known. A token works once. */
  resolveFileToken(token: string): string | null;
  /** One line for the log; never a secret. */
  log(level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>): void;
}
