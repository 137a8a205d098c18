import { safeStorage } from 'electron';

/** Secrets by the operating system's keychain. Nothing is ever sealed with less than that. */
export interface Keychain {
  readonly description: string;
  /** Throws an Error whose message completes "the secrets on this machine cannot be opened: …". */
  seal(plain: string): string;
  open(sealed: string): string;
}

const PREFIX = 'os.';
const NAMES: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "macOS's Keychain",
  win32: 'Windows (DPAPI, for this user account)',
};

/** To be called when the app is ready. */
export function openKeychain(): Keychain {
  const problem = missing();
  const check = () => {
    if (problem) throw new Error(problem);
  };
  return {
    description: problem
      ? `Passwords cannot be stored: ${problem}.`
      : `Encrypted with a key kept by ${NAMES[process.platform] ?? `the desktop's keyring (${backend()})`}.`,
    seal(plain) {
      check();
      return PREFIX + safeStorage.encryptString(plain).toString('base64');
    },
    open(sealed) {
      check();
      if (!sealed.startsWith(PREFIX)) throw new Error('they were sealed by another way of running Hindcast');
      try {
        return safeStorage.decryptString(Buffer.from(sealed.slice(PREFIX.length), 'base64'));
      } catch {
        throw new Error('they were sealed by another user or on another machine');
      }
    },
  };
}

const backend = () => (process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : '');

/** Why nothing can be sealed; null when it can. `basic_text` is a key that stands in Chromium's source: no secret. */
function missing(): string | null {
  if (backend() === 'basic_text') {
    return 'this desktop session has no keyring (GNOME Keyring or KWallet), and a password is not stored in the clear';
  }
  return safeStorage.isEncryptionAvailable() ? null : "the system's keychain is not available";
}
