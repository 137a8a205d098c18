import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';

/**
 * The bundled demo recording; null where there is none. In the packaged app it lies beside the archive, since
 * SQLite cannot read inside of one.
 */
export function demoRecording(): string | null {
  const folder = app.isPackaged ? process.resourcesPath : join(app.getAppPath(), 'resources');
  const file = join(folder, 'demo.hindcast');
  return existsSync(file) ? file : null;
}
