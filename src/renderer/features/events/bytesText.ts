/** Raw bytes for the eye: lines of hex, and text of a window that may begin or end inside a character. */

export const HEX_LINE = 8;

export interface HexLine {
  /** Offset of the first byte in the whole, eight hex digits or more. */
  offset: string;
  hex: string;
  /** ASCII; every other byte as a dot. */
  text: string;
}

export const hexLineCount = (bytes: Uint8Array): number => Math.ceil(bytes.length / HEX_LINE);

/** @param start offset of `bytes[0]` in the whole */
export function hexLine(bytes: Uint8Array, line: number, start: number): HexLine {
  const part = bytes.subarray(line * HEX_LINE, (line + 1) * HEX_LINE);
  return {
    offset: (start + line * HEX_LINE).toString(16).padStart(8, '0'),
    hex: Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' '),
    text: Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(
      '',
    ),
  };
}

export const hexText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

function lengthOf(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 1;
}

/**
 * The text of a window of UTF-8 bytes. Bytes of a character that began before the window, or ends after it, are left
 * to the neighbour. Null when the rest is not UTF-8.
 */
export function windowText(
  bytes: Uint8Array,
  { first, last }: { first: boolean; last: boolean },
): string | null {
  let from = 0;
  while (!first && from < Math.min(3, bytes.length) && isContinuation(bytes[from]!)) from += 1;
  let to = bytes.length;
  for (let at = bytes.length - 1; !last && at >= Math.max(from, bytes.length - 3); at -= 1) {
    if (isContinuation(bytes[at]!)) continue;
    if (at + lengthOf(bytes[at]!) > bytes.length) to = at;
    break;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, to));
  } catch {
    return null;
  }
}
