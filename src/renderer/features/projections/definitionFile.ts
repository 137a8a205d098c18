import { pickText } from '../../lib/pickFile.ts';
import { saveText } from '../../lib/saveText.ts';

/** Larger files are no definition. Bytes. */
const LARGEST = 500_000;

/** Puts a definition into the person's download folder, as it is written. */
export const exportDefinition = (name: string, definition: string): void =>
  saveText(definition.endsWith('\n') ? definition : `${definition}\n`, 'application/json', `${name}.json`);

/** Asks for a file with a definition. Null: none was chosen. @throws what is wrong with the file, in words */
export const chooseDefinition = async (): Promise<string | null> =>
  (await pickText('.json,application/json', LARGEST))?.text ?? null;
