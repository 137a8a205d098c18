import { type ReactNode, useEffect, useState } from 'react';
import { pinnedReducer } from '../../core/reducerPin.ts';
import { toast, toastError } from '../components/Toast.tsx';
import { NewCaseDialog } from '../features/cases/NewCaseDialog.tsx';
import { getAddress, getHash, go, parseHash, setParams, useAddress } from '../lib/address.ts';
import { desktop } from '../lib/desktop.ts';
import type { EngineError } from '../lib/engine.ts';
import { useCommands } from '../lib/keys.ts';
import { openView } from '../lib/openView.ts';
import { pickText } from '../lib/pickFile.ts';
import { callEngine } from '../lib/queries.ts';
import { useReducerOffer } from '../lib/reducers.ts';
import { saveText } from '../lib/saveText.ts';
import { useSubject } from '../lib/subject.ts';
import { focusFileText, linkOf, type OpenedView, readView, recordingOf, viewOf } from '../lib/viewLink.ts';
import { OpenLinkDialog, OtherRecordingDialog } from './ViewDialogs.tsx';

const LARGEST_FILE = 200_000;

/**
 * The view as it stands on the screen: a chosen event is in it even where the address does not name it yet, and so is the
 * very version of the reducer that made it.
 */
function viewNow(): string {
  const { subject, flush } = useSubject.getState();
  flush();
  const { used } = useReducerOffer.getState();
  return viewOf(getAddress(), {
    ...(used !== null && { reducer: pinnedReducer(used.name, used.pin) }),
    ...subject?.params,
  });
}

async function copyLink(): Promise<void> {
  // Before anything is awaited: one may be elsewhere by then.
  const view = viewNow();
  const recording = await callEngine(['cases', 'identity'], {});
  const page = desktop === undefined ? `${location.origin}${location.pathname}` : null;
  await navigator.clipboard.writeText(linkOf(view, recording, page));
  toast('The link to this view is copied.', {
    detail: 'It opens the same view in a Hindcast that has the same recording open.',
  });
}

async function saveFocusFile(): Promise<void> {
  const view = viewNow();
  const { used } = useReducerOffer.getState();
  const recording = await callEngine(['cases', 'identity'], {});
  const address = parseHash(view);
  const name =
    address.segments
      .at(-1)
      ?.replace(/[^\p{L}\p{N} _.-]/gu, '_')
      .slice(0, 80) ?? 'view';
  const text = focusFileText(address, view, recording, used, Date.now());
  saveText(text, 'application/json', `${name}.hindcast-focus`);
}

async function bookmark(): Promise<void> {
  const { subject } = useSubject.getState();
  const view = viewNow();
  const screen = document.title.replace(/ · Hindcast$/, '');
  const title = subject?.title ?? screen;
  const made = await callEngine(['cases', 'bookmark'], { view, title, recordId: subject?.recordId ?? null });
  toast(made.known ? `Already a bookmark of “${made.caseName}”.` : `Bookmarked in “${made.caseName}”.`, {
    detail: title,
  });
}

const told = (work: Promise<void>): void => {
  work.catch((error: unknown) => toastError(error as EngineError));
};

/** Links, focus files and bookmarks of the present view: commands everywhere, and the dialogs they need. */
export function useViewCommands(screen: string | undefined): ReactNode {
  const hasSubject = useSubject(({ subject }) => subject !== null);
  const [asking, setAsking] = useState(false);
  const [about, setAbout] = useState<string | null>(null);
  const [other, setOther] = useState<OpenedView | null>(null);

  const open = async (text: string, isWanted = () => true) => {
    const opened = readView(text);
    const here = await callEngine(['cases', 'identity'], {});
    if (!isWanted()) return;
    if (opened.recordingId !== null && opened.recordingId !== here.id) return setOther(opened);
    openView(opened.view);
  };
  const openFile = async () => {
    const file = await pickText('.hindcast-focus', LARGEST_FILE);
    if (file !== null) await open(file.text);
  };
  const of = recordingOf(useAddress());
  useEffect(() => {
    if (of === null) return;
    const look = async () => {
      const here = await callEngine(['cases', 'identity'], {});
      const opened = readView(getHash());
      setParams({ of: null });
      if (of !== here.id) setOther(opened);
    };
    // Without a workspace there is nothing to compare it with; the screen says so itself.
    look().catch(() => {});
  }, [of]);
  const group = 'View';
  useCommands([
    {
      id: 'view.bookmark',
      title: hasSubject ? 'Bookmark the chosen event' : 'Bookmark this view',
      group,
      // The comparison has a use of its own for the key, and no event to mark.
      ...(screen === 'compare' ? {} : { keys: 'k' }),
      ...(hasSubject ? { hint: 'bookmark' } : {}),
      run: () => told(bookmark()),
    },
    {
      id: 'go.mappings',
      title: 'Edit how records become events (mapping)',
      group: 'Go',
      run: () => go(['mappings']),
    },
    {
      id: 'view.case',
      title: 'New case about this view…',
      group,
      run: () => setAbout(viewNow()),
    },
    { id: 'view.link', title: 'Copy link to this view', group, keys: 'y', run: () => told(copyLink()) },
    { id: 'view.save', title: 'Save this view as a focus file', group, run: () => told(saveFocusFile()) },
    { id: 'view.open', title: 'Open a focus file…', group, run: () => told(openFile()) },
    { id: 'view.paste', title: 'Open a link…', group, keys: 'shift+y', run: () => setAsking(true) },
  ]);
  return (
    <>
      <OpenLinkDialog open={asking} onClose={() => setAsking(false)} onOpen={open} />
      <NewCaseDialog open={about !== null} onClose={() => setAbout(null)} view={about} />
      <OtherRecordingDialog
        opened={other}
        onClose={() => setOther(null)}
        onOpen={(opened) => openView(opened.view)}
      />
    </>
  );
}
