import { useState } from 'react';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Field, Input } from '../components/Field.tsx';
import { KeyValue } from '../components/KeyValue.tsx';
import { shown } from '../lib/escape.ts';
import { formatCount, formatIso } from '../lib/format.ts';
import { useOpening, useStillOpen } from '../lib/opening.ts';
import { useEngineQuery } from '../lib/queries.ts';
import type { OpenedView } from '../lib/viewLink.ts';

interface OpenLinkProps {
  open: boolean;
  onClose: () => void;
  /** Opens the view unless it is no longer wanted when it can be. */
  onOpen: (text: string, isWanted: () => boolean) => Promise<void>;
}

export function OpenLinkDialog({ open, onClose, onOpen }: OpenLinkProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  useOpening(open, () => {
    setText('');
    setProblem(null);
  });
  const whileOpen = useStillOpen(open);
  const submit = async () => {
    const isStillOpen = whileOpen();
    try {
      await onOpen(text, isStillOpen);
      if (isStillOpen()) onClose();
    } catch (error) {
      if (!isStillOpen()) return;
      const { message, nextStep = '' } = error as { message: string; nextStep?: string };
      setProblem(`${message} ${nextStep}`);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Open a link"
      description="Shows the view of a colleague who has the same recording open."
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Open
          </Button>
        </>
      }
    >
      <Field layout="above" label="Link" error={problem}>
        <Input mono value={text} onValue={setText} placeholder="hindcast://…" />
      </Field>
    </Dialog>
  );
}

interface OtherRecordingProps {
  opened: OpenedView | null;
  onClose: () => void;
  onOpen: (opened: OpenedView) => void;
}

/** A view of another recording may show nothing here, or something else: the person decides. */
export function OtherRecordingDialog({ opened, onClose, onOpen }: OtherRecordingProps) {
  const here = useEngineQuery(['cases', 'identity'], {}, { enabled: opened !== null });
  const made = opened?.recording ?? null;
  const name = (recording: { name: string; id: string } | null | undefined) =>
    recording == null ? '' : `${shown(recording.name)} (${recording.id})`;
  return (
    <Dialog
      open={opened !== null}
      onClose={onClose}
      title="This view is of another recording"
      description="What it shows may not be here, or look different: records have other numbers, and others were captured."
      onSubmit={() => {
        if (opened !== null) onOpen(opened);
        onClose();
      }}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Open it here all the same
          </Button>
        </>
      }
    >
      <KeyValue
        rows={[
          { name: 'Made on', value: made === null ? (opened?.recordingId ?? '') : name(made) },
          ...(made === null
            ? []
            : [
                { name: 'Its records', value: formatCount(made.records) },
                {
                  name: 'Last recorded',
                  value: made.lastRecordedAt === null ? 'none' : formatIso(made.lastRecordedAt),
                },
              ]),
          { name: 'Open here', value: name(here.data) },
        ]}
      />
    </Dialog>
  );
}
