import { createCipheriv, createDecipheriv, randomBytes, scrypt as scryptCallback } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HindcastError } from '../contract/errors.ts';
import type { SecretBox } from '../engine/host.ts';

const scrypt = promisify<string, Buffer, number, object, Buffer>(scryptCallback);

/** AES-256-GCM (NIST SP 800-38D): nonce of 96 bits, tag of 128. */
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** scrypt (RFC 7914) with OWASP's parameters: 128 MiB and some tenths of a second per guess. */
const KDF = { N: 2 ** 17, r: 8, p: 1 } as const;
const CHECK = 'hindcast vault';

/** How the key came about; the first part of every sealed text. */
type Kind = 'file' | 'passphrase';

export interface VaultOptions {
  /** File whose content, without the line break at its end, is the passphrase. */
  passphraseFile?: string;
}

const locked = (problem: string, cause?: unknown) =>
  new HindcastError('vault.locked', { problem }, { cause });

/**
 * Seals secrets with a key that a passphrase gives (`passphraseFile`, else the environment's HINDCAST_VAULT_KEY_FILE)
 * or, without one, with a random key in a file beside the sealed secrets. Files appear when they are first needed.
 *
 * @param dataDir folder private to the user
 */
export function openVault(
  dataDir: string,
  { passphraseFile = process.env.HINDCAST_VAULT_KEY_FILE }: VaultOptions = {},
): SecretBox {
  const kind: Kind = passphraseFile ? 'passphrase' : 'file';
  let key: Promise<Buffer> | undefined;
  const getKey = () => {
    key ??= passphraseFile ? keyFromPassphrase(dataDir, passphraseFile) : keyFromFile(dataDir);
    key.catch(() => {
      key = undefined; // the file may be put right while the engine runs
    });
    return key;
  };
  return {
    description: passphraseFile
      ? 'Encrypted (AES-256-GCM) with the passphrase in the file that HINDCAST_VAULT_KEY_FILE names.'
      : 'Encrypted (AES-256-GCM) with a key file beside them: protected only by file permissions. Whoever can read your files can read them. A passphrase (HINDCAST_VAULT_KEY_FILE) protects better.',
    async seal(plain) {
      return encrypt(kind, await getKey(), plain);
    },
    async open(sealed) {
      const [sealedBy] = sealed.split('.');
      if (sealedBy !== kind) {
        throw locked(
          sealedBy === 'passphrase'
            ? 'they were sealed with a passphrase, and none is given'
            : sealedBy === 'file'
              ? 'they were sealed without a passphrase, and now one is given'
              : 'they were sealed elsewhere',
        );
      }
      return decrypt(kind, await getKey(), sealed);
    },
  };
}

function encrypt(kind: Kind, key: Buffer, plain: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(kind));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `${kind}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')}`;
}

function decrypt(kind: Kind, key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed.slice(kind.length + 1), 'base64url');
  try {
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(kind))
      .setAuthTag(tag);
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (error) {
    throw locked('they were sealed with another key, or were changed', error);
  }
}

async function keyFromFile(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, 'vault.key');
  createOnce(file, () => `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
  if (process.platform !== 'win32' && statSync(file).mode & 0o077) {
    throw locked(`others may read ${file}; if nobody did, run chmod 600 on it`);
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
  if (key.length !== KEY_BYTES) throw locked(`${file} holds no key`);
  return key;
}

interface PassphraseRecord {
  kdf: 'scrypt';
  N: number;
  r: number;
  p: number;
  salt: string;
  /** A known text, sealed: tells a wrong passphrase before anything is sealed with it. */
  check: string;
}

async function keyFromPassphrase(dataDir: string, passphraseFile: string): Promise<Buffer> {
  let passphrase: string;
  try {
    passphrase = readFileSync(passphraseFile, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw locked(`the passphrase file ${passphraseFile} cannot be read`, error);
  }
  if (passphrase === '') throw locked(`the passphrase file ${passphraseFile} is empty`);
  const derive = (salt: string, { N, r, p }: { N: number; r: number; p: number }) =>
    scrypt(passphrase, Buffer.from(salt, 'base64url'), KEY_BYTES, { N, r, p, maxmem: 256 * N * r });

  const file = join(dataDir, 'vault.json');
  if (!existsSync(file)) {
    const salt = randomBytes(KEY_BYTES).toString('base64url');
    const check = encrypt('passphrase', await derive(salt, KDF), CHECK);
    createOnce(file, () => `${JSON.stringify({ kdf: 'scrypt', ...KDF, salt, check })}\n`);
  }
  const record = readRecord(file);
  const key = await derive(record.salt, record);
  try {
    decrypt('passphrase', key, record.check);
  } catch (error) {
    throw locked('the passphrase is not the one they were sealed with', error);
  }
  return key;
}

function readRecord(file: string): PassphraseRecord {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as PassphraseRecord;
    const whole = record.kdf === 'scrypt' && record.N <= 2 ** 20 && record.r <= 32 && record.p <= 16;
    if (whole && typeof record.salt === 'string' && typeof record.check === 'string') return record;
  } catch (error) {
    throw locked(`${file} is damaged`, error);
  }
  throw locked(`${file} is damaged`);
}

/** Writes a file private to the user unless it is there. Two processes agree on one content. */
function createOnce(file: string, content: () => string): void {
  if (existsSync(file)) return;
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content(), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file); // unlike a rename it fails when the file is there
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
