import { shell } from 'electron';
import { isAllowedLink } from './address.ts';

export const KAFKA_DOCS = 'https://kafka.apache.org/documentation/';
export const SQL_DOCS = 'https://www.sqlite.org/lang_select.html';

/** The only way out to a browser. Returns false for an address that may not be opened. */
export function openExternalLink(address: string): boolean {
  if (!isAllowedLink(address)) return false;
  void shell.openExternal(new URL(address).href);
  return true;
}
