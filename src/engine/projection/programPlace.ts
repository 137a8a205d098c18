/** The place in a program that a message of the sandbox ends with: ` (line 3, column 12)`. */
const PLACE = /^([\s\S]*) \(line (\d+)(?:, column (\d+))?\)([\s\S]*)$/;

export interface PlacedMessage {
  message: string;
  /** From 1; null: the message names no place. */
  line: number | null;
  column: number | null;
}

/** Takes the place out of a message. */
export function placeInProgram(text: string): PlacedMessage {
  const match = PLACE.exec(text);
  if (match === null) return { message: text, line: null, column: null };
  const [, before, line, column, after] = match;
  return {
    message: `${before}${after}`,
    line: Number(line),
    column: column === undefined ? null : Number(column),
  };
}
