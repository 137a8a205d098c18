/** What became of a partition's offsets, in the order in which a bar shows it. */
import type { PartitionCoverage } from '../../contract/workspace.ts';
import { formatCount } from '../lib/format.ts';

export type ClassLook =
  | 'stored'
  | 'aborted'
  | 'open'
  | 'marker'
  | 'compaction'
  | 'retention'
  | 'unreadable'
  | 'unaccounted'
  | 'notRead'
  | 'notAsked'
  | 'before';

export interface CoverageClass {
  name: string;
  count: bigint;
  look: ClassLook;
  detail: string;
}

/** The classes that have offsets; together they are all offsets of the log up to its end. */
export function classesOf(part: PartitionCoverage): CoverageClass[] {
  const kept = BigInt(part.keptByKey);
  const all: [string, bigint, ClassLook, string][] = [
    ['deleted before the workspace began', BigInt(part.beforeWorkspace), 'before', 'Nobody asked for them.'],
    ['stored', BigInt(part.committed), 'stored', 'Records that count.'],
    ['of aborted transactions', BigInt(part.aborted), 'aborted', 'Stored, left out of folds and counts.'],
    ['of open transactions', BigInt(part.open), 'open', 'Stored; the next capture reads them again.'],
    ['transaction markers', BigInt(part.control), 'marker', 'Kafka’s own; they hold no data.'],
    ['compacted away', BigInt(part.absent), 'compaction', 'The broker skipped them when it was asked.'],
    [
      'deleted by retention',
      BigInt(part.retention),
      'retention',
      'Asked for, and gone before they were read.',
    ],
    ['not readable', BigInt(part.unreadable), 'unreadable', 'In batches that cannot be decoded.'],
    ['not accounted for', abs(BigInt(part.unaccounted)), 'unaccounted', 'The file may be damaged: check it.'],
    ['not read yet', BigInt(part.notRead), 'notRead', 'Capture again to go on.'],
    ['not asked for', BigInt(part.notAsked) - kept, 'notAsked', 'Outside what was chosen for the capture.'],
  ];
  return all
    .filter(([, count]) => count > 0n)
    .map(([name, count, look, detail]) => ({ name, count, look, detail }));
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

const NOTES_SHOWN = 4;

/** Where something is missing and why, the first few of it. */
export function notesOf(part: PartitionCoverage): { place: string; text: string }[] {
  const notes = part.aside === null ? [] : [{ place: '', text: part.aside }];
  for (const { key, from, to, looked, unseen, notRead } of part.keys) {
    const rest = [
      [notRead, 'not read yet'],
      [unseen, 'deleted or unreadable before'],
    ]
      .filter(([count]) => count !== '0')
      .map(([count, what]) => `, ${formatCount(count!)} ${what}`);
    notes.push({
      place: placeText(from, to),
      text: `only the key “${key}”: ${formatCount(looked)} offsets looked through${rest.join('')}`,
    });
  }
  // What was looked through for a key is not asked for as a whole: the lines above say it.
  const said = new Set(part.keys.length > 0 ? ['before-workspace', 'not-asked'] : ['before-workspace']);
  const ranges = part.missing.filter(({ reason }) => !said.has(reason));
  for (const { from, to, note } of ranges.slice(0, NOTES_SHOWN))
    notes.push({ place: placeText(from, to), text: note });
  const more = ranges.length - NOTES_SHOWN;
  if (more > 0) notes.push({ place: '', text: `and ${formatCount(more)} more ranges` });
  return notes;
}

const placeText = (from: string, to: string): string => {
  const last = BigInt(to) - 1n;
  return last <= BigInt(from) ? formatCount(from) : `${formatCount(from)} – ${formatCount(last)}`;
};
