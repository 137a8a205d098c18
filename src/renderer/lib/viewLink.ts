import { FocusFile, type RecordingIdentity } from '../../contract/cases.ts';
import { type Address, formatHash, parseHash } from './address.ts';
import { focusOf } from './focus.ts';

/** Names the recording that a link is of. */
const OF = 'of';

/** A screen with its focus, without what says of which recording it is. */
export function viewOf(
  { segments, params }: Address,
  changes: Record<string, string | number | null> = {},
): string {
  const kept = new URLSearchParams(params);
  kept.delete(OF);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) kept.delete(name);
    else kept.set(name, String(value));
  }
  return formatHash(segments, kept).slice(1);
}

export const recordingOf = ({ params }: Address): string | null => params.get(OF);

/** A link that another Hindcast opens. @param page address of the page without its hash; null: the desktop window */
export function linkOf(view: string, recording: Pick<RecordingIdentity, 'id'>, page: string | null): string {
  const named = `${view}${view.includes('?') ? '&' : '?'}${OF}=${recording.id}`;
  return page === null ? `hindcast://${named.slice(1)}` : `${page}#${named}`;
}

export interface OpenedView {
  view: string;
  /** Id of the recording it is of; null: it does not say. */
  recordingId: string | null;
  /** What the file says of that recording. */
  recording: RecordingIdentity | null;
  reducer: NonNullable<FocusFile['focus']['reducer']> | null;
}

/** Reads a link of any kind, or the text of a focus file. @throws what is wrong with it, in words */
export function readView(text: string): OpenedView {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return readFocusFile(trimmed);
  const hash = trimmed.startsWith('hindcast://')
    ? trimmed.slice('hindcast://'.length)
    : trimmed.includes('#')
      ? trimmed.slice(trimmed.indexOf('#') + 1)
      : null;
  if (hash === null || !/^\/?[a-z]+(?:[/?]|$)/.test(hash))
    throw problem(
      'This is no link of Hindcast',
      'Paste what “Copy link” gave: it begins with hindcast:// or has a # in it.',
    );
  const address = parseHash(hash);
  return { view: viewOf(address), recordingId: recordingOf(address), recording: null, reducer: null };
}

function readFocusFile(text: string): OpenedView {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem('This file is no JSON', 'Choose a .hindcast-focus file.');
  }
  const parsed = FocusFile.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw problem(
      `This is no focus file: ${path.join('.') || 'the file'}: ${message}`,
      'Choose a .hindcast-focus file.',
    );
  }
  const { view, recording, focus } = parsed.data;
  return { view: viewOf(parseHash(view)), recordingId: recording.id, recording, reducer: focus.reducer };
}

const problem = (message: string, nextStep: string) => ({ message: `${message}.`, nextStep });

/** The text of a focus file. @param savedAt milliseconds */
export function focusFileText(
  address: Address,
  view: string,
  recording: RecordingIdentity,
  reducer: FocusFile['focus']['reducer'],
  savedAt: number,
): string {
  const { knownOn, trueOn } = focusOf(address);
  const [screen, type, id] = address.segments;
  const aggregate = screen === 'aggregates' && type !== undefined && id !== undefined ? { type, id } : null;
  const file: FocusFile = {
    format: 'hindcast-focus',
    version: 1,
    recording,
    focus: { aggregate, knownOn, trueOn, reducer },
    view,
    savedAt,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
