/** Everything a reader thread can be asked. Each is (context, args) => plain data; it may also return a promise. */
import { reportReads } from '../check/reportFacts.ts';
import { compensationReads } from '../compensation/registry.ts';
import { keyframeReads } from '../keyframes/keyframeReads.ts';
import { mappingReads } from '../mapping/preview.ts';
import { notebookReads } from '../notebook/documents.ts';
import { projectionReads } from '../projection/reads.ts';
import { tryReads } from '../projection/tryDefinition.ts';
import { aggregateListReads } from '../reads/aggregateList.ts';
import { clockReads } from '../reads/clocks.ts';
import { compareReads } from '../reads/compare.ts';
import { coverageReads } from '../reads/coverage.ts';
import { recordReads } from '../reads/records.ts';
import { stateLineReads } from '../reads/stateLines.ts';
import { timelineReads } from '../reads/timeline.ts';
import { typeColourReads } from '../reads/typeColours.ts';
import { upcastingReads } from '../reads/upcasting.ts';
import { scriptReads } from '../sandbox/checkScript.ts';
import { searchReads } from '../search/registry.ts';
import { sentenceReads } from '../sentences/sentenceReads.ts';
import { exportReads } from '../transfer/exportReads.ts';
import { whatIfReads } from '../whatif/whatIfReads.ts';
import { workspaceReads } from '../workspace/workspaceReads.ts';

export const reads = {
  ...recordReads,
  ...aggregateListReads,
  ...coverageReads,
  ...timelineReads,
  ...keyframeReads,
  ...stateLineReads,
  ...clockReads,
  ...compareReads,
  ...upcastingReads,
  ...projectionReads,
  ...tryReads,
  ...scriptReads,
  ...compensationReads,
  ...searchReads,
  ...exportReads,
  ...workspaceReads,
  ...reportReads,
  ...whatIfReads,
  ...notebookReads,
  ...mappingReads,
  ...sentenceReads,
  ...typeColourReads,
};
export type Reads = typeof reads;
