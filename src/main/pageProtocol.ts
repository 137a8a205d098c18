import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { PAGE_HEADERS, PAGE_TYPES, pagePath } from '../contract/csp.ts';
import { isOwnPage, SCHEME } from './address.ts';

/** Must be called before the app is ready. */
export function registerScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

/** Serves the built page at its scheme, and nothing else: no other host, no file outside of the root. */
export function servePage(root: string): void {
  protocol.handle(SCHEME, async ({ url, method }) => {
    if (!isOwnPage(url)) return refuse(404, 'Not found.');
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'Only GET and HEAD.');
    const path = pagePath(new URL(url).pathname);
    if (path === null) return refuse(400, 'Bad path.');
    const type = PAGE_TYPES[extname(path)];
    const body = type === undefined ? null : await readInside(root, path);
    if (type === undefined || body === null) return refuse(404, 'Not found.');
    return new Response(new Uint8Array(body), { headers: { ...PAGE_HEADERS, 'content-type': type } });
  });
}

const refuse = (status: number, text: string) =>
  new Response(text, { status, headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });

/** Null when there is no such file or it lies outside (a link leads out). */
async function readInside(root: string, path: string): Promise<Buffer | null> {
  try {
    const [base, file] = await Promise.all([realpath(root), realpath(join(root, path))]);
    return file.startsWith(base + sep) ? await readFile(file) : null;
  } catch {
    return null;
  }
}
