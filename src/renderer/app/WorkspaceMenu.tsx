import { Boxes, Database, FileUp, FlaskConical, Plus } from 'lucide-react';
import { useState } from 'react';
import { type WorkspaceInfo, WorkspaceName } from '../../contract/workspace.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Field, Input } from '../components/Field.tsx';
import { Menu, MenuArrow } from '../components/Menu.tsx';
import { Chip, Tag } from '../components/Tag.tsx';
import { toastError } from '../components/Toast.tsx';
import { go } from '../lib/address.ts';
import type { EngineError } from '../lib/engine.ts';
import { shown } from '../lib/escape.ts';
import { formatBytes } from '../lib/format.ts';
import { useCommands } from '../lib/keys.ts';
import { useEngineAction, useEngineQuery } from '../lib/queries.ts';
import { chooseFile } from '../lib/transferFiles.ts';
import { openFile } from './useDesktopCommands.ts';

/** The open workspace, and opening or making another one. */
export function WorkspaceMenu({ info }: { info: WorkspaceInfo | null }) {
  const [creating, setCreating] = useState(false);
  const list = useEngineQuery(['workspace', 'list'], {});
  const opened = { onSuccess: () => go(['aggregates']) };
  const open = useEngineAction(['workspace', 'open'], opened);
  const openDemo = useEngineAction(['workspace', 'openDemo'], opened);
  const showDemo = () => openDemo.mutate({}, { onError: toastError });
  const openChosen = async () => {
    try {
      const token = await chooseFile('recording');
      if (token !== null) await openFile(token);
    } catch (error) {
      toastError(error as EngineError);
    }
  };
  useCommands([
    { id: 'workspace.new', title: 'New workspace…', group: 'Workspace', run: () => setCreating(true) },
    { id: 'workspace.demo', title: 'Open the demo recording', group: 'Workspace', run: showDemo },
    { id: 'workspace.file', title: 'Open a file…', group: 'Workspace', run: () => void openChosen() },
  ]);
  const workspaces = (list.data ?? []).filter(({ kind }) => kind === 'workspace');
  return (
    <>
      <Menu
        trigger={
          <Chip>
            <span className="sr-only">Workspace: </span>
            <span className="ellipsis">{info === null ? 'no workspace' : shown(info.name)}</span>
            {info?.readOnly ? <Tag>read-only</Tag> : null}
            {info === null || info.damage === null ? null : (
              <Tag tone="bad" title={shown(info.damage)}>
                damaged
              </Tag>
            )}
            <MenuArrow />
          </Chip>
        }
        groups={[
          {
            id: 'workspaces',
            label: workspaces.length === 0 ? 'No workspaces yet' : 'Workspaces',
            items: workspaces.map(({ name, sizeBytes }) => ({
              id: name,
              label: shown(name),
              hint: formatBytes(sizeBytes),
              checked: info?.kind === 'workspace' && info.name === name,
              run: () => open.mutate({ name }, { onError: toastError }),
            })),
          },
          {
            id: 'more',
            items: [
              { id: 'screen', label: 'What is in it…', icon: <Boxes />, run: () => go(['workspace']) },
              { id: 'new', label: 'New workspace…', icon: <Plus />, run: () => setCreating(true) },
              { id: 'file', label: 'Open a file…', icon: <FileUp />, run: () => void openChosen() },
              { id: 'demo', label: 'Open the demo recording', icon: <FlaskConical />, run: showDemo },
            ],
          },
        ]}
      />
      <NewWorkspaceDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}

/** Why a name cannot be used; null when it can. */
export const workspaceNameProblem = (name: string): string | null =>
  WorkspaceName.safeParse(name).success
    ? null
    : 'Begin with a letter or digit; then letters, digits, space, dot, dash and underscore, at most 80.';

function NewWorkspaceDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const create = useEngineAction(['workspace', 'create'], {
    onSuccess: () => {
      setName('');
      setTried(false);
      onClose();
      go(['topics']);
    },
  });
  const problem = workspaceNameProblem(name.trim());
  const submit = () => {
    setTried(true);
    if (problem === null) create.mutate({ name: name.trim() });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New workspace"
      description="A local file that captured records are kept in. One workspace holds one cluster."
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<Database />} disabled={create.isPending}>
            Create
          </Button>
        </>
      }
    >
      <Field
        label="Name"
        layout="above"
        hint="For example the question you have: dispute-0412"
        error={(tried && problem) || (create.error && `${create.error.message} ${create.error.nextStep}`)}
      >
        <Input value={name} onValue={setName} autoFocus />
      </Field>
    </Dialog>
  );
}
