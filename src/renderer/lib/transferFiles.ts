import type { FilePurpose, SavePurpose } from '../../contract/bridge.ts';
import type { FileTarget } from '../../contract/workspaceWork.ts';
import { toast, toastError } from '../components/Toast.tsx';
import { desktop } from './desktop.ts';
import type { EngineError } from './engine.ts';
import { shown } from './escape.ts';
import { useJobs } from './live.ts';
import { pickFile } from './pickFile.ts';
import { callEngine } from './queries.ts';

const ENDINGS: Record<SavePurpose, string> = {
  recording: 'hindcast',
  ndjson: 'ndjson',
  json: 'json',
  csv: 'csv',
  parquet: 'parquet',
};

/**
 * Where a file is to go: a place the person chooses (desktop), or a download. Null when the person chose none, or could
 * not be asked, which is said.
 */
export async function chooseTarget(purpose: SavePurpose, name: string): Promise<FileTarget | null> {
  const proposed = `${name.replace(/[^\p{L}\p{N} _.-]/gu, '_').slice(0, 150)}.${ENDINGS[purpose]}`;
  if (desktop === undefined) return { download: proposed };
  try {
    const token = await desktop.saveFileDialog(purpose, proposed);
    return token === null ? null : { token };
  } catch (error) {
    toastError(error as Error);
    return null;
  }
}

/**
 * Says how a job that writes a file ended, wherever the person is by then: in the desktop where the file lies, in the
 * browser by fetching it as soon as it is there, and in both what went wrong.
 */
export function followFile(jobId: string): void {
  const look = () => {
    const job = useJobs.getState().jobs.find(({ id }) => id === jobId);
    if (job === undefined || job.status === 'running') return;
    stop();
    if (job.error !== null) toastError(job.error);
    if (job.status !== 'done' && job.status !== 'incomplete') return;
    if (desktop === undefined) void fetchFile(jobId);
    else if (job.error === null) toast(`${shown(job.title)}: done.`, { detail: shown(job.note) });
  };
  const stop = useJobs.subscribe(look);
  look();
}

async function fetchFile(jobId: string): Promise<void> {
  try {
    const found = await callEngine(['transfer', 'download'], { jobId });
    if (found === null) return;
    const link = document.createElement('a');
    link.href = found.path;
    link.download = found.name;
    link.click();
  } catch (error) {
    toastError(error as EngineError);
  }
}

const ACCEPT: Record<FilePurpose, string> = {
  workspace: '.hindcast',
  recording: '.hindcast',
  import: '.ndjson,.jsonl,.csv,.parquet',
};

/** Asks for a file. In the browser it is sent to the engine, which is on the same machine. Null when none was chosen. */
export async function chooseFile(purpose: FilePurpose): Promise<string | null> {
  if (desktop !== undefined) return desktop.openFileDialog(purpose);
  const file = await pickFile(ACCEPT[purpose]);
  if (file === null) return null;
  const { path, token } = await callEngine(['transfer', 'upload'], { name: file.name, bytes: file.size });
  const answer = await fetch(path, { method: 'PUT', body: file });
  if (!answer.ok) throw { message: `${file.name} was not taken.`, nextStep: await answer.text() };
  return token;
}
