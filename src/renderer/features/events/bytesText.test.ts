import { describe, expect, it } from 'vitest';
import { hexLine, hexLineCount, windowText } from './bytesText.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('raw bytes', () => {
  it('writes hex with the offset in the whole', () => {
    const bytes = utf8('AB\u0000é12345');
    expect(hexLineCount(bytes)).toBe(2);
    expect(hexLine(bytes, 0, 65_536)).toEqual({
      offset: '00010000',
      hex: '41 42 00 c3 a9 31 32 33',
      text: 'AB···123',
    });
    expect(hexLine(bytes, 1, 65_536)).toEqual({ offset: '00010008', hex: '34 35', text: '45' });
  });

  it('leaves characters that cross the window to the neighbour', () => {
    const all = utf8('a😀b');
    for (let cut = 1; cut <= all.length; cut += 1) {
      const head = windowText(all.subarray(0, cut), { first: true, last: cut === all.length });
      const tail = windowText(all.subarray(cut), { first: false, last: true });
      expect(head).not.toBeNull();
      expect(tail).not.toBeNull();
      expect('a😀b'.startsWith(head!)).toBe(true);
      expect('a😀b'.endsWith(tail!)).toBe(true);
    }
  });

  it('keeps a byte order mark and refuses what is no UTF-8', () => {
    expect(windowText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), { first: true, last: true })).toBe('\ufeffa');
    expect(windowText(new Uint8Array([0x61, 0xff, 0x62]), { first: true, last: true })).toBeNull();
    expect(windowText(utf8('é').subarray(0, 1), { first: true, last: true })).toBeNull();
  });
});
