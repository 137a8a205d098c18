import { useState } from 'react';
import { JsonProblem, parseJson } from '../../../core/json.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input, TextArea } from '../../components/Field.tsx';
import { shown } from '../../lib/escape.ts';

export interface EventText {
  type: string;
  /** JSON text of the payload, every digit as it is. */
  data: string;
}

function problemOf(data: string): string | null {
  try {
    parseJson(data);
    return null;
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
}

interface ChangeDialogProps {
  what: 'edit' | 'insert';
  event: EventText;
  onClose: () => void;
  onDone: (event: EventText) => void;
}

/** Type and payload of a hypothetical event. */
export function ChangeDialog({ what, event, onClose, onDone }: ChangeDialogProps) {
  const [type, setType] = useState(event.type);
  const [data, setData] = useState(event.data);
  const problem = problemOf(data);
  const isUsable = problem === null && type.trim() !== '';
  const done = () => isUsable && onDone({ type: type.trim(), data });
  return (
    <Dialog
      open
      width="wide"
      title={what === 'edit' ? 'Edit the event, as a trial' : 'Insert an event, as a trial'}
      description={
        what === 'edit'
          ? 'The captured event stays as it is; only the hypothetical log has this payload.'
          : 'It comes behind the chosen event and takes its times.'
      }
      onClose={onClose}
      onSubmit={done}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={!isUsable}>
            {what === 'edit' ? 'Edit' : 'Insert'}
          </Button>
        </>
      }
    >
      <Field layout="above" label="Type">
        <Input mono value={type} onValue={setType} />
      </Field>
      <Field layout="above" label="Payload" error={problem === null ? null : shown(problem)}>
        <TextArea mono rows={12} value={data} onValue={setData} />
      </Field>
    </Dialog>
  );
}
