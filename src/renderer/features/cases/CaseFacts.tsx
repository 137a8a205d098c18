import { BookmarkCheck, Crosshair, Download, FileText, FolderCheck, FolderOpen, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { CaseOut } from '../../../contract/cases.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Section } from '../../components/Panel.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toastError } from '../../components/Toast.tsx';
import { goFromHere } from '../../lib/address.ts';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { openView } from '../../lib/openView.ts';
import { callEngine } from '../../lib/queries.ts';
import { saveText } from '../../lib/saveText.ts';
import { useTyped } from '../../lib/typed.ts';
import styles from './cases.module.css';
import { SavedText } from './SavedText.tsx';
import { viewText } from './viewText.ts';

const told = (work: Promise<unknown>): void => {
  work.catch((error: unknown) => toastError(error as EngineError));
};

/** The case itself: question, answer, notes, and what was exported of it. */
export function CaseFacts({ found }: { found: CaseOut }) {
  const { id, name, view, question, answer, notes, status, exports, active, kept } = found;
  const [removing, setRemoving] = useState(false);
  const change = (changes: Partial<Pick<CaseOut, 'name' | 'question' | 'answer' | 'notes' | 'status'>>) =>
    callEngine(['cases', 'change'], { id, ...changes });
  const exportAs = async (as: 'case' | 'markdown') => {
    const file = await callEngine(['cases', 'export'], { id, as });
    saveText(file.text, as === 'case' ? 'application/json' : 'text/markdown;charset=utf-8', file.name);
  };
  const activate = () => told(callEngine(['cases', 'activate'], { id }));
  useCommands([
    {
      id: 'cases.activate',
      title: 'Put bookmarks into this case',
      group: 'Cases',
      keys: 'a',
      hint: 'activate',
      disabled: active,
      run: activate,
    },
    {
      id: 'cases.export',
      title: 'Export the case as a file',
      group: 'Cases',
      keys: 'e',
      hint: 'export',
      run: () => told(exportAs('case')),
    },
  ]);
  return (
    <>
      <div className={styles.head}>
        <NameField name={name} onName={(next) => change({ name: next })} />
        <div className={styles.actions}>
          {active ? (
            <Tag tone="accent">bookmarks go here</Tag>
          ) : (
            <Button icon={<BookmarkCheck />} keys="a" onClick={activate}>
              Put bookmarks here
            </Button>
          )}
          <Button
            icon={status === 'open' ? <FolderCheck /> : <FolderOpen />}
            onClick={() => told(change({ status: status === 'open' ? 'closed' : 'open' }))}
          >
            {status === 'open' ? 'Close' : 'Open again'}
          </Button>
          <Button look="quiet" icon={<Trash2 />} onClick={() => setRemoving(true)}>
            Remove
          </Button>
        </div>
        {kept === 'machine' ? (
          <p className={styles.kept}>
            Kept on this machine: the recording cannot be written. Export the case to pass it on.
          </p>
        ) : null}
      </div>
      {view === null ? null : (
        <Section title="Asked at">
          <button type="button" className={styles.open} onClick={() => openView(view)}>
            <Crosshair />
            <span>{shown(viewText(view))}</span>
          </button>
        </Section>
      )}
      <Section>
        <Field layout="above" label="Question">
          <SavedText value={question} rows={3} onSave={(text) => change({ question: text })} />
        </Field>
        <Field layout="above" label="Answer">
          <SavedText
            value={answer}
            rows={3}
            placeholder="What was found out"
            onSave={(text) => change({ answer: text })}
          />
        </Field>
        <Field layout="above" label="Notes">
          <SavedText value={notes} rows={6} onSave={(text) => change({ notes: text })} />
        </Field>
      </Section>
      <Section title="Exports" note={exports.length === 0 ? 'none yet' : formatCount(exports.length)}>
        <div className={styles.actions}>
          <Button icon={<Download />} keys="e" onClick={() => told(exportAs('case'))}>
            Case file
          </Button>
          <Button icon={<FileText />} onClick={() => told(exportAs('markdown'))}>
            Markdown
          </Button>
        </div>
        <ul className={styles.exports}>
          {exports.toReversed().map((made) => (
            <li key={`${made.at} ${made.sha256}`}>
              <span className="ellipsis">{shown(made.name)}</span>
              <span className={styles.exportedAt}>{formatTime(made.at)}</span>
              <span className={styles.hash} title={made.sha256}>
                SHA-256 {made.sha256}
              </span>
            </li>
          ))}
        </ul>
      </Section>
      <Dialog
        open={removing}
        onClose={() => setRemoving(false)}
        title={`Remove “${shown(name)}”?`}
        description={`Its notes and ${formatCount(found.bookmarks.length)} bookmarks go with it. Events stay as they are.`}
        onSubmit={() => {
          setRemoving(false);
          const goOn = goFromHere();
          told(callEngine(['cases', 'remove'], { id }).then(() => goOn(['cases'])));
        }}
        footer={
          <>
            <Button onClick={() => setRemoving(false)}>Cancel</Button>
            <Button type="submit" look="danger">
              Remove
            </Button>
          </>
        }
      />
    </>
  );
}

function NameField({ name, onName }: { name: string; onName: (name: string) => Promise<unknown> }) {
  /** What the case is to be called instead of its name as it was then. */
  const [sent, setSent] = useState<{ name: string; instead: string } | null>(null);
  if (sent !== null && sent.instead !== name) setSent(null);
  const current = sent?.name ?? name;
  const { take, ...field } = useTyped(current, (next) => {
    if (next === '' || next === current) return;
    setSent({ name: next, instead: name });
    told(
      onName(next).catch((error: unknown) => {
        setSent(null);
        throw error;
      }),
    );
  });
  return (
    <Input
      {...field}
      aria-label="Name of the case"
      className={styles.name}
      maxLength={200}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
      }}
    />
  );
}
