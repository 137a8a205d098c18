import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input, TextArea } from '../../components/Field.tsx';
import { go } from '../../lib/address.ts';
import { useOpening } from '../../lib/opening.ts';
import { useEngineAction } from '../../lib/queries.ts';

/** A new case; it becomes the one that bookmarks go into. */
export function NewCaseDialog({
  open,
  onClose,
  view = null,
}: {
  open: boolean;
  onClose: () => void;
  /** Where the question is asked. */
  view?: string | null;
}) {
  const [name, setName] = useState('');
  const [question, setQuestion] = useState('');
  const [tried, setTried] = useState(false);
  const create = useEngineAction(['cases', 'create'], {
    onSuccess: ({ id }, _, goOn) => {
      onClose();
      // The address may change under the dialog, such as while a timeline plays.
      (open ? go : goOn)(['cases', id]);
    },
  });
  useOpening(open, () => {
    setName('');
    setQuestion('');
    setTried(false);
  });
  const submit = () => {
    setTried(true);
    if (name.trim() !== '') create.mutate({ name: name.trim(), question, view });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New case"
      description={
        view === null
          ? 'Bookmarks that you make from now on go into it.'
          : 'It begins with the view that is open now. Bookmarks that you make from now on go into it.'
      }
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={create.isPending}>
            Create
          </Button>
        </>
      }
    >
      <Field
        layout="above"
        label="Name"
        error={create.error?.message ?? (tried && name.trim() === '' ? 'Give it a name.' : null)}
      >
        <Input value={name} onValue={setName} maxLength={200} placeholder="Complaint 2024-117" />
      </Field>
      <Field layout="above" label="Question">
        <TextArea
          value={question}
          onValue={setQuestion}
          rows={3}
          placeholder="What is to be found out, and who asks"
        />
      </Field>
    </Dialog>
  );
}
