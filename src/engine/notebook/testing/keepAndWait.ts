/** Keeps a case in a new workspace, says so, and waits to be killed. */
import { openWorkspace } from '../../store/workspace.ts';

const workspace = await openWorkspace(process.argv[2]!, { mode: 'create', log: () => {} });
const now = Date.now();
const empty = { question: '', answer: '', notes: '', status: 'open', view: null, bookmarks: [], exports: [] };
const body = JSON.stringify({ id: 'a', name: 'Survives', ...empty, createdAt: now, changedAt: now });
await workspace.write('putDocument', { kind: 'case', id: 'a', body, changedAt: now });
process.send!('kept');
setInterval(() => {}, 1000);
