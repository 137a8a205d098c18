/**
 * What the engine needs of the door it runs behind. The engine itself knows neither Electron nor a browser.
 */

import type { Readable } from 'node:stream';
import type { FileTarget } from '../contract/workspaceWork.ts';

/** Addresses of the browser door. */
export const DOWNLOAD_PATH = '/download/';
export const UPLOAD_PATH = '/upload/';

/** Where a job writes to. */
export interface Destination {
  path: string;
  /** For the person: the path, or the name of the download. */
  shown: string;
  /** Called with the job's id when the file is whole. */
  offer(jobId: string): void;
}

export interface FileDesk {
  /** @throws HindcastError `file.token` */
  destination(target: FileTarget): Destination;
  /** The file that a job made for a download, at a fresh address; null: it made none. */
  download(jobId: string): { path: string; name: string; bytes: number } | null;
  /** The file behind an address; good once. */
  takeDownload(secret: string): { file: string; name: string; bytes: number; done(): void } | null;
  /** An address for a file of this size, and the token that stands for it once it was put there. */
  upload(name: string, bytes: number): { path: string; token: string };
  /** Takes the file that comes in. @throws HindcastError `file.token`, `file.write`, `input.too-large` */
  receive(secret: string, body: Readable): Promise<void>;
  /** Path that a token of a dialog or an upload stands for; good once. @throws HindcastError `file.token` */
  resolve(token: string): { file: string; isUploaded: boolean };
  close(): void;
}

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
