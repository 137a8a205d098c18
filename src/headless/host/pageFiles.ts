import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { PAGE_TYPES, pagePath } from '../../contract/csp.ts';

export type PageAnswer = { status: 200; type: string; body: Buffer } | { status: 400 } | { status: 404 };

/**
 * The file of the built page that a request path names. 400: the path is no plain path downwards. 404: there is no
 * such file, it lies outside of the root (a link leads out), or it is of a type that no page consists of.
 *
 * @param pathname path of the request as it was sent, without query
 */
export async function readPageFile(root: string, pathname: string): Promise<PageAnswer> {
  const path = pagePath(pathname);
  if (path === null) return { status: 400 };
  const type = PAGE_TYPES[extname(path)];
  if (type === undefined) return { status: 404 };
  try {
    const [base, file] = await Promise.all([realpath(root), realpath(join(root, path))]);
    if (!file.startsWith(base + sep)) return { status: 404 };
    return { status: 200, type, body: await readFile(file) };
  } catch {
    return { status: 404 };
  }
}
