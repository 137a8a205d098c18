import { Plus, Trash2 } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Select } from '../../components/Select.tsx';
import { shown } from '../../lib/escape.ts';
import type { Word } from './definitionCompletion.ts';
import { UpcastOutcome } from './UpcastOutcome.tsx';
import styles from './upcasters.module.css';
import {
  newStep,
  newUpcaster,
  type StepDraft,
  type StepKind,
  type UpcasterDraft,
  upcastersOf,
  withUpcasters,
} from './upcasterText.ts';
import { useUpcast } from './useUpcast.ts';
import { fieldWords, vocabularyOf } from './vocabulary.ts';

const KINDS: { value: StepKind; label: string }[] = [
  { value: 'rename', label: 'Rename or move' },
  { value: 'default', label: 'Default' },
  { value: 'replace', label: 'Replace a value' },
  { value: 'remove', label: 'Remove' },
  { value: 'type', label: 'Rename the type' },
];

/** Fields of a step, in the order they are read: member of the draft, its name, and what stands in it while it is empty. */
const MEMBERS: Record<StepKind, [keyof StepDraft, string, string][]> = {
  rename: [
    ['path', 'from', 'data.old_name'],
    ['to', 'to', 'data.new.name'],
  ],
  default: [
    ['path', 'if no', 'data.currency'],
    ['value', 'it is', 'AUD or 12.50'],
  ],
  replace: [
    ['path', 'in', 'data.status'],
    ['value', 'instead of', 'P'],
    ['other', 'read', 'PAID'],
  ],
  remove: [['path', 'what', 'data.unused']],
  type: [['name', 'to', 'PaymentMade']],
};

/** Words that are asked once, and again when `key` changes. */
function useWords(key: string, words: () => Promise<readonly Word[]>): readonly Word[] {
  const [found, setFound] = useState<readonly Word[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `words` is made anew each time; `key` is what it asks for.
  useEffect(() => {
    let isWanted = true;
    // Without suggestions the fields are written all the same.
    words().then(
      (answer) => isWanted && setFound(answer),
      () => isWanted && setFound([]),
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  return found;
}

interface UpcastersDialogProps {
  /** Text of the definition. */
  text: string;
  onText: (text: string) => void;
  onClose: () => void;
}

/** The upcasters of a definition in a form, with what they make of a real event beside what was written. */
export function UpcastersDialog({ text, onText, onClose }: UpcastersDialogProps) {
  const [drafts, setDrafts] = useState<readonly UpcasterDraft[]>(() => {
    const found = upcastersOf(text) ?? [];
    return found.length === 0 ? [newUpcaster()] : found;
  });
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, drafts.length - 1);
  const draft = drafts[at] ?? null;
  const upcast = useUpcast(drafts, draft);
  const change = (next: UpcasterDraft) =>
    setDrafts(drafts.map((each, index) => (index === at ? next : each)));
  const add = () => {
    setDrafts([...drafts, newUpcaster(draft?.type ?? '')]);
    setChosen(drafts.length);
  };
  const canApply = upcast.wrong === null;
  const apply = () => {
    if (!canApply) return;
    onText(withUpcasters(text, drafts));
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={apply}
      width="wide"
      title="Upcasters"
      description="How events written in an old schema version are read as the next. The events themselves stay as they are."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!canApply}>
            Put into the definition
          </Button>
        </>
      }
    >
      <div className={styles.which}>
        {drafts.length === 0 ? (
          <span className="dim">None: every event is folded as it was written.</span>
        ) : (
          <Select
            label="Upcaster"
            value={String(at)}
            onValue={(value) => setChosen(Number(value))}
            options={drafts.map(({ type, from, to }, index) => ({
              value: String(index),
              label: `${index + 1}. ${type === '' ? 'new' : shown(type)} ${from === '' ? 'no version' : shown(from)} → ${shown(to)}`,
            }))}
          />
        )}
        <Button icon={<Plus />} onClick={add}>
          Add an upcaster
        </Button>
        {draft === null ? null : (
          <Button
            look="quiet"
            icon={<Trash2 />}
            onClick={() => setDrafts(drafts.filter((_, index) => index !== at))}
          >
            Remove it
          </Button>
        )}
      </div>
      {draft === null ? null : <UpcasterForm text={text} draft={draft} onDraft={change} />}
      <UpcastOutcome upcast={upcast} from={draft?.from ?? ''} type={draft?.type ?? ''} />
    </Dialog>
  );
}

interface UpcasterFormProps {
  text: string;
  draft: UpcasterDraft;
  onDraft: (draft: UpcasterDraft) => void;
}

function UpcasterForm({ text, draft, onDraft }: UpcasterFormProps) {
  const { type, topic, from, to, steps } = draft;
  const id = useId();
  const types = useWords('', () => vocabularyOf(text).eventTypes());
  const topics = useWords('', () => vocabularyOf(text).topics());
  const fields = useWords(type, async () =>
    type === '' ? [] : (await fieldWords({ types: [type] })).filter(({ name }) => name.startsWith('data.')),
  );
  const setStep = (at: number, step: StepDraft) =>
    onDraft({ ...draft, steps: steps.map((each, index) => (index === at ? step : each)) });
  return (
    <>
      <div className={styles.head}>
        <Field layout="above" label="Event type">
          <Input
            mono
            list={`${id}types`}
            value={type}
            onValue={(next) => onDraft({ ...draft, type: next })}
          />
        </Field>
        <Field layout="above" label="Topic">
          <Input
            mono
            list={`${id}topics`}
            value={topic}
            onValue={(next) => onDraft({ ...draft, topic: next })}
          />
        </Field>
        <Field layout="above" label="From schema">
          <Input mono value={from} placeholder="none" onValue={(next) => onDraft({ ...draft, from: next })} />
        </Field>
        <Field layout="above" label="To">
          <Input mono value={to} onValue={(next) => onDraft({ ...draft, to: next })} />
        </Field>
      </div>
      <ol className={styles.steps} aria-label="Steps">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the list.
          <li key={index} className={styles.step}>
            <Select
              label={`Step ${index + 1}`}
              value={step.kind}
              onValue={(kind) => setStep(index, { ...step, kind })}
              options={KINDS}
            />
            {MEMBERS[step.kind].map(([member, name, placeholder]) => (
              <span key={member} className={styles.member}>
                <span className="dim">{name}</span>
                <Input
                  mono
                  aria-label={`Step ${index + 1}: ${name}`}
                  value={step[member]}
                  placeholder={placeholder}
                  onValue={(value) => setStep(index, { ...step, [member]: value })}
                  {...(member === 'path' || member === 'to' ? { list: `${id}fields` } : {})}
                />
              </span>
            ))}
            <IconButton
              label={`Remove step ${index + 1}`}
              onClick={() => onDraft({ ...draft, steps: steps.filter((_, other) => other !== index) })}
            >
              <Trash2 />
            </IconButton>
          </li>
        ))}
      </ol>
      <Button
        look="quiet"
        icon={<Plus />}
        onClick={() => onDraft({ ...draft, steps: [...steps, newStep()] })}
      >
        Add a step
      </Button>
      {[
        ['types', types],
        ['topics', [{ name: '*' }, ...topics]],
        ['fields', fields],
      ].map(([name, words]) => (
        <datalist key={name as string} id={`${id}${name as string}`}>
          {(words as readonly Word[]).map((word) => (
            <option key={word.name} value={word.name} />
          ))}
        </datalist>
      ))}
    </>
  );
}
