/** Everything a reader thread can be asked. Each is (context, args) => plain data; it may also return a promise. */
import { consistencyReads } from '../check/checkReads.ts';
import { compensationReads } from '../compensation/registry.ts';
import { projectionReads } from '../projection/reads.ts';
import { aggregateListReads } from '../reads/aggregateList.ts';
import { compareReads } from '../reads/compare.ts';
import { coverageReads } from '../reads/coverage.ts';
import { recordReads } from '../reads/records.ts';
import { timelineReads } from '../reads/timeline.ts';
import { scriptReads } from '../sandbox/checkScript.ts';
import { searchReads } from '../search/registry.ts';
import { exportReads } from '../transfer/exportReads.ts';
import { workspaceReads } from '../workspace/workspaceReads.ts';

export const reads = {
  ...recordReads,
  ...aggregateListReads,
  ...coverageReads,
  ...timelineReads,
  ...compareReads,
  ...projectionReads,
  ...scriptReads,
  ...compensationReads,
  ...searchReads,
  ...exportReads,
  ...workspaceReads,
  ...consistencyReads,
};
export type Reads = typeof reads;
