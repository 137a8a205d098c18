/** Records from elsewhere than a broker: builds the bundled demo recording and data for tests. */
import type { Workspace } from '../store/workspace.ts';
import type { ImportOutcome, ImportRecord } from './types.ts';

export type { ImportOutcome, ImportRecord } from './types.ts';

/**
 * Appends records through the same envelope code and writer as a capture. `end`: no more will follow for now, build
 * the indexes (default true). @throws HindcastError as a capture does
 */
export function appendRecords(
  workspace: Workspace,
  records: readonly ImportRecord[],
  options: { clusterId?: string; end?: boolean } = {},
): Promise<ImportOutcome> {
  return workspace.write('appendRecords', {
    records: records as ImportRecord[],
    clusterId: options.clusterId ?? null,
    end: options.end ?? true,
  });
}
