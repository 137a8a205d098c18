import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';

const LINK_SCHEME = 'hindcast:';

/** What the app was asked to open: by its first start, by a second one, or by the system. */
export type Opening = { kind: 'file'; path: string } | { kind: 'address'; address: string };

const Arguments = z.array(z.string().max(4096)).max(200);
/** Screen, then what the page decodes itself. */
const Link = z
  .string()
  .max(4096)
  .transform((text) => URL.parse(text))
  .refine((url) => url?.protocol === LINK_SCHEME && /^[a-z][a-z-]{0,29}$/.test(url.host) && !url.username)
  .transform((url) => `#/${url!.host}${url!.pathname === '/' ? '' : url!.pathname}${url!.search}`);

/** The address in the page (`#/…`) of a link `hindcast://screen/…?…`; null when it is none. */
export function parseLink(text: string): string | null {
  const parsed = Link.safeParse(text);
  return parsed.success ? parsed.data : null;
}

/**
 * The last link or workspace file among the arguments of a start; null when there is none. Everything else, above
 * all switches for Chromium, is not ours.
 *
 * @param cwd folder that relative paths start from
 */
export function parseArguments(argv: unknown, cwd: string): Opening | null {
  const parsed = Arguments.safeParse(argv);
  if (!parsed.success) return null;
  for (const text of parsed.data.toReversed()) {
    const address = parseLink(text);
    if (address !== null) return { kind: 'address', address };
    if (isWorkspaceFile(text)) return { kind: 'file', path: isAbsolute(text) ? text : resolve(cwd, text) };
  }
  return null;
}

/** A plain path of a workspace or recording; neither a switch nor an address. */
export const isWorkspaceFile = (text: string): boolean =>
  /\.hindcast$/i.test(text) &&
  !text.startsWith('-') &&
  !/^[a-z][a-z0-9+.-]+:\/\//i.test(text) &&
  !text.includes('\0');
