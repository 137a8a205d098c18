/** Lines of a text file as they come, each with its number; one that is far too long is a bad line, not a crash. */
import { isUtf8 } from 'node:buffer';
import { BadRow } from './transferRow.ts';

/** The longest line that is taken apart: Kafka's largest usual values are far below. Bytes. */
const MOST_BYTES = 256 * 1024 * 1024;
const LINE_FEED = 10;

export interface TextLine {
  /** From 1. */
  line: number;
  text: string | BadRow;
}

/** Lines that end in each piece, and how many bytes were read until then. A byte order mark at the start is left out. */
export async function* splitLines(
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<{ lines: TextLine[]; bytes: number }> {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let isTooLong = false;
  let number = 0;
  let bytes = 0;

  const end = (last: Buffer): TextLine => {
    number += 1;
    const whole = waiting.length === 0 ? last : Buffer.concat([...waiting, last]);
    waiting = [];
    waitingBytes = 0;
    if (isTooLong) {
      isTooLong = false;
      return { line: number, text: new BadRow(`the line is longer than ${MOST_BYTES} bytes`) };
    }
    if (!isUtf8(whole)) return { line: number, text: new BadRow('the line is no UTF-8') };
    const text = whole.toString('utf8');
    return { line: number, text: number === 1 ? text.replace(/^\ufeff/, '') : text };
  };

  for await (const piece of pieces) {
    bytes += piece.length;
    const lines: TextLine[] = [];
    let from = 0;
    for (;;) {
      const at = piece.indexOf(LINE_FEED, from);
      if (at === -1) break;
      lines.push(end(piece.subarray(from, at)));
      from = at + 1;
    }
    const rest = piece.subarray(from);
    if (waitingBytes + rest.length > MOST_BYTES) {
      isTooLong = true;
      waiting = [];
      waitingBytes = 0;
    } else if (rest.length > 0) {
      waiting.push(rest);
      waitingBytes += rest.length;
    }
    yield { lines, bytes };
  }
  if (waitingBytes > 0 || isTooLong) yield { lines: [end(Buffer.alloc(0))], bytes };
}
