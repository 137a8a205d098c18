/**
 * Asks for a file with the browser's own dialog, which needs a key or a click not long before. Null: none was chosen.
 * @param accept endings or media types, divided by commas
 */
export function pickFile(accept: string): Promise<File | null> {
  return new Promise((done) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.hidden = true;
    const end = () => {
      input.remove();
      done(input.files?.[0] ?? null);
    };
    input.addEventListener('change', end);
    input.addEventListener('cancel', end);
    // Outside of the document a field may be collected while its dialog is open: then the answer goes nowhere.
    document.body.append(input);
    input.click();
  });
}

/** Asks for a text file. Null: none was chosen. @throws in words, when it is larger than `largest` bytes */
export async function pickText(
  accept: string,
  largest: number,
): Promise<{ name: string; text: string } | null> {
  const file = await pickFile(accept);
  if (file === null) return null;
  if (file.size > largest)
    throw {
      message: `${file.name} has ${file.size.toLocaleString('en-US')} bytes; such a file has at most ${largest.toLocaleString('en-US')}.`,
      nextStep: `Choose a file that ends with ${accept.split(',')[0]}.`,
    };
  return { name: file.name, text: await file.text() };
}
