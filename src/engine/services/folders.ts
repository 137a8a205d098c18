/** Folders of the data directory that several services use. */
import { join } from 'node:path';
import type { ServiceDeps } from './deps.ts';

/** The folder of the files made from workspaces, such as projection tables; all of it may be deleted at any time. */
export const derivedFolder = ({ host }: Pick<ServiceDeps, 'host'>): string => join(host.dataDir, 'derived');
