/** Everything the writer thread can be asked. Each is (context, args) => plain data; it may also return a promise. */
import { importWrites } from '../capture/importWrites.ts';
import { compensationWrites } from '../compensation/registry.ts';

export const writes = {
  ...importWrites,
  ...compensationWrites,
};
export type Writes = typeof writes;
