/** Everything the writer thread can be asked. Each is (context, args) => plain data; it may also return a promise. */
import { importWrites } from '../capture/importWrites.ts';
import { compensationWrites } from '../compensation/registry.ts';
import { applyMapping } from '../mapping/applyMapping.ts';
import { notebookWrites } from '../notebook/documents.ts';
import { savedFilterWrites } from '../search/savedFilters.ts';
import { importRecords } from '../transfer/importWrites.ts';
import { compact } from '../workspace/compact.ts';
import { deleteTopic } from '../workspace/deleteTopic.ts';

export const writes = {
  ...importWrites,
  ...compensationWrites,
  importRecords,
  compact,
  deleteTopic,
  ...savedFilterWrites,
  ...notebookWrites,
  applyMapping,
};
export type Writes = typeof writes;
