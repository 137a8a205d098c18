/** Asks for a text file of the person's. Null: none was chosen. @throws what is wrong with it, in words */
export async function pickText(
  accept: string,
  largest: number,
): Promise<{ name: string; text: string } | null> {
  const file = await new Promise<File | null>((done) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('change', () => done(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => done(null));
    input.click();
  });
  if (file === null) return null;
  if (file.size > largest)
    throw {
      message: `${file.name} has ${file.size.toLocaleString('en-US')} bytes; such a file has at most ${largest.toLocaleString('en-US')}.`,
      nextStep: `Choose a file that ends with ${accept.split(',')[0]}.`,
    };
  return { name: file.name, text: await file.text() };
}
