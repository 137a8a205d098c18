import { type ReactElement, useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Popover } from '../../components/Popover.tsx';
import { formatIso } from '../../lib/format.ts';
import { parseMoment } from '../../lib/moment.ts';
import styles from './filterBar.module.css';

interface RangePickerProps {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  trigger: ReactElement;
}

/** The recorded time a filter keeps, typed; a time without zone is refused with the hint. */
export function RangePicker({ filter, onFilter, trigger }: RangePickerProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover trigger={trigger} title="Recorded time" open={open} onOpenChange={setOpen} align="end">
      {open ? (
        <Form
          filter={filter}
          onFilter={(next) => {
            onFilter(next);
            setOpen(false);
          }}
        />
      ) : null}
    </Popover>
  );
}

const iso = (time: number | undefined): string => (time === undefined ? '' : formatIso(time));

function Form({ filter, onFilter }: Omit<RangePickerProps, 'trigger'>) {
  const [texts, setTexts] = useState({ from: iso(filter.from), to: iso(filter.to) });
  const [problems, setProblems] = useState<{ from?: string; to?: string }>({});
  const read = (text: string): { at?: number; problem?: string } => {
    if (text.trim() === '') return {};
    const moment = parseMoment(text);
    return moment.ok ? { at: moment.at } : { problem: moment.problem };
  };
  const submit = () => {
    const from = read(texts.from);
    const to = read(texts.to);
    const reversed = from.at !== undefined && to.at !== undefined && from.at > to.at;
    const found = {
      ...(from.problem === undefined ? {} : { from: from.problem }),
      ...(to.problem !== undefined
        ? { to: to.problem }
        : reversed
          ? { to: 'This is before the first time.' }
          : {}),
    };
    setProblems(found);
    if (Object.keys(found).length === 0) onFilter({ ...filter, from: from.at, to: to.at });
  };
  return (
    <form
      className={styles.range}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {(['from', 'to'] as const).map((name) => (
        <Field
          key={name}
          layout="above"
          label={name === 'from' ? 'At or after' : 'At or before'}
          hint={name === 'from' ? 'With a zone, such as 2025-11-01T00:00:00Z' : undefined}
          error={problems[name]}
        >
          <Input
            mono
            value={texts[name]}
            onValue={(value) => setTexts({ ...texts, [name]: value })}
            placeholder="no limit"
          />
        </Field>
      ))}
      <Button look="primary" type="submit">
        Apply
      </Button>
    </form>
  );
}
