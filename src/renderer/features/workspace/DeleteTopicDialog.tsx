import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { TopicContents } from '../../../contract/workspaceWork.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { toastError } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import { useEngineAction } from '../../lib/queries.ts';

/** Says what will be gone, and asks for the topic's name. */
export function DeleteTopicDialog({ topic, onClose }: { topic: TopicContents | null; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const close = () => {
    setTyped('');
    onClose();
  };
  const remove = useEngineAction(['workspace', 'deleteTopic'], { onSuccess: close });
  const isSame = topic !== null && typed.trim() === topic.topic;
  return (
    <Dialog
      open={topic !== null}
      onClose={close}
      title={`Delete ${topic === null ? '' : shown(topic.topic)} from this workspace`}
      description={
        topic === null
          ? ''
          : `${plural(topic.records, 'record')} with ${formatBytes(topic.bytes)} of keys, values and headers go. The cluster is not touched; what it has deleted by now cannot be captured again.`
      }
      onSubmit={() =>
        topic !== null && isSame && remove.mutate({ topic: topic.topic }, { onError: toastError })
      }
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="danger" icon={<Trash2 />} disabled={!isSame || remove.isPending}>
            Delete the topic
          </Button>
        </>
      }
    >
      <Field label="Type the topic’s name" layout="above">
        <Input value={typed} onValue={setTyped} mono autoFocus />
      </Field>
    </Dialog>
  );
}
