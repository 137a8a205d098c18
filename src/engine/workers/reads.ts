/** Everything a reader thread can be asked. Each is (context, args) => plain data; it may also return a promise. */
import { compensationReads } from '../compensation/registry.ts';
import { projectionReads } from '../projection/reads.ts';
import { aggregateListReads } from '../reads/aggregateList.ts';
import { coverageReads } from '../reads/coverage.ts';
import { recordReads } from '../reads/records.ts';
import { timelineReads } from '../reads/timeline.ts';

export const reads = {
  ...recordReads,
  ...aggregateListReads,
  ...coverageReads,
  ...timelineReads,
  ...projectionReads,
  ...compensationReads,
};
export type Reads = typeof reads;
