import { Field, Input } from '../../components/Field.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import type { Choice, Problems, Range } from './captureChoice.ts';

interface RangeFieldsProps {
  choice: Choice;
  problems: Problems;
  /** The person wanted to begin: what is missing is said as well. */
  tried: boolean;
  /** The workspace holds some of the topics already. */
  isHeld: boolean;
  onChange: (changes: Partial<Choice>) => void;
}

const HINTS: Record<Range, string> = {
  'go-on': 'What was asked for before and what came since; a new partition from its beginning.',
  earliest: 'From the beginning of every log to its end now. What is held already is not read again.',
  latest: 'The last offsets. Transaction markers take offsets too.',
  time: 'Recorded between two moments, both included; write the zone.',
  offset: 'The same offsets of every partition, both included.',
};

const LATEST_HINTS: Record<Choice['latestOf'], string> = {
  partition: 'So many of every partition.',
  topic: 'Its partitions together, by recorded time.',
};

/** Which part of the topics is wanted, and whether only one key of it. */
export function RangeFields({ choice, problems, tried, isHeld, onChange }: RangeFieldsProps) {
  const { range, key } = choice;
  return (
    <>
      <Field label="What" hint={HINTS[range]}>
        <Segmented<Range>
          label="What to capture"
          value={range}
          onValue={(next) => onChange({ range: next })}
          options={[
            ...(isHeld ? [{ value: 'go-on' as const, label: 'Go on' }] : []),
            { value: 'earliest', label: 'All' },
            { value: 'latest', label: 'Latest' },
            { value: 'time', label: 'Times' },
            { value: 'offset', label: 'Offsets' },
          ]}
        />
      </Field>
      {range === 'latest' ? (
        <>
          <Field label="How many" error={problems.latest}>
            <Input
              mono
              value={choice.latest}
              onValue={(latest) => onChange({ latest })}
              inputMode="numeric"
              autoFocus
            />
          </Field>
          <Field label="Of each" hint={LATEST_HINTS[choice.latestOf]}>
            <Segmented<Choice['latestOf']>
              label="What the latest are counted of"
              value={choice.latestOf}
              onValue={(latestOf) => onChange({ latestOf })}
              options={[
                { value: 'partition', label: 'Partition' },
                { value: 'topic', label: 'Topic' },
              ]}
            />
          </Field>
        </>
      ) : null}
      {range === 'time' ? (
        <>
          <Field label="From" error={tried || choice.fromTime !== '' ? problems.fromTime : null}>
            <Input
              mono
              value={choice.fromTime}
              onValue={(fromTime) => onChange({ fromTime })}
              placeholder="2025-12-01T00:00:00Z"
              autoFocus
            />
          </Field>
          <Field label="To" error={problems.toTime}>
            <Input
              mono
              value={choice.toTime}
              onValue={(toTime) => onChange({ toTime })}
              placeholder="the end"
            />
          </Field>
        </>
      ) : null}
      {range === 'offset' ? (
        <>
          <Field label="From" error={problems.fromOffset}>
            <Input
              mono
              value={choice.fromOffset}
              onValue={(fromOffset) => onChange({ fromOffset })}
              inputMode="numeric"
              autoFocus
            />
          </Field>
          <Field label="To" error={problems.toOffset}>
            <Input
              mono
              value={choice.toOffset}
              onValue={(toOffset) => onChange({ toOffset })}
              inputMode="numeric"
              placeholder="the end"
            />
          </Field>
        </>
      ) : null}
      <Field
        label="Only key"
        hint={
          key === ''
            ? 'Empty: all records. A key, such as the id of an aggregate, is there in seconds.'
            : 'Only its records are kept: first from the partition that it hashes to, then from all others.'
        }
      >
        <Input mono value={key} onValue={(next) => onChange({ key: next })} placeholder="all keys" />
      </Field>
    </>
  );
}
