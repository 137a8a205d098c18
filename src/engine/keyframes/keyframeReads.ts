/** Making keyframes as reads of a thread of its own: it begins, and goes on step by step. */
import { folderOf, type SubjectArgs } from '../reads/timeline.ts';
import { cutView } from '../reads/timelineView.ts';
import type { ReadContext } from '../workers/context.ts';
import { KeyframeRun } from './keyframeRun.ts';

const KEY = 'keyframe run';
/** How long one step takes, ms: a cancel is heard after it. */
const STEP_MS = 100;

export interface KeyframeProgress {
  done: number;
  total: number;
  isOver: boolean;
}

/** @throws HindcastError `aggregate.unknown` and what the file cannot be opened with */
function begin(context: ReadContext, args: SubjectArgs & { derived: string; at: number }): KeyframeProgress {
  const { ref, cut, reducer, derived, at } = args;
  const view = cutView(context, ref, cut);
  const run = new KeyframeRun(context, { ref, view, folder: folderOf(context, reducer), derived, at });
  context.lasting.set(KEY, run);
  return { done: run.done, total: run.total, isOver: false };
}

function step(context: ReadContext): KeyframeProgress {
  const run = context.lasting.get(KEY) as KeyframeRun;
  const isOver = run.goOn(context, STEP_MS);
  if (isOver) run.close();
  return { done: run.done, total: run.total, isOver };
}

export const keyframeReads = {
  'keyframes.begin': begin,
  'keyframes.step': (context: ReadContext, _args: Record<string, never>) => step(context),
};
