import { copyText } from '../../components/CopyButton.tsx';
import { toast } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { wholeText } from './stateText.ts';
import type { Timeline } from './useTimeline.ts';

/** Copies the path or the exact value that is chosen in the state. */
export async function copyChosen(timeline: Timeline, what: 'path' | 'value'): Promise<void> {
  const { path, subject, index } = timeline;
  if (path === null) return toast('Choose a path in the state first.');
  if (what === 'path') {
    if (await copyText(path)) toast(`Copied the path ${shown(path)}.`);
    return;
  }
  const text = await wholeText(subject, index, path);
  if (text === null) return toast(`There is no ${shown(path)} in this state.`);
  if (await copyText(text)) toast(`Copied the value of ${shown(path)}.`);
}
