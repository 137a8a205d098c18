import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Select } from '../../components/Select.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes } from '../../lib/format.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';

interface DialogProps {
  open: boolean;
  onClose: () => void;
}

/** Gives the open workspace another name. */
export function RenameDialog({ open, onClose, name }: DialogProps & { name: string }) {
  const [typed, setTyped] = useState('');
  const rename = useEngineAction(['workspace', 'rename'], {
    onSuccess: (answer) => {
      toast(`The workspace is called ${shown(answer.name)} now.`);
      onClose();
    },
  });
  const wanted = typed.trim();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Rename ${shown(name)}`}
      description="The file gets the new name. Tables of projections are made again."
      onSubmit={() => wanted !== '' && rename.mutate({ name: wanted })}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<Pencil />} disabled={wanted === '' || rename.isPending}>
            Rename
          </Button>
        </>
      }
    >
      <Field
        label="New name"
        layout="above"
        error={rename.error && `${rename.error.message} ${rename.error.nextStep}`}
      >
        <Input value={typed} onValue={setTyped} placeholder={name} autoFocus />
      </Field>
    </Dialog>
  );
}

/** Deletes a workspace that is not open. */
export function RemoveDialog({ open, onClose, openName }: DialogProps & { openName: string | null }) {
  const [chosen, setChosen] = useState('');
  const [typed, setTyped] = useState('');
  const list = useEngineQuery(['workspace', 'list'], {}, { enabled: open });
  const close = () => {
    setChosen('');
    setTyped('');
    onClose();
  };
  const remove = useEngineAction(['workspace', 'remove'], {
    onSuccess: (_answer, { name }) => {
      toast(`${shown(name)} is deleted.`);
      close();
    },
  });
  const others = (list.data ?? []).filter(({ kind, name }) => kind === 'workspace' && name !== openName);
  const isSame = chosen !== '' && typed.trim() === chosen;
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Delete a workspace"
      description={
        others.length === 0
          ? 'There is no other workspace. The open one cannot be deleted.'
          : 'Its file goes with all captured records and receipts in it. The cluster is not touched.'
      }
      onSubmit={() => isSame && remove.mutate({ name: chosen }, { onError: toastError })}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="danger" icon={<Trash2 />} disabled={!isSame || remove.isPending}>
            Delete
          </Button>
        </>
      }
    >
      {others.length === 0 ? null : (
        <>
          <Field label="Workspace" layout="above">
            <Select
              value={chosen}
              onValue={setChosen}
              options={others.map(({ name, sizeBytes }) => ({
                value: name,
                label: shown(name),
                hint: formatBytes(sizeBytes),
              }))}
            />
          </Field>
          <Field label="Type its name" layout="above">
            <Input value={typed} onValue={setTyped} />
          </Field>
        </>
      )}
    </Dialog>
  );
}
