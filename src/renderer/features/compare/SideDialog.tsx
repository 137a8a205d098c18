import { useState } from 'react';
import type { ComparePlace, CompareSide } from '../../../contract/compare.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { shown } from '../../lib/escape.ts';
import { formatIso, plural } from '../../lib/format.ts';
import { parseMoment } from '../../lib/moment.ts';
import { useStillOpen } from '../../lib/opening.ts';
import { callEngine } from '../../lib/queries.ts';
import { parseGoTo, questionFor } from '../aggregates/goTo.ts';
import styles from './compare.module.css';
import type { SideName } from './sides.ts';

interface SideDialogProps {
  name: SideName;
  /** The side as it is, or what it may begin with. */
  from: CompareSide | null;
  onClose: () => void;
  onChoose: (side: CompareSide) => void;
}

type Problems = Partial<Record<'id' | 'known' | 'true' | 'at', string>>;

const typed = (ms: number | null): string => (ms === null ? '' : formatIso(ms));

function momentIn(text: string): { at: number | null; problem?: string } {
  if (text.trim() === '' || text.trim().toLowerCase() === 'now') return { at: null };
  const moment = parseMoment(text);
  return moment.ok ? { at: moment.at } : { at: null, problem: moment.problem };
}

/** Asks whose state, as of when by which clock, and after which event. */
export function SideDialog({ name, from, onClose, onChoose }: SideDialogProps) {
  const [type, setType] = useState(from?.ref.type ?? '');
  const [id, setId] = useState(from?.ref.id ?? '');
  const [known, setKnown] = useState(typed(from?.cut.knownOn ?? null));
  const [happened, setHappened] = useState(typed(from?.cut.trueOn ?? null));
  const [at, setAt] = useState(
    from === null || from.at === 'last' ? '' : from.at === 'start' ? 'start' : 'the same event',
  );
  const [problems, setProblems] = useState<Problems>({});
  const whileOpen = useStillOpen();
  const submit = async () => {
    const knownRead = momentIn(known);
    const trueRead = momentIn(happened);
    const found: Problems = {
      ...(id.trim() === '' ? { id: 'Which aggregate? Write its id.' } : {}),
      ...(knownRead.problem === undefined ? {} : { known: knownRead.problem }),
      ...(trueRead.problem === undefined ? {} : { true: trueRead.problem }),
    };
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    const ref = { type: type.trim(), id: id.trim() };
    const isSame = from !== null && from.ref.type === ref.type && from.ref.id === ref.id;
    const side = {
      ref,
      cut: { knownOn: knownRead.at, trueOn: trueRead.at },
      reducer: isSame ? from.reducer : null,
    };
    const isStillOpen = whileOpen();
    try {
      const place = await placeOf(side, at, isSame ? from.at : null);
      if (!isStillOpen()) return;
      if (typeof place === 'object') return setProblems({ at: place.problem });
      onChoose({ ...side, at: place });
      onClose();
    } catch (error) {
      setProblems({ id: error instanceof Error ? shown(error.message) : String(error) });
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={() => void submit()}
      title={`Choose side ${name.toUpperCase()}`}
      description="Any aggregate, at any event, as of any moment by either clock."
      width="wide"
      footer={
        <Button look="primary" type="submit">
          Compare
        </Button>
      }
    >
      <div className={styles.form}>
        <Field layout="above" label="Aggregate id" error={problems.id}>
          <Input mono autoFocus value={id} onValue={setId} />
        </Field>
        <Field layout="above" label="Aggregate type">
          <Input mono value={type} onValue={setType} />
        </Field>
        <Field
          layout="above"
          label="What did we know on …"
          hint="Events recorded by then, as they were recorded."
          error={problems.known}
        >
          <Input mono value={known} onValue={setKnown} placeholder="now, or 2025-12-31T23:59:59Z" />
        </Field>
        <Field
          layout="above"
          label="What was true on …"
          hint="Events that had happened by then, as they happened."
          error={problems.true}
        >
          <Input mono value={happened} onValue={setHappened} placeholder="no limit" />
        </Field>
        <Field
          layout="above"
          label="After which event"
          hint="Empty: the last as of then. Or start, v388, #388, a time with its zone, an event id."
          error={problems.at}
        >
          <Input mono value={at} onValue={setAt} placeholder="the last one" />
        </Field>
      </div>
    </Dialog>
  );
}

/** @throws EngineError such as `aggregate.unknown` */
async function placeOf(
  side: Omit<CompareSide, 'at'>,
  text: string,
  same: ComparePlace | null,
): Promise<ComparePlace | { problem: string }> {
  const info = await callEngine(['aggregates', 'timeline'], side);
  const wanted = text.trim().toLowerCase();
  if (wanted === '' || wanted === 'last') return 'last';
  if (wanted === 'start') return 'start';
  if (wanted === 'the same event')
    return same ?? { problem: 'That was an event of the other aggregate; name one of this.' };
  const answer = parseGoTo(text);
  if (!answer.ok) return answer;
  const { target } = answer;
  const index =
    target.to === 'number'
      ? target.number - 1
      : (
          await callEngine(['aggregates', 'locate'], {
            ...side,
            target: questionFor(target),
          })
        ).index;
  if (index === -1) return 'start';
  if (index === null || index >= info.total)
    return { problem: `There is none such among its ${plural(info.total, 'event')}.` };
  const { rows } = await callEngine(['aggregates', 'events'], { ...side, from: index, count: 1 });
  return rows[0]?.id ?? 'last';
}
