/** Records as rows of a list, and bytes for the eye. */
import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { type BytesOut, type EventRow, int64 } from '../../contract/common.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { DecodedRecord } from '../../core/envelope/decode.ts';
import { foldContextOf } from '../../core/fold.ts';
import { sentenceOf } from '../../core/sentence.ts';
import type { Template } from '../../core/sentence-template.ts';
import { DamagedBlock } from '../store/damagedBlock.ts';
import { OFFSET_SPAN } from '../store/ids.ts';
import { recordBytesOf } from '../store/recordBytes.ts';
import {
  decodeStored,
  type RecordRow,
  rowsOfIds,
  type StoredRecord,
  storedEventOf,
} from '../store/stream.ts';
import { KINDS, VERDICTS } from '../store/values.ts';
import type { ReadContext } from '../workers/context.ts';
import { controlTypeOfKey } from './control.ts';

/** A key longer than this is cut in lists. Characters. */
const KEY_TEXT = 500;
/** A value longer than this is not decoded for a row of a list. Bytes. */
const ROW_DECODE = LIMITS.decodedText;

/** Rows of these ids, in this order. */
export function rowsOf(context: ReadContext, ids: readonly number[]): EventRow[] {
  const bytes = recordBytesOf(context);
  const rows = rowsOfIds(context, ids);
  context.dictionary.learnAggregates(rows.map(({ agg_id }) => agg_id));
  return rows.map((row) => {
    try {
      return rowOf(context, { ...row, ...bytes.body(row.id) });
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      return damagedRow(context, row);
    }
  });
}

/** A record whose bytes the file has lost: what stands beside them is still there, and the list goes on. */
function damagedRow(context: ReadContext, row: RecordRow): EventRow {
  const bytes = { key: null, value: null, headers: null };
  return {
    ...rowOf(context, { ...row, ...bytes }, { kind: 'undecodable', problems: [] }),
    kind: 'undecodable',
    sentence: 'Its bytes are damaged in this file; check the workspace',
    amount: null,
    tone: 'warn',
  };
}

/** A record as a row of a list. `decoded`: when it is at hand already. */
export function rowOf(context: ReadContext, record: StoredRecord, decoded?: DecodedRecord): EventRow {
  const { dictionary } = context;
  const { topic, partition } = dictionary.placeOf(record.id);
  const kind = KINDS[record.kind]!;
  const size = record.value?.length ?? 0;
  const row = {
    id: record.id,
    place: { topic, partition, offset: int64(record.id % OFFSET_SPAN) },
    recordedAt: record.ts,
    logAt: record.mono,
    occurredAt: record.occurred,
    kind,
    verdict: VERDICTS[record.verdict]!,
    type: dictionary.typeName(record.type_id),
    aggregate: dictionary.aggregate(record.agg_id),
    version: record.version,
    key: record.key === null ? null : keyText(record.key),
    size,
  };
  if (kind === 'control') {
    const type = controlTypeOfKey(record.key);
    const sentence =
      type === 'other' ? 'Control record' : `Transaction ${type === 'commit' ? 'committed' : 'aborted'}`;
    return { ...row, sentence, amount: null, tone: type === 'abort' ? 'warn' : 'neutral', letter: 'T' };
  }
  // A row of a list must not cost a parse of megabytes; the detail decodes such a record.
  const known = decoded ?? (size > ROW_DECODE ? { kind, problems: [] } : decodeStored(context, record));
  const event = { ...storedEventOf(context, record, known), type: row.type };
  const { text, amount, tone, letter } = sentenceOf(
    event,
    known.value === undefined ? null : templateOf(context, record, row.type),
    row.aggregate === null ? {} : foldContextOf(row.aggregate),
  );
  return { ...row, sentence: text, amount: amount ?? null, tone, letter };
}

/** The words that a person chose for such events. A record that is not decoded has no fields to put into them. */
function templateOf(
  { sentences, dictionary }: ReadContext,
  { id }: StoredRecord,
  type: string,
): Template | null {
  return sentences === undefined ? null : sentences.templateFor(type, dictionary.placeOf(id).kafkaName);
}

function keyText(key: Uint8Array): string {
  const text = isUtf8(key) ? Buffer.from(key).toString('utf8') : `0x${Buffer.from(key).toString('hex')}`;
  return text.length > KEY_TEXT ? `${text.slice(0, KEY_TEXT)}…` : text;
}

/** Bytes as text where they are UTF-8, else base64; the first `limit` bytes of longer ones. */
export function bytesOut(bytes: Uint8Array, limit: number = LIMITS.decodedText): z.infer<typeof BytesOut> {
  const isCut = bytes.length > limit;
  const part = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, limit));
  const whole = isCut ? withoutHalfCharacter(part) : part;
  const encoding = isUtf8(whole) ? 'utf8' : 'base64';
  return { encoding, text: whole.toString(encoding), size: bytes.length, cut: isCut };
}

/** Cuts at most three bytes off, so that a UTF-8 character is not halved. */
function withoutHalfCharacter(bytes: Buffer): Buffer {
  for (let cut = 0; cut < 4 && cut < bytes.length; cut++) {
    const part = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(part)) return part;
  }
  return bytes;
}
