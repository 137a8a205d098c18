import type { AggregateRef } from '../../../contract/common.ts';
import type { ComparedSide, ComparePlace, CompareSide } from '../../../contract/compare.ts';
import { formatCount, formatIso, formatTime } from '../../lib/format.ts';
import { parseMoment } from '../../lib/moment.ts';
import { cutWords } from '../aggregates/asOf.ts';

export type SideName = 'a' | 'b';

const FIELDS = ['type', 'id', 'at', 'known', 'true', 'reducer'] as const;
type FieldName = `${SideName}.${(typeof FIELDS)[number]}`;
export type SideParams = Record<FieldName, string | null>;

/** The parameters of both sides in the address of the screen. */
export const SIDE_PARAMS: readonly FieldName[] = (['a', 'b'] as const).flatMap((side) =>
  FIELDS.map((field): FieldName => `${side}.${field}`),
);

/** A side as parameters; null takes it out of the address. */
export function paramsOf(name: SideName, side: CompareSide | null): Partial<SideParams> {
  const time = (ms: number | null | undefined) => (ms == null ? null : formatIso(ms));
  return {
    [`${name}.type`]: side?.ref.type || null,
    [`${name}.id`]: side?.ref.id ?? null,
    [`${name}.at`]: side === null || side.at === 'last' ? null : String(side.at),
    [`${name}.known`]: time(side?.cut.knownOn),
    [`${name}.true`]: time(side?.cut.trueOn),
    [`${name}.reducer`]: side?.reducer ?? null,
  };
}

export interface ReadSide {
  side: CompareSide | null;
  /** What of the address cannot be read; it is shown, not silently dropped. */
  problem: string | null;
}

/** The side that the address names; null when it names none. */
export function sideOf(name: SideName, params: Partial<SideParams>): ReadSide {
  const get = (field: (typeof FIELDS)[number]) => params[`${name}.${field}`] ?? null;
  const id = get('id');
  if (id === null) return { side: null, problem: null };
  const problems: string[] = [];
  const time = (field: 'known' | 'true'): number | null => {
    const text = get(field);
    if (text === null) return null;
    const moment = parseMoment(text);
    if (moment.ok) return moment.at;
    problems.push(moment.problem);
    return null;
  };
  const at = placeIn(get('at'));
  if (at === null)
    problems.push(`“${get('at')}” is no place in a stream; use start, last or a record number`);
  const cut = { knownOn: time('known'), trueOn: time('true') };
  return {
    side: { ref: { type: get('type') ?? '', id }, cut, reducer: get('reducer'), at: at ?? 'last' },
    problem: problems[0] === undefined ? null : `Side ${name.toUpperCase()}: ${problems[0]}`,
  };
}

function placeIn(text: string | null): ComparePlace | null {
  if (text === null || text === 'last') return 'last';
  if (text === 'start') return 'start';
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** Both clocks at one moment: what was known by then, and what had happened by then. */
export function twoClocks(ref: AggregateRef, reducer: string | null, at: number): [CompareSide, CompareSide] {
  return [
    { ref, reducer, at: 'last', cut: { knownOn: at, trueOn: null } },
    { ref, reducer, at: 'last', cut: { knownOn: null, trueOn: at } },
  ];
}

/** The moment a side speaks of: that of its cut, else that of its event; null before the first event. */
export const momentOf = (side: CompareSide, compared: ComparedSide | undefined): number | null =>
  side.cut.trueOn ?? side.cut.knownOn ?? compared?.event?.recordedAt ?? null;

/** Where in its stream a side stands, in words. */
export function placeWords(side: CompareSide, compared: ComparedSide): string {
  const { index, within, total, event } = compared;
  const of = `${formatCount(index + 1)} of ${formatCount(total)}`;
  if (event === null) return `Before the first of ${formatCount(total)} events`;
  const cut = cutWords(side.cut);
  const behind = index >= within ? ', after the cut' : '';
  return `${cut} · event ${of}${behind} · recorded ${formatTime(event.recordedAt)}`;
}

/** How many differences, in one sentence. */
export function differenceWords({
  added,
  removed,
  changed,
}: {
  added: number;
  removed: number;
  changed: number;
}): string {
  const parts = [
    changed > 0 ? `${formatCount(changed)} changed` : null,
    added > 0 ? `${formatCount(added)} only in B` : null,
    removed > 0 ? `${formatCount(removed)} only in A` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'No difference' : parts.join(' · ');
}
