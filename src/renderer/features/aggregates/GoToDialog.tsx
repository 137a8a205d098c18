import { memo, useState } from 'react';
import type { TimelineInfo } from '../../../contract/aggregates.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useOpening, useStillOpen } from '../../lib/opening.ts';
import { callEngine } from '../../lib/queries.ts';
import { type GoTo, parseGoTo, questionFor } from './goTo.ts';
import type { Timeline } from './useTimeline.ts';

interface GoToDialogProps {
  open: boolean;
  onClose: () => void;
  timeline: Timeline;
  info: TimelineInfo;
}

/** Asks for a time, version, offset or event id and goes there. */
export const GoToDialog = memo(function GoToDialog({ open, onClose, timeline, info }: GoToDialogProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  useOpening(open, () => {
    setText('');
    setProblem('');
  });
  const whileOpen = useStillOpen(open);
  const submit = async () => {
    const answer = parseGoTo(text);
    if (!answer.ok) return setProblem(answer.problem);
    const isStillOpen = whileOpen();
    try {
      const index = await placeOf(timeline, info, answer.target);
      if (!isStillOpen()) return;
      if (typeof index === 'string') return setProblem(index);
      timeline.select(index);
      onClose();
    } catch (error) {
      if (isStillOpen()) setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      onSubmit={() => void submit()}
      title="Go to"
      description="A time with its zone, a version, #n for the nth event, topic:partition:offset, or an event id."
      footer={
        <Button look="primary" type="submit">
          Go
        </Button>
      }
    >
      <Field
        layout="above"
        label="Time, version, offset or event id"
        hint="2025-12-31T23:59:59Z · v388 · #388 · topic:3:88214"
        error={problem}
      >
        <Input
          mono
          autoFocus
          value={text}
          onValue={(value) => {
            setText(value);
            setProblem('');
          }}
        />
      </Field>
    </Dialog>
  );
});

/** Place in the list, or in words why there is none. */
async function placeOf({ subject }: Timeline, info: TimelineInfo, target: GoTo): Promise<number | string> {
  const last = `The list ends at #${formatCount(info.total)}.`;
  const declaresVersions = info.lastVersion !== null;
  if (target.to === 'number' || (target.to === 'version' && !declaresVersions)) {
    const number = target.to === 'number' ? target.number : target.version;
    return number >= 1 && number <= info.total ? number - 1 : last;
  }
  const { index } = await callEngine(['aggregates', 'locate'], {
    ...subject,
    target: questionFor(target),
  });
  // A moment always has a place, if need be before the first event.
  if (index !== null) return index;
  if (target.to === 'place')
    return `No event of this aggregate is at ${shown(target.topic)} [${target.partition}] @ ${formatCount(target.offset)}.`;
  return target.to === 'version'
    ? `No event declares version ${target.version}; they go from ${info.firstVersion} to ${info.lastVersion}.`
    : `No event of this aggregate has the id ${shown(target.to === 'event' ? target.eventId : '')}.`;
}
