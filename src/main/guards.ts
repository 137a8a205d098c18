import { app, type Session } from 'electron';
import { isOwnPage } from './address.ts';
import { openExternalLink } from './links.ts';
import type { Log } from './log.ts';

/** Holds for every web contents there will ever be: it stays on our page and opens no other. */
export function guardNavigation(log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    const stay = (event: { preventDefault(): void; url?: string }, address = event.url ?? '') => {
      if (isOwnPage(address)) return;
      event.preventDefault();
      log('warn', 'a navigation was refused', { address: address.slice(0, 200) });
    };
    contents.on('will-navigate', (event) => stay(event));
    contents.on('will-redirect', (event) => stay(event));
    contents.on('will-frame-navigate', (event) => stay(event));
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (!openExternalLink(url)) log('warn', 'a window was refused', { address: url.slice(0, 200) });
      return { action: 'deny' };
    });
  });
}

/** Writing text that the person copies is the only thing the page may do beside drawing itself. */
const PERMITTED = 'clipboard-sanitized-write';

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide, details) =>
    decide(permission === PERMITTED && isOwnPage(contents.getURL()) && isOwnPage(details.requestingUrl)),
  );
  session.setPermissionCheckHandler(
    (contents, permission) => permission === PERMITTED && contents !== null && isOwnPage(contents.getURL()),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, decide) => decide({}));
  session.setSpellCheckerEnabled(false); // it would fetch dictionaries
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !mayLoad(url) }));
}

/** What never leaves the machine: our page, what it made itself, and the developer tools. */
const mayLoad = (address: string): boolean =>
  isOwnPage(address) || ['blob:', 'data:', 'devtools:'].includes(URL.parse(address)?.protocol ?? '');
