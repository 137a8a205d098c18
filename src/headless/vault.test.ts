import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openVault } from './vault.ts';

const SECRET = 'pässword-canary-7391';
let dir: string;
let passphraseFile: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hindcast-vault-'));
  passphraseFile = join(dir, 'phrase');
  writeFileSync(passphraseFile, 'correct horse\n');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const everythingOnDisk = () =>
  readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'latin1'))
    .join('\n');

describe.each(['key file', 'passphrase'])('with a %s', (how) => {
  const open = () => openVault(dir, how === 'passphrase' ? { passphraseFile } : { passphraseFile: '' });

  test('what is sealed opens again, also by another process, and is nowhere in the clear', async () => {
    const sealed = await open().seal(SECRET);
    writeFileSync(join(dir, 'connections'), sealed);
    expect(await open().open(sealed)).toBe(SECRET);
    expect(everythingOnDisk()).not.toContain('canary');
    expect(await open().seal(SECRET)).not.toBe(sealed);
  });

  test('one changed character, or a text that was never sealed, is refused', async () => {
    const vault = open();
    const sealed = await vault.seal(SECRET);
    const at = sealed.length - 4;
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    for (const wrong of [changed, sealed.slice(0, 12), 'plain', '', 'elsewhere.AAAA']) {
      await expect(vault.open(wrong)).rejects.toMatchObject({ code: 'vault.locked' });
    }
  });

  test('two that begin at once agree on one key', async () => {
    const vaults = [open(), open(), open()];
    const sealed = await Promise.all(vaults.map((vault) => vault.seal(SECRET)));
    for (const text of sealed) expect(await vaults[0]!.open(text)).toBe(SECRET);
  });
});

test('the key file is private, and a key that others may read is refused', async () => {
  const sealed = await openVault(dir, { passphraseFile: '' }).seal(SECRET);
  const key = join(dir, 'vault.key');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  chmodSync(key, 0o644);
  await expect(openVault(dir, { passphraseFile: '' }).open(sealed)).rejects.toThrow(
    /others may read .*vault\.key/,
  );
});

test('another key does not open it', async () => {
  const sealed = await openVault(dir, { passphraseFile: '' }).seal(SECRET);
  rmSync(join(dir, 'vault.key'));
  await expect(openVault(dir, { passphraseFile: '' }).open(sealed)).rejects.toThrow(/another key/);
});

test('a wrong passphrase neither opens nor seals; a right one given later does', async () => {
  const sealed = await openVault(dir, { passphraseFile }).seal(SECRET);
  writeFileSync(passphraseFile, 'wrong');
  const vault = openVault(dir, { passphraseFile });
  await expect(vault.open(sealed)).rejects.toThrow(/the passphrase is not the one/);
  await expect(vault.seal(SECRET)).rejects.toMatchObject({ code: 'vault.locked' });
  writeFileSync(passphraseFile, 'correct horse');
  expect(await vault.open(sealed)).toBe(SECRET);
});

test('with and without passphrase are told apart in words', async () => {
  const byFile = await openVault(dir, { passphraseFile: '' }).seal(SECRET);
  const byPhrase = await openVault(dir, { passphraseFile }).seal(SECRET);
  await expect(openVault(dir, { passphraseFile }).open(byFile)).rejects.toThrow(/without a passphrase/);
  await expect(openVault(dir, { passphraseFile: '' }).open(byPhrase)).rejects.toThrow(/none is given/);
  await expect(openVault(dir, { passphraseFile: join(dir, 'no') }).seal('x')).rejects.toThrow(
    /cannot be read/,
  );
  writeFileSync(passphraseFile, '');
  await expect(openVault(dir, { passphraseFile }).seal('x')).rejects.toThrow(/is empty/);
  expect(openVault(dir, { passphraseFile: '' }).description).toContain('only by file permissions');
});
