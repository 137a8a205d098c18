import { Plus, Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { Draft } from '../../../contract/compensate.ts';
import { parseJson } from '../../../core/json.ts';
import type { Json } from '../../../core/model.ts';
import { formatPath, parsePath } from '../../../core/path.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { cx } from '../../components/cx.ts';
import { Checkbox, Input } from '../../components/Field.tsx';
import { Callout } from '../../components/Panel.tsx';
import { shown } from '../../lib/escape.ts';
import styles from './compensate.module.css';
import {
  type DraftField,
  fieldText,
  formOrder,
  isHeader,
  kindOf,
  payloadPath,
  presentFields,
  type Roles,
  readField,
  readValue,
  valueAt,
  withField,
} from './fields.ts';

interface DraftFormProps {
  draft: Draft;
  fields: readonly DraftField[];
  roles: Roles;
  onDraft: (draft: Draft) => void;
  /** The fields as the last check of this draft made them; what is derived is shown from there. */
  checked: readonly DraftField[] | null;
  /** Told of the paths whose text cannot be taken as it is. */
  onInvalid: (path: string, invalid: boolean) => void;
}

/** The event as a form: what a person writes first, what is given below, the headers in their order. */
export function DraftForm({ draft, fields, checked, roles, onDraft, onInvalid }: DraftFormProps) {
  const read = readValue(draft.value);
  if ('problem' in read)
    return (
      <Callout tone="bad" title={`The JSON cannot be read in line ${read.line}`}>
        {shown(read.problem)}. Correct it under “JSON”; then the form is here again.
      </Callout>
    );
  return (
    <div className={styles.form}>
      {formOrder(presentFields(fields, read.value), roles).map((field) => (
        <DraftInput
          key={field.path}
          field={field}
          value={valueAt(draft, read.value, field.path)}
          required={field.path === roles.type || field.path === roles.reason}
          onValue={(value) => onDraft(withField(draft, roles, field.path, value))}
          onInvalid={(invalid) => onInvalid(field.path, invalid)}
        />
      ))}
      {roles.reason === null ? (
        <PlainInput
          label="reason"
          hint="required; in the receipt"
          value={draft.reason}
          onValue={(reason) => onDraft({ ...draft, reason })}
        />
      ) : null}
      {roles.actor === null ? (
        <PlainInput
          label="actor"
          hint="you; in the receipt"
          value={draft.actor}
          onValue={(actor) => onDraft({ ...draft, actor })}
        />
      ) : null}
      <AddField
        onAdd={(name) => {
          const path = formatPath([...parsePath(payloadPath(fields) ?? ''), name]);
          if (valueAt(draft, read.value, path) === null) onDraft(withField(draft, roles, path, null));
        }}
      />
      <PlainInput label="key" hint="as the stream" value={draft.key} />
      <Headers draft={draft} fields={fields} checked={checked} onDraft={onDraft} />
    </div>
  );
}

interface DraftInputProps {
  field: DraftField;
  value: Json;
  required: boolean;
  onValue: (value: Json) => void;
  onInvalid: (invalid: boolean) => void;
}

function DraftInput({ field, value, required, onValue, onInvalid }: DraftInputProps) {
  const id = useId();
  const kind = kindOf(field);
  const text = fieldText(value, kind);
  /** What is being typed, as long as it is no value or is one in another spelling. */
  const [typed, setTyped] = useState<{ text: string; is: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const isTyping = typed !== null && (problem !== null || typed.is === text);
  const change = (next: string) => {
    const read = readField(next, kind, parseJson(field.value));
    setProblem(read.ok ? null : read.problem);
    onInvalid(!read.ok);
    setTyped({ text: next, is: read.ok ? fieldText(read.value, kind) : text });
    if (read.ok) onValue(read.value);
  };
  const isNumber = /^-?\d/.test(field.value);
  return (
    <>
      <label htmlFor={id} title={shown(field.path)}>
        {shown(field.label)}
      </label>
      <div className={styles.control}>
        <Input
          id={id}
          mono
          value={isTyping ? typed.text : text}
          onValue={change}
          readOnly={!field.editable}
          required={required}
          placeholder={kind === 'free' ? 'null' : undefined}
          aria-describedby={problem === null ? `${id}h` : `${id}h ${id}e`}
          aria-invalid={problem !== null || undefined}
          className={isNumber && field.editable ? styles.number : undefined}
        />
        {problem === null ? null : (
          <span id={`${id}e`} className={styles.fieldProblem} role="alert">
            {problem}
          </span>
        )}
      </div>
      <small id={`${id}h`} className={cx(required && text === '' && styles.missing)}>
        {shown(field.hint)}
      </small>
    </>
  );
}

/** Another field in the payload, by its name. */
function AddField({ onAdd }: { onAdd: (name: string) => void }) {
  const id = useId();
  const [name, setName] = useState('');
  const add = () => {
    if (name.trim() === '') return;
    onAdd(name.trim());
    setName('');
  };
  return (
    <>
      <label htmlFor={id}>another field</label>
      <Input
        id={id}
        mono
        value={name}
        onValue={setName}
        placeholder="name, such as amount"
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) add();
        }}
      />
      <Button look="quiet" icon={<Plus />} className={styles.add} disabled={name.trim() === ''} onClick={add}>
        Add
      </Button>
    </>
  );
}

interface PlainInputProps {
  label: string;
  hint: string;
  value: string;
  onValue?: (value: string) => void;
}

function PlainInput({ label, hint, value, onValue }: PlainInputProps) {
  const id = useId();
  const required = hint.startsWith('required');
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        mono
        value={value}
        onValue={onValue}
        readOnly={onValue === undefined}
        required={required}
        aria-describedby={`${id}h`}
      />
      <small id={`${id}h`} className={cx(required && value.trim() === '' && styles.missing)}>
        {hint}
      </small>
    </>
  );
}

type Header = Draft['headers'][number];

/** The headers in order; the same name may come again. Those that Hindcast derives are not changed by hand. */
function Headers({
  draft,
  fields,
  checked,
  onDraft,
}: Pick<DraftFormProps, 'draft' | 'fields' | 'checked' | 'onDraft'>) {
  const derived = new Set(
    fields.flatMap(({ path, editable }) =>
      isHeader(path) && !editable ? [path.slice('header '.length)] : [],
    ),
  );
  const hints = new Map(fields.map(({ path, hint }) => [path, hint]));
  const derivedValue = (key: string): string | null => {
    const found = checked?.find(({ path, editable }) => path === `header ${key}` && !editable);
    return found === undefined ? null : fieldText(parseJson(found.value), 'text');
  };
  const set = (at: number, header: Header | null) => {
    const headers = draft.headers.flatMap((each, index) =>
      index !== at ? [each] : header === null ? [] : [header],
    );
    onDraft({ ...draft, headers });
  };
  return (
    <>
      <span className={styles.headersLabel}>headers</span>
      <div className={styles.headers}>
        {draft.headers.map((header, at) => {
          const isDerived = derived.has(header.key);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat; their order is their identity.
            <div key={at} className={styles.header}>
              <Input
                mono
                aria-label={`Name of header ${at + 1}`}
                value={header.key}
                readOnly={isDerived}
                onValue={(key) => set(at, { ...header, key })}
              />
              <Input
                mono
                aria-label={`Value of header ${at + 1}`}
                value={(isDerived ? derivedValue(header.key) : null) ?? header.value ?? ''}
                placeholder={header.value === null ? 'null' : 'empty text'}
                readOnly={isDerived}
                onValue={(value) => set(at, { ...header, value })}
              />
              {isDerived ? (
                <small>{shown(hints.get(`header ${header.key}`) ?? 'derived')}</small>
              ) : (
                <span className={styles.headerTools}>
                  <Checkbox
                    checked={header.value === null}
                    onChecked={(isNull) => set(at, { ...header, value: isNull ? null : '' })}
                  >
                    null
                  </Checkbox>
                  <IconButton label={`Remove header ${shown(header.key)}`} onClick={() => set(at, null)}>
                    <Trash2 />
                  </IconButton>
                </span>
              )}
            </div>
          );
        })}
        <Button
          look="quiet"
          icon={<Plus />}
          className={styles.add}
          onClick={() => onDraft({ ...draft, headers: [...draft.headers, { key: '', value: '' }] })}
        >
          Add a header
        </Button>
      </div>
      <small>{draft.headers.length} in order</small>
    </>
  );
}
