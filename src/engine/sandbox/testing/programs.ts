/** Programs of tests. */
import type { Folder } from '../../../core/folder.ts';
import type { Reducer, ScriptReducer, Upcaster } from '../../../core/model.ts';
import { folderFor } from '../folderFor.ts';

/** The folder of a JavaScript program, and that of one that reads events of type `Old` as those of type `newest`. */
export function withAndWithoutUpcaster(name: string, source: string, newest: string): Folder[] {
  const program: ScriptReducer = { name, version: 1, language: 'javascript', source };
  const upcasters: Upcaster[] = [
    { ...{ topic: '*', type: 'Old', from: '1', to: '2' }, steps: [{ step: 'type', name: newest }] },
  ];
  return [folderFor(program), folderFor({ ...program, upcasters } as unknown as Reducer)];
}
