/** What reader threads are asked for the care of a workspace. */
import {
  checkBlocks,
  checkCoverage,
  checkNames,
  checkPlan,
  checkPositions,
  checkTable,
} from './checkReads.ts';
import { fileUse, workspaceContents } from './contents.ts';
import { recordingReads } from './recordingReads.ts';
import { dropSideFiles, sideFiles } from './sideFiles.ts';

export const workspaceReads = {
  'workspace.contents': workspaceContents,
  'workspace.use': fileUse,
  'workspace.sideFiles': sideFiles,
  // Named like the projections: it runs where their tables are open.
  'projections.dropAll': dropSideFiles,
  'check.plan': checkPlan,
  'check.table': checkTable,
  'check.positions': checkPositions,
  'check.coverage': checkCoverage,
  'check.names': checkNames,
  'check.blocks': checkBlocks,
  ...recordingReads,
};
