import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { DerivedSentence, SavedSentence } from '../../../contract/sentences.ts';
import { parseTemplate, TemplateProblem } from '../../../core/sentence-template.ts';
import { Button } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Dialog } from '../../components/Dialog.tsx';
import { ExpressionField, type ExpressionFieldHandle } from '../../components/ExpressionField.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { toast } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { closeEditor, type Edited, useEdited } from './editing.ts';
import { PreviewTable } from './PreviewTable.tsx';
import styles from './sentences.module.css';
import { marksOfTemplate, suggestTemplate } from './suggestTemplate.ts';

/** Opens for the sentence that a person chose to edit, on any screen. */
export default function SentenceEditor() {
  const edited = useEdited((store) => store.edited);
  if (edited === null) return null;
  return <Loader key={JSON.stringify([edited.type, edited.topic, edited.saved?.id])} edited={edited} />;
}

/** Knows what is in use before the fields are shown. */
function Loader({ edited }: { edited: Edited }) {
  const { type, topic } = edited;
  const found = useEngineQuery(['sentences', 'of'], { type, topic }, { keep: false });
  const [begun, setBegun] = useState<{ saved: SavedSentence | null; derived: DerivedSentence } | null>(null);
  useEffect(() => {
    // What is typed stays although the answer is asked again when something else is saved.
    if (found.data !== undefined)
      setBegun((known) => known ?? { ...found.data, saved: edited.saved ?? found.data.saved });
  }, [found.data, edited.saved]);
  if (begun !== null) return <Editor type={type} {...begun} />;
  if (found.error === null) return null;
  return (
    <Dialog open onClose={closeEditor} title={titleOf(type)}>
      <ErrorState error={found.error} onRetry={() => void found.refetch()} />
    </Dialog>
  );
}

const titleOf = (type: string): string =>
  type === '' ? 'Sentence of records without a type' : `Sentence of ${shown(type)}`;

interface Wrong {
  message: string;
  hint: string;
  from: number;
  to: number;
}

function wrongIn(text: string): Wrong | null {
  try {
    parseTemplate(text);
    return null;
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { message, hint, position, length } = error;
    return { message, hint, from: position, to: position + length };
  }
}

interface EditorProps {
  type: string;
  saved: SavedSentence | null;
  derived: DerivedSentence;
}

const PROBLEM = 'template-problem';

function Editor({ type, saved, derived }: EditorProps) {
  const [text, setText] = useState(saved?.template ?? derived.template);
  const [pattern, setPattern] = useState(saved?.pattern ?? '*');
  const field = useRef<ExpressionFieldHandle>(null);
  const wrong = useMemo(() => wrongIn(text), [text]);
  const topics = pattern.trim();
  const isDefault = text === derived.template && saved === null;
  const isChanged = saved === null ? !isDefault : text !== saved.template || topics !== saved.pattern;
  const canSave = wrong === null && topics !== '' && isChanged;
  const save = useEngineAction(['sentences', 'save'], {
    onSuccess: () => {
      toast(`${type === '' ? 'Such records are' : `${shown(type)} is`} said so from now on.`);
    },
  });
  const remove = useEngineAction(['sentences', 'remove'], {
    onSuccess: () => {
      toast('The template is removed.');
    },
  });
  // Nobody calls it when the editor is gone: another one may be open by then.
  const own = { onSuccess: closeEditor };
  const submit = () => {
    if (canSave && !save.isPending) save.mutate({ type, pattern: topics, template: text }, own);
  };
  const filter = useMemo(() => ({ types: [type] }), [type]);
  const problem = save.error ?? remove.error;
  return (
    <Dialog
      open
      onClose={closeEditor}
      width="wide"
      title={titleOf(type)}
      description="Braces hold a field of the event; a part in brackets is left out when its field is missing."
      onSubmit={submit}
      firstFocus={field}
      footer={
        <div className={styles.foot}>
          {text === derived.template ? null : (
            <Button look="quiet" onClick={() => setText(derived.template)}>
              Begin with the default
            </Button>
          )}
          {saved === null ? null : (
            <Button
              look="quiet"
              disabled={remove.isPending}
              onClick={() => remove.mutate({ id: saved.id }, own)}
            >
              Back to the default words
            </Button>
          )}
          <span className={styles.gap} />
          <Button onClick={closeEditor}>Cancel</Button>
          <Button type="submit" look="primary" keys="enter" disabled={!canSave || save.isPending}>
            Save
          </Button>
        </div>
      }
    >
      <div className={styles.label}>Template</div>
      <div className={cx(styles.box, wrong !== null && styles.boxWrong)}>
        <ExpressionField
          ref={field}
          value={text}
          onValue={setText}
          onSubmit={submit}
          onEscape={closeEditor}
          onEmptyBackspace={() => {}}
          label="Template"
          placeholder="Charged {data.amount|number}[ for {data.period|month}]"
          problemId={wrong === null ? null : PROBLEM}
          marks={marksOfTemplate}
          wrong={wrong}
          suggest={(whole, cursor) => suggestTemplate(whole, cursor, filter)}
        />
      </div>
      <div className={styles.about}>
        {wrong === null ? (
          <DefaultNote derived={derived} isDefault={isDefault} />
        ) : (
          <span id={PROBLEM} role="alert" className={styles.problem}>
            {shown(wrong.message)} (character {formatCount(wrong.from + 1)}). {shown(wrong.hint)}.
          </span>
        )}
      </div>
      <Field
        layout="above"
        label="Topics"
        hint="The name of a topic; * stands for any part of it. Of several templates the one with the most of the name written out is used."
      >
        <Input mono value={pattern} onValue={setPattern} maxLength={249} />
      </Field>
      <Preview type={type} pattern={topics} template={wrong === null ? text : null} />
      {problem === null ? null : <ErrorState error={problem} compact />}
    </Dialog>
  );
}

function DefaultNote({ derived: { same, of }, isDefault }: { derived: DerivedSentence; isDefault: boolean }) {
  if (!isDefault) return <>Type {'{'} for the fields of this type, and | after a field for a format.</>;
  if (of === 0) return <>These are the default words as a template.</>;
  return (
    <>
      These are the default words as a template: exact for {formatCount(same)} of {plural(of, 'event')} looked
      at.
    </>
  );
}

interface PreviewProps {
  type: string;
  pattern: string;
  /** Null: it cannot be read; what was shown last stays. */
  template: string | null;
}

/** Real events of the type, spread over all there are, as they would be said. */
function Preview({ type, pattern, template }: PreviewProps) {
  const last = useRef(template ?? '');
  if (template !== null) last.current = template;
  const text = useDeferredValue(last.current);
  const topics = useDeferredValue(pattern === '' ? '*' : pattern);
  const preview = useEngineQuery(
    ['sentences', 'preview'],
    { type, pattern: topics, template: text },
    { enabled: text !== '' },
  );
  const { data, error } = preview;
  return (
    <div className={styles.preview}>
      <div className={styles.previewHead}>
        <span className={styles.label}>Preview</span>
        {data === undefined ? null : (
          <span className="faint">
            {formatCount(data.rows.length)} of {plural(data.events, 'event')}
            {data.rows.length === 0 ? '' : `, ${formatCount(changedOf(data.rows))} said otherwise than now`}
            {template === null ? ' · by the last template that could be read' : ''}
          </span>
        )}
      </div>
      {error !== null ? (
        <ErrorState error={error} onRetry={() => void preview.refetch()} compact />
      ) : data === undefined ? (
        <Skeleton lines={5} />
      ) : (
        <PreviewTable rows={data.rows} isOld={preview.isPlaceholderData} />
      )}
    </div>
  );
}

const changedOf = (rows: readonly { text: string; now: string }[]): number =>
  rows.filter(({ text, now }) => text !== now).length;
