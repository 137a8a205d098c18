import { useEffect, useState } from 'react';
import {
  MAPPED_FIELDS,
  type MappedField,
  type MappingDefinition,
  type MappingPreview,
} from '../../../contract/mappings.ts';
import type { Derivation } from '../../../core/envelope/mappings.ts';
import { Field, Input } from '../../components/Field.tsx';
import { Section } from '../../components/Panel.tsx';
import { Select } from '../../components/Select.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { DERIVATION_WORDS, derivationsFor, FIELD_WORDS, pathsText, readPaths, withRule } from './draft.ts';
import styles from './mappings.module.css';

const TOLERANCE_MS = 5000;

interface MappingFormProps {
  draft: MappingDefinition;
  preview: MappingPreview | null;
  problem: { field: string; problem: string } | null;
  onDraft: (mapping: MappingDefinition) => void;
}

/** Where each standard field is read, and in how many of the tried records it was there. */
export function MappingForm({ draft, preview, problem, onDraft }: MappingFormProps) {
  const problemOf = (field: string) => (problem?.field === field ? problem.problem : null);
  const tolerance = draft.toleranceMs ?? TOLERANCE_MS;
  return (
    <>
      <Section>
        <Field layout="above" label="Name of the mapping" error={problemOf('name')}>
          <Input
            value={draft.title}
            maxLength={200}
            onValue={(title) => title !== '' && onDraft({ ...draft, title })}
          />
        </Field>
      </Section>
      <Section
        title="Fields"
        note="of several places the first that is there counts"
        end={
          <>
            <span className={styles.declared}>declared</span> /{' '}
            <span className={styles.derivedCount}>derived</span> / absent
          </>
        }
      >
        <div className={styles.fields}>
          {MAPPED_FIELDS.map((field) => (
            <FieldRow
              key={field}
              field={field}
              draft={draft}
              counts={preview?.fields.find(({ name }) => name === field) ?? null}
              problem={problemOf(field)}
              onDraft={onDraft}
            />
          ))}
        </div>
      </Section>
      <Section title="Payload and fit">
        <Field
          layout="above"
          label="Payload"
          hint="Where the data of the event are; empty: the whole value, without what is read above."
          error={problemOf('dataPath')}
        >
          <PathInput
            paths={draft.dataPath.filter((path) => path !== '')}
            onPaths={(paths) => onDraft({ ...draft, dataPath: paths.length === 0 ? [''] : paths })}
          />
        </Field>
        <Field
          layout="above"
          label="Fits records that have"
          hint="All of these places; a|b: one of the two. Empty: any JSON object."
          error={problemOf('recognise')}
        >
          <PathInput paths={draft.recognise} onPaths={(recognise) => onDraft({ ...draft, recognise })} />
        </Field>
        <Field
          layout="above"
          label="Tolerance of the clocks, in milliseconds"
          hint={
            <>
              An event that occurred more than {formatDuration(tolerance)} before an earlier one of its
              aggregate counts as backdated.
              {preview?.delayMs == null ? '' : ` ${recordedText(preview.delayMs)}`}
            </>
          }
        >
          <Input
            mono
            inputMode="numeric"
            value={draft.toleranceMs === undefined ? '' : String(draft.toleranceMs)}
            placeholder={String(TOLERANCE_MS)}
            onValue={(text) => {
              const { toleranceMs: _, ...rest } = draft;
              if (text.trim() === '') onDraft(rest);
              else if (/^\d{1,8}$/.test(text) && Number(text) <= 86_400_000)
                onDraft({ ...draft, toleranceMs: Number(text) });
            }}
          />
        </Field>
      </Section>
    </>
  );
}

const delayText = (ms: number): string =>
  ms < 0 ? `${formatDuration(-ms)} before` : `${formatDuration(ms)} after`;

const recordedText = ({ least, most }: { least: number; most: number }): string =>
  least === most
    ? `The tried events were recorded ${delayText(most)} they occurred.`
    : `The tried events were recorded from ${delayText(least)} to ${delayText(most)} they occurred.`;

interface FieldRowProps {
  field: MappedField;
  draft: MappingDefinition;
  counts: { declared: number; derived: number; absent: number } | null;
  problem: string | null;
  onDraft: (mapping: MappingDefinition) => void;
}

function FieldRow({ field, draft, counts, problem, onDraft }: FieldRowProps) {
  const rule = draft.fields[field];
  const word = FIELD_WORDS[field];
  return (
    <div className={styles.field}>
      <Field label={word} error={problem}>
        <PathInput
          paths={rule?.paths ?? []}
          onPaths={(paths) => onDraft(withRule(draft, field, { ...rule, paths }))}
        />
      </Field>
      <Select<Derivation | 'none'>
        label={`${word}, where no place has it`}
        className={styles.derive}
        value={rule?.derive ?? 'none'}
        options={[
          { value: 'none', label: 'else absent' },
          ...derivationsFor(field).map((how) => ({ value: how, label: `else ${DERIVATION_WORDS[how]}` })),
        ]}
        onValue={(how) =>
          onDraft(withRule(draft, field, { ...rule, derive: how === 'none' ? undefined : how }))
        }
      />
      <span
        className={styles.counts}
        title={
          counts === null
            ? ''
            : `${counts.declared} declared, ${counts.derived} derived, ${counts.absent} absent`
        }
      >
        {counts === null ? null : (
          <>
            <span className={counts.declared > 0 ? styles.declared : styles.none}>
              {formatCount(counts.declared)}
            </span>
            /
            <span className={counts.derived > 0 ? styles.derivedCount : styles.none}>
              {formatCount(counts.derived)}
            </span>
            /<span className={styles.none}>{formatCount(counts.absent)}</span>
          </>
        )}
      </span>
    </div>
  );
}

/** Places as text; what is typed stays as it is typed until it says something else. */
function PathInput({ paths, onPaths }: { paths: readonly string[]; onPaths: (paths: string[]) => void }) {
  const known = pathsText(paths);
  const [text, setText] = useState(known);
  useEffect(() => {
    setText((now) => (pathsText(readPaths(now)) === known ? now : known));
  }, [known]);
  return (
    <Input
      mono
      title={text}
      value={text}
      onValue={(next) => {
        setText(next);
        const read = readPaths(next);
        if (pathsText(read) !== known) onPaths(read);
      }}
    />
  );
}
