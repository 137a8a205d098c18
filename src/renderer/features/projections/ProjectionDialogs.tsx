import { useState } from 'react';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { ErrorState } from '../../components/States.tsx';
import { toastError } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { invalidate, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { renamed } from './definitionText.ts';
import { nameProblem } from './NewProjection.tsx';

/** Asks for the name of an own projection made from another. */
export function SaveAs({
  status,
  definition,
  onClose,
}: {
  status: ProjectionStatus;
  definition: string;
  onClose: () => void;
}) {
  const [name, setName] = useState(`my_${status.name}`.slice(0, 63));
  const [title, setTitle] = useState(`My ${status.title.toLowerCase()}`);
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: (saved, _, goOn) => {
      invalidate(['projections']);
      onClose();
      goOn(['projections', saved.name], { tab: 'definition' });
    },
  });
  const list = useEngineQuery(['projections', 'list'], {});
  const problem = nameProblem(name, list.data?.projections.map((each) => each.name) ?? []);
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={() =>
        problem === null && save.mutate({ definition: renamed(definition, name, title.trim() || name) })
      }
      title="Save as an own projection"
      description="A copy that you can change. It gets a table of its own."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || problem !== null}>
            Save
          </Button>
        </>
      }
    >
      <Field layout="above" label="Name of the table" error={problem}>
        <Input mono value={name} onValue={setName} autoFocus />
      </Field>
      <Field layout="above" label="Title">
        <Input value={title} onValue={setTitle} />
      </Field>
      {save.error === null ? null : <ErrorState error={save.error} compact />}
    </Dialog>
  );
}

/** Asks before a definition, its versions and its rows are removed. */
export function RemoveDialog({ status, onClose }: { status: ProjectionStatus; onClose: () => void }) {
  const remove = useEngineAction(['projections', 'remove'], {
    onSuccess: (_, __, goOn) => {
      invalidate(['projections']);
      onClose();
      goOn(['projections'], {}, true);
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${shown(status.title)}?`}
      description="Its definition with its earlier versions, and its rows, are removed. The captured events stay; export the definition first to make it again."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            look="danger"
            onClick={() => remove.mutate({ name: status.name }, { onError: toastError })}
            disabled={remove.isPending}
          >
            Remove
          </Button>
        </>
      }
    />
  );
}
