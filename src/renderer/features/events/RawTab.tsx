import { useQuery } from '@tanstack/react-query';
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { RecordDetail } from '../../../contract/events.ts';
import { LIMITS } from '../../../contract/limits.ts';
import { IconButton } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { type EngineError, engineReady } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { hexText, windowText } from './bytesText.ts';
import { HexView } from './HexView.tsx';
import styles from './rawTab.module.css';

export type BytesPart = 'key' | 'value' | { header: number };

/** Bytes read and shown at once. */
const WINDOW = 64 * 1024;

const partName = (part: BytesPart): string => (typeof part === 'string' ? part : `header ${part.header}`);

interface RawTabProps {
  record: RecordDetail;
  part: BytesPart;
  onPart: (part: BytesPart) => void;
}

/** The bytes exactly as received, as text or hex, a window at a time. */
export function RawTab({ record, part, onPart }: RawTabProps) {
  const [offset, setOffset] = useState(0);
  const [look, setLook] = useState<'text' | 'hex'>('text');
  const id = record.row.id;
  const chunk = useQuery<{ size: number | null; bytes: Uint8Array }, EngineError>({
    queryKey: ['events', 'bytes', id, part, offset],
    queryFn: async ({ signal }) => {
      const api = await engineReady(signal);
      const answer = await api.events.bytes(
        { id, part, offset, length: Math.min(WINDOW, LIMITS.bytesChunk) },
        { signal },
      );
      return { size: answer.value.size, bytes: answer.bytes };
    },
    gcTime: 30_000,
  });
  const parts: { value: string; label: string; part: BytesPart }[] = [
    { value: 'value', label: 'Value', part: 'value' },
    { value: 'key', label: 'Key', part: 'key' },
    ...record.headers.map(({ key }, header) => ({
      value: `header ${header}`,
      label: `Header ${header + 1}: ${shown(key)}`,
      part: { header },
    })),
  ];
  const size = chunk.data?.size ?? 0;
  const end = offset + (chunk.data?.bytes.length ?? 0);
  return (
    <div className={styles.raw}>
      <div className={styles.rawBar}>
        <Select
          label="Part of the record"
          value={partName(part)}
          options={parts}
          onValue={(value) => {
            setOffset(0);
            onPart(parts.find((each) => each.value === value)?.part ?? 'value');
          }}
        />
        <Segmented
          label="Show as"
          value={look}
          onValue={setLook}
          options={[
            { value: 'text', label: 'Text' },
            { value: 'hex', label: 'Hex' },
          ]}
        />
        {chunk.data === undefined || size === 0 ? null : (
          <span className={styles.rawRange}>
            {end - offset === size ? (
              formatBytes(size)
            ) : (
              <>
                <IconButton label="First bytes" disabled={offset === 0} onClick={() => setOffset(0)}>
                  <ChevronFirst />
                </IconButton>
                <IconButton
                  label="Bytes before"
                  disabled={offset === 0}
                  onClick={() => setOffset(Math.max(0, offset - WINDOW))}
                >
                  <ChevronLeft />
                </IconButton>
                {formatCount(offset)} – {formatCount(end - 1)} of {formatCount(size)}
                <IconButton label="Bytes after" disabled={end >= size} onClick={() => setOffset(end)}>
                  <ChevronRight />
                </IconButton>
                <IconButton
                  label="Last bytes"
                  disabled={end >= size}
                  onClick={() => setOffset(Math.floor((size - 1) / WINDOW) * WINDOW)}
                >
                  <ChevronLast />
                </IconButton>
              </>
            )}
            <CopyButton
              label={look === 'hex' ? 'Copy these bytes as hex' : 'Copy this text'}
              text={() => copied(chunk.data, look, offset)}
            />
          </span>
        )}
      </div>
      {chunk.error !== null ? (
        <ErrorState error={chunk.error} onRetry={() => void chunk.refetch()} compact />
      ) : chunk.data === undefined ? (
        <Skeleton lines={8} />
      ) : chunk.data.size === null ? (
        <EmptyState title="Null">
          This part of the record is null: there are no bytes, not even none.
        </EmptyState>
      ) : chunk.data.size === 0 ? (
        <EmptyState title="Empty">This part of the record is there and has no bytes.</EmptyState>
      ) : (
        <Bytes {...chunk.data} size={chunk.data.size} offset={offset} look={look} />
      )}
    </div>
  );
}

function copied(
  data: { size: number | null; bytes: Uint8Array },
  look: 'text' | 'hex',
  offset: number,
): string {
  const text =
    look === 'hex'
      ? null
      : windowText(data.bytes, { first: offset === 0, last: offset + data.bytes.length === data.size });
  return text ?? hexText(data.bytes);
}

interface BytesProps {
  bytes: Uint8Array;
  size: number;
  offset: number;
  look: 'text' | 'hex';
}

function Bytes({ bytes, size, offset, look }: BytesProps) {
  const text =
    look === 'hex' ? null : windowText(bytes, { first: offset === 0, last: offset + bytes.length === size });
  if (text !== null)
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard.
      <pre className={styles.rawText} tabIndex={0}>
        {shown(text, true)}
      </pre>
    );
  return (
    <>
      {look === 'text' ? (
        <p className={styles.rawNote}>These bytes are not UTF-8 text; shown as hex.</p>
      ) : null}
      <HexView bytes={bytes} start={offset} />
    </>
  );
}
