/** Where the page lives. Every check of an origin compares parsed parts, never a prefix. */
export const SCHEME = 'app';
export const PAGE_HOST = 'hindcast';
export const PAGE_URL = `${SCHEME}://${PAGE_HOST}/`;

/** Sites that the window may open in the person's browser. */
const LINK_HOSTS = new Set(['kafka.apache.org', 'www.sqlite.org']);

/** Whether an address is of our own page. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === `${SCHEME}:` && url.hostname === PAGE_HOST && isPlain(url);
}

/** Whether an address may be opened outside: https, a listed host, the usual port, no credentials. */
export function isAllowedLink(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === 'https:' && LINK_HOSTS.has(url.hostname) && isPlain(url);
}

const isPlain = ({ port, username, password }: URL): boolean => `${port}${username}${password}` === '';
