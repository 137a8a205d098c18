import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '..');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name),
);
const filesWith = (pattern: RegExp) =>
  files.filter((name) => pattern.test(readFileSync(join(src, name), 'utf8'))).sort();

test('each dangerous thing of Electron has one place', () => {
  expect(filesWith(/new BrowserWindow\b/)).toEqual(['main/windows.ts']);
  expect(filesWith(/\bipcMain\b/)).toEqual(['main/ipc.ts']);
  expect(filesWith(/\bipcRenderer\b/)).toEqual(['preload/index.ts']);
  expect(filesWith(/shell\.openExternal\b/)).toEqual(['main/links.ts']);
  expect(filesWith(/\bsafeStorage\b\./)).toEqual(['main/secrets.ts']);
  expect(filesWith(/utilityProcess\.fork\b/)).toEqual(['main/engineProcess.ts', 'main/helpers.ts']);
  expect(filesWith(/new BaseWindow|WebContentsView|<webview|executeJavaScript|insertCSS|loadFile\(/)).toEqual(
    [],
  );
});
