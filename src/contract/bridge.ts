/** What the desktop shell gives to the page as `window.hindcast`, and what it tells the page. */

/** What a file is chosen for; decides the dialog's title and filters. */
export const FILE_PURPOSES = ['workspace', 'recording', 'import'] as const;
export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** What a file is written for. */
export const SAVE_PURPOSES = ['recording', 'ndjson', 'json', 'csv', 'parquet'] as const;
export type SavePurpose = (typeof SAVE_PURPOSES)[number];

/** Commands of the menu, of links and of files that the system opens. */
export type DesktopCommand =
  /** A file was chosen in the menu; `workspace.openFile` takes the token. */
  | { name: 'open-file'; token: string }
  | { name: 'theme'; theme: 'system' | 'light' | 'dark' }
  | { name: 'palette' }
  | { name: 'keys' }
  /** Address within the page (`#/…`) of a deep link. */
  | { name: 'go'; address: string };

export interface DesktopBridge {
  /** As process.platform. */
  readonly platform: string;
  readonly version: string;
  /** Asks for a port to the engine. It comes as a message of the window to itself: `{type: PORT_MESSAGE, nonce}`. */
  connectEngine(nonce: string): void;
  /** Opens a dialog. A token that stands for the file, usable once; null when nothing was chosen. */
  openFileDialog(purpose: FilePurpose): Promise<string | null>;
  /** Opens a dialog for a file to be written; `name` is proposed. A token, usable once; null when none was chosen. */
  saveFileDialog(purpose: SavePurpose, name: string): Promise<string | null>;
  /** What came before the first listener is kept for it. Returns the function that ends listening. */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
}

/** All keys of `window.hindcast`, sorted. A test compares them with what the page sees. */
export const BRIDGE_KEYS = [
  'connectEngine',
  'onCommand',
  'openFileDialog',
  'platform',
  'saveFileDialog',
  'version',
] as const;
/** Type of the window message that brings the port. */
export const PORT_MESSAGE = 'hindcast-port';
/** Type of the window message that tells that the engine ended by itself: the port to it is dead. */
export const LOST_MESSAGE = 'hindcast-engine-lost';
