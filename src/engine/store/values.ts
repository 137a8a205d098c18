/** The small numbers that stand for words in the `record` table. */
import type { RecordKind, Verdict } from '../../core/model.ts';

export const KINDS: readonly RecordKind[] = ['event', 'plain', 'tombstone', 'undecodable', 'control'];
export const VERDICTS: readonly Verdict[] = ['committed', 'aborted', 'open', 'control'];
export const KIND = { event: 0, plain: 1, tombstone: 2, undecodable: 3, control: 4 } as const;
export const VERDICT = { committed: 0, aborted: 1, open: 2, control: 3 } as const;
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A number of a column in which NaN stands for none. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
