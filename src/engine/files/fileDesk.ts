/**
 * Files on their way between a page and the engine. A page never names a path: it has a token of a dialog (desktop), or
 * asks for a one-time address to fetch from or to put to (browser door). What lies here is removed when it was fetched,
 * and with the engine.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HindcastError } from '../../contract/errors.ts';
import { DOWNLOAD_PATH, type EngineHost, type FileDesk, UPLOAD_PATH } from '../host.ts';
import { isRunning } from './isRunning.ts';

interface Outgoing {
  file: string;
  name: string;
  bytes: number;
}

const secretText = (): string => randomBytes(32).toString('base64url');

/** A name that is one in any file system. */
const safeName = (name: string): string =>
  basename(name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_')).replace(/^\.+/, '') || 'file';

/** Removes what engines left that did not end by themselves. */
function sweep(passing: string): void {
  if (!existsSync(passing)) return;
  for (const name of readdirSync(passing)) {
    const pid = Number(name);
    if (pid === process.pid || !isRunning(pid)) rmSync(join(passing, name), { recursive: true, force: true });
  }
}

export function createFileDesk(host: EngineHost): FileDesk {
  const passing = join(host.dataDir, 'passing');
  const folder = join(passing, String(process.pid));
  sweep(passing);
  const byJob = new Map<string, Outgoing>();
  const addresses = new Map<string, string>();
  const uploads = new Map<string, { token: string; file: string; bytes: number }>();
  const received = new Map<string, string>();

  const place = (name: string): string => {
    const own = join(folder, secretText());
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return join(own, safeName(name));
  };
  const drop = (file: string): void => rmSync(join(file, '..'), { recursive: true, force: true });

  return {
    destination(target) {
      if ('token' in target) {
        const path = host.resolveFileToken(target.token);
        if (path === null) throw new HindcastError('file.token');
        return { path, shown: path, offer() {} };
      }
      const path = place(target.download);
      const name = basename(path);
      return {
        path,
        shown: name,
        offer: (jobId) => void byJob.set(jobId, { file: path, name, bytes: statSync(path).size }),
      };
    },
    download(jobId) {
      const found = byJob.get(jobId);
      if (found === undefined) return null;
      const secret = secretText();
      addresses.set(secret, jobId);
      return { path: `${DOWNLOAD_PATH}${secret}`, name: found.name, bytes: found.bytes };
    },
    takeDownload(secret) {
      const jobId = addresses.get(secret);
      const found = jobId === undefined ? undefined : byJob.get(jobId);
      if (jobId === undefined || found === undefined) return null;
      addresses.delete(secret);
      const done = () => {
        byJob.delete(jobId);
        drop(found.file);
      };
      return { ...found, done };
    },
    upload(name, bytes) {
      const secret = secretText();
      const token = secretText();
      uploads.set(secret, { token, file: place(name), bytes });
      return { path: `${UPLOAD_PATH}${secret}`, token };
    },
    async receive(secret, body) {
      const asked = uploads.get(secret);
      if (asked === undefined) throw new HindcastError('file.token');
      uploads.delete(secret);
      let came = 0;
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          came += chunk.length;
          if (came <= asked.bytes) done(null, chunk);
          else done(new HindcastError('input.too-large', { bytes: came, limit: asked.bytes }));
        },
      });
      try {
        await pipeline(body, counted, createWriteStream(asked.file, { mode: 0o600 }));
        if (came < asked.bytes)
          throw new HindcastError('file.write', {
            where: basename(asked.file),
            problem: `${came} of ${asked.bytes} bytes came`,
          });
        received.set(asked.token, asked.file);
      } catch (error) {
        drop(asked.file);
        throw error;
      }
    },
    resolve(token) {
      const uploaded = received.get(token);
      const file = uploaded ?? host.resolveFileToken(token);
      if (file === null) throw new HindcastError('file.token');
      received.delete(token);
      return { file, isUploaded: uploaded !== undefined };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
