import { FileText } from 'lucide-react';
import { useState } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, TextArea } from '../../components/Field.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { shown } from '../../lib/escape.ts';
import { useFocus } from '../../lib/focus.ts';
import { formatIso } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { parseMoment } from '../../lib/moment.ts';
import { useOpening, useStillOpen } from '../../lib/opening.ts';
import styles from './check.module.css';
import { REPORT_FORMATS, type ReportFormat, saveReport } from './saveReport.ts';

const MOST_MOMENTS = 50;

/** The moments of a text, one a line; empty lines count for nothing. In words what is wrong with the first that is. */
export function momentsOf(text: string): { at: number[] } | { problem: string } {
  const at: number[] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue;
    const moment = parseMoment(line);
    if (!moment.ok) return { problem: `${line}: ${moment.problem}` };
    at.push(moment.at);
  }
  return at.length > MOST_MOMENTS ? { problem: `At most ${MOST_MOMENTS} moments fit in a report.` } : { at };
}

interface ReportDialogProps {
  owner: AggregateRef;
  open: boolean;
  onClose: () => void;
}

/** Asks for the form of an audit report and the moments at which it tells the state, and saves it. */
export function ReportDialog({ owner, open, onClose }: ReportDialogProps) {
  const { knownOn, reducer } = useFocus();
  const [format, setFormat] = useState<ReportFormat>('html');
  const [moments, setMoments] = useState('');
  const [problem, setProblem] = useState('');
  const [isMaking, setMaking] = useState(false);
  const whileOpen = useStillOpen(open);
  useOpening(open, () => {
    setMoments(knownOn === null ? '' : formatIso(knownOn));
    setProblem('');
  });
  const make = async () => {
    const read = momentsOf(moments);
    if ('problem' in read) return setProblem(read.problem);
    const isStillOpen = whileOpen();
    setMaking(true);
    try {
      await saveReport({ ref: owner, at: read.at, format, reducer });
      if (isStillOpen()) onClose();
    } catch (error) {
      if (isStillOpen()) setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setMaking(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      onSubmit={() => void make()}
      title="Audit report"
      description={`Of ${shown(owner.type)} ${shown(owner.id)}: events by type, first and last, actors, findings, claims, coverage, and its state with the hash.`}
      footer={
        <Button look="primary" type="submit" disabled={isMaking}>
          {isMaking ? 'Making…' : 'Save the report'}
        </Button>
      }
    >
      <div className={styles.reportForm}>
        <Field
          layout="above"
          label="State also at"
          hint="Moments of recorded time with their zone, one a line. The state at the end is always told."
          error={problem}
        >
          <TextArea
            mono
            rows={3}
            value={moments}
            placeholder="2025-12-31T23:59:59Z"
            onValue={(value) => {
              setMoments(value);
              setProblem('');
            }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              void make();
            }}
          />
        </Field>
        <Segmented
          label="Form of the report"
          value={format}
          onValue={setFormat}
          options={REPORT_FORMATS.map(([value, label]) => ({ value, label }))}
        />
      </div>
    </Dialog>
  );
}

/** The audit report of the aggregate that a screen shows. */
export function ReportButton({ owner }: { owner: AggregateRef }) {
  const [open, setOpen] = useState(false);
  const ask = () => setOpen(true);
  useCommands([{ id: 'report.ask', title: 'Audit report…', group: 'Timeline', keys: 'r', run: ask }]);
  return (
    <>
      <IconButton label="Audit report" keys="r" onClick={ask}>
        <FileText />
      </IconButton>
      <ReportDialog owner={owner} open={open} onClose={() => setOpen(false)} />
    </>
  );
}
