// Sections of docs/benchmarks.md that are measured by themselves: each stays when only other parts are measured again.

const NEXT_SECTION = /\n## /;

function boundsOf(text: string, title: string): [from: number, to: number] {
  const from = text.indexOf(`${title}\n`);
  if (from < 0) {
    const next = NEXT_SECTION.exec(text);
    const end = next === null ? text.length : next.index + 1;
    return [end, end];
  }
  const next = NEXT_SECTION.exec(text.slice(from));
  return [from, next === null ? text.length : from + next.index + 1];
}

/** The section of that title in the text of docs/benchmarks.md; empty when it has none. */
export const sectionOf = (text: string, title: string): string =>
  text.slice(...boundsOf(text, title)).trimEnd();

/** The text with this section in its place, or before other sections when it had none; an empty one is left out. */
export function withSection(text: string, title: string, section: string): string {
  const [from, to] = boundsOf(text, title);
  const parts = [text.slice(0, from).trimEnd(), section, text.slice(to).trim()];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
