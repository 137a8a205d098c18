import type { z } from 'zod';
import type { BytesOut } from '../../../contract/common.ts';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes } from '../../lib/format.ts';

const INLINE_CHARACTERS = 400;
const INLINE_HEX_BYTES = 64;

/** Bytes on one line. Null, empty and the text "null" never look alike. */
export function BytesInline({ bytes }: { bytes: z.infer<typeof BytesOut> | null }) {
  if (bytes === null) return <Tag title="There is no value at all">null</Tag>;
  if (bytes.size === 0) return <Tag title="A value of no bytes">empty</Tag>;
  if (bytes.encoding === 'utf8') {
    const cut = bytes.cut || bytes.text.length > INLINE_CHARACTERS;
    return (
      <>
        {shown(bytes.text.slice(0, INLINE_CHARACTERS))}
        {cut ? <span className="faint">… {formatBytes(bytes.size)} in all</span> : null}
      </>
    );
  }
  const raw = Uint8Array.from(atob(bytes.text), (sign) => sign.charCodeAt(0));
  const hex = Array.from(raw.subarray(0, INLINE_HEX_BYTES), (byte) => byte.toString(16).padStart(2, '0'));
  return (
    <>
      <Tag title="Not UTF-8 text; the bytes as hex">bytes</Tag> {hex.join(' ')}
      {bytes.size > INLINE_HEX_BYTES ? (
        <span className="faint"> … {formatBytes(bytes.size)} in all</span>
      ) : null}
    </>
  );
}
