import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { PAGE_HEADERS } from '../../contract/csp.ts';
import { DOWNLOAD_PATH, type FileDesk, UPLOAD_PATH } from '../../engine/host.ts';
import { describeError } from '../output.ts';

/**
 * Answers requests for files under one-time addresses: GET takes a file that a job made, PUT brings one that was asked
 * for. False: the request is for something else. The address is the right to it: 256 bits that only the page was told.
 */
export function passFile(
  files: FileDesk,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): boolean {
  const path = request.url ?? '';
  if (path.startsWith(DOWNLOAD_PATH) && request.method === 'GET') {
    void send(files, path.slice(DOWNLOAD_PATH.length), response);
    return true;
  }
  if (path.startsWith(UPLOAD_PATH) && request.method === 'PUT') {
    void take(files, path.slice(UPLOAD_PATH.length), request, response, origin);
    return true;
  }
  return false;
}

const plain = (response: ServerResponse, status: number, text: string) =>
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(text);

async function send(files: FileDesk, secret: string, response: ServerResponse): Promise<void> {
  const found = files.takeDownload(secret);
  if (found === null) return void plain(response, 404, 'Not found, or fetched already.');
  const { file, name, bytes, done } = found;
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'content-type': 'application/octet-stream',
    'content-length': bytes,
    'cache-control': 'no-store',
    // RFC 6266 with RFC 8187: any name, and nothing in it that ends the header.
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, escapeCharacter)}`,
  });
  // A person who stops the download may ask for it again: the file stays until it was taken whole.
  await pipeline(createReadStream(file), response).then(done, () => {});
}

const escapeCharacter = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

async function take(
  files: FileDesk,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): Promise<void> {
  if (request.headers.origin !== origin) {
    request.resume();
    return void plain(response, 403, 'Only from the page itself.');
  }
  try {
    await files.receive(secret, request);
    plain(response, 204, '');
  } catch (error) {
    if (!response.headersSent) plain(response, 400, describeError(error));
  }
}
