/** A state in parts: lines of its tree and pieces of its text, for states that are too long to be sent whole. */
import type { z } from 'zod';
import type { aggregates, StateLine } from '../../contract/aggregates.ts';
import { diffStates } from '../../core/diff.ts';
import { formatJson } from '../../core/json.ts';
import { type JsonRow, jsonRows, memberCount } from '../../core/jsonRows.ts';
import type { Json } from '../../core/model.ts';
import { getPath, parsePath } from '../../core/path.ts';
import type { ReadContext } from '../workers/context.ts';
import { keptLines, type LineSource, shortChange, shortText } from './stateBrief.ts';
import { changeOut, eventReader, listFold, type SubjectArgs, setterOf } from './timeline.ts';
import { cutKey, cutView, refKey } from './timelineView.ts';

type Answer<K extends keyof typeof aggregates> = z.infer<(typeof aggregates)[K]['output']>;

/** The lines as a person has opened them; the page of them that is asked for is made by {@link lineOut}. */
const linesOf = ({ state, changes }: LineSource, toggled: readonly string[]): JsonRow[] =>
  jsonRows(state, new Map(changes.map((change) => [change.path, change])), new Set(toggled));

/** A line as it crosses to the page. */
function lineOut(row: JsonRow, setBy: LineSource['setBy']): StateLine {
  const { path, name, depth, value, branch, open, change, changedInside } = row;
  return {
    path,
    name,
    depth,
    value: branch || value === undefined ? null : shortText(formatJson(value)),
    branch: branch
      ? { kind: Array.isArray(value) ? 'list' : 'object', members: memberCount(value), open }
      : null,
    change: change === null ? null : shortChange({ path, ...change }),
    changedInside,
    setBy: setBy(path),
  };
}

/** Part of the text of the value at a path. @throws PathProblem */
function textPart(
  state: Json,
  { path, from, count }: { path: string; from: number; count: number },
): Answer<'stateText'> {
  const value = getPath(state, parsePath(path));
  if (value === undefined) return { text: null, total: 0 };
  const text = formatJson(value, 2);
  return { text: text.slice(from, from + count), total: text.length };
}

/** What the lines and the text of a state are made of; the answer in brief has kept it already. */
const lineSource = (context: ReadContext, args: SubjectArgs & { index: number }): LineSource =>
  keptLines(context, args, () => {
    const view = cutView(context, args.ref, args.cut);
    const fold = listFold(context, args);
    const read = eventReader(context);
    const before = args.index < 0 ? null : fold.at(args.index, read);
    const point = fold.at(args.index + 1, read);
    return {
      state: point.state,
      changes: before === null ? [] : diffStates(before.state, point.state).map(changeOut),
      setBy: setterOf(view, point),
    };
  });

function stateLines(
  context: ReadContext,
  args: SubjectArgs & { index: number; toggled: readonly string[]; from: number; count: number },
): Answer<'stateLines'> {
  const index = Math.min(args.index, cutView(context, args.ref, args.cut).list.length - 1);
  const source = lineSource(context, { ...args, index });
  const lines = context.cache.get(
    `state tree ${refKey(args.ref)} ${cutKey(args.cut)} ${args.reducer.hash} ${index} ${JSON.stringify(args.toggled)}`,
    () => linesOf(source, args.toggled),
    (rows) => rows.length * 200,
  );
  const rows = lines.slice(args.from, args.from + args.count).map((row) => lineOut(row, source.setBy));
  return { index, rows, total: lines.length };
}

function stateText(
  context: ReadContext,
  args: SubjectArgs & { index: number; path: string; from: number; count: number },
): Answer<'stateText'> {
  const index = Math.min(args.index, cutView(context, args.ref, args.cut).list.length - 1);
  return textPart(lineSource(context, { ...args, index }).state, args);
}

export const stateLineReads = {
  'aggregates.stateLines': stateLines,
  'aggregates.stateText': stateText,
};
