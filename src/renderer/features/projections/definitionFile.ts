import { saveText } from '../../lib/saveText.ts';

/** Larger files are no definition. Bytes. */
const LARGEST = 500_000;

/** Puts a definition into the person's download folder, as it is written. */
export const exportDefinition = (name: string, definition: string): void =>
  saveText(definition.endsWith('\n') ? definition : `${definition}\n`, 'application/json', `${name}.json`);

/** Asks for a file with a definition. Null: none was chosen. @throws what is wrong with the file, in words */
export async function chooseDefinition(): Promise<string | null> {
  const file = await new Promise<File | null>((done) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.json,application/json';
    input.addEventListener('change', () => done(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => done(null));
    input.click();
  });
  if (file === null) return null;
  if (file.size > LARGEST)
    throw {
      message: `${file.name} has ${file.size.toLocaleString('en-US')} bytes; a definition has at most ${LARGEST.toLocaleString('en-US')}.`,
      nextStep: 'Choose a file that was exported here.',
    };
  return file.text();
}
