import { BookmarkPlus, Check, Ellipsis } from 'lucide-react';
import { useRef, useState } from 'react';
import {
  type MappingDefinition,
  MappingFile,
  type MappingPreview,
  type TopicMappingOut,
} from '../../../contract/mappings.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Menu } from '../../components/Menu.tsx';
import { PanelHeader } from '../../components/Panel.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useOpening } from '../../lib/opening.ts';
import { pickText } from '../../lib/pickFile.ts';
import { callEngine, useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { saveText } from '../../lib/saveText.ts';
import { asOwn, EMPTY, proposedPattern } from './draft.ts';

const LARGEST_FILE = 200_000;

interface EditorActionsProps {
  topic: TopicMappingOut;
  draft: MappingDefinition;
  isChanged: boolean;
  isUsable: boolean;
  preview: MappingPreview | null;
  onDraft: (mapping: MappingDefinition) => void;
}

const told = (work: Promise<unknown>): void => {
  work.catch((error: unknown) => toastError(error as EngineError));
};

/** Reads a mapping that a colleague exported. @throws what is wrong with the file, in words */
async function importMapping(): Promise<MappingDefinition | null> {
  const file = await pickText('.hindcast-mapping', LARGEST_FILE);
  if (file === null) return null;
  const problem = (text: string) => ({
    message: `${file.name} is no mapping: ${text}.`,
    nextStep: 'Choose a .hindcast-mapping file.',
  });
  let value: unknown;
  try {
    value = JSON.parse(file.text);
  } catch {
    throw problem('it is no JSON');
  }
  const parsed = MappingFile.safeParse(value);
  if (parsed.success) return parsed.data.mapping;
  const { path, message } = parsed.error.issues[0]!;
  throw problem(`${path.join('.') || 'the file'}: ${message}`);
}

/** What can be done with the mapping that is being changed. */
export function EditorActions(props: EditorActionsProps) {
  const { topic, draft, isChanged, isUsable, preview, onDraft } = props;
  const newest = useRef(draft);
  newest.current = draft;
  const [asking, setAsking] = useState<'apply' | 'save' | null>(null);
  const current = useEngineQuery(['workspace', 'current'], {});
  const builtIn = useEngineQuery(['mappings', 'builtIn'], {});
  const saved = useEngineQuery(['mappings', 'saved'], {});
  const readOnly = current.data?.readOnly ?? true;
  const canApply = isChanged && isUsable && !readOnly;
  const apply = useEngineAction(['mappings', 'apply']);
  const exportFile = () => {
    const file = {
      format: 'hindcast-mapping',
      version: 1,
      pattern: proposedPattern(topic.topic),
      mapping: draft,
    };
    const name = topic.topic.replace(/[^\p{L}\p{N} _.-]/gu, '_').slice(0, 100);
    saveText(`${JSON.stringify(file, null, 2)}\n`, 'application/json', `${name}.hindcast-mapping`);
  };
  const open = async () => {
    const mapping = await importMapping();
    if (mapping !== null) onDraft(mapping);
  };
  const detect = async () => {
    const { mapping, reason } = await callEngine(['mappings', 'detect'], { topic: topic.topic });
    const isChangedSince = newest.current !== draft;
    if (!isChangedSince) onDraft(mapping ?? asOwn(EMPTY, topic.topic));
    toast(mapping === null ? 'No mapping was detected.' : `Detected: ${shown(mapping.title)}.`, {
      detail: isChangedSince ? 'What you changed meanwhile was left as it is.' : reason,
    });
  };
  useCommands([
    {
      id: 'mappings.apply',
      title: 'Apply the mapping to the captured topic',
      group: 'Mapping',
      keys: 'mod+enter',
      hint: 'apply',
      disabled: !canApply,
      run: () => setAsking('apply'),
    },
    {
      id: 'mappings.save',
      title: 'Save the mapping for topics by name',
      group: 'Mapping',
      keys: 'mod+s',
      whileTyping: true,
      disabled: !isUsable,
      run: () => setAsking('save'),
    },
  ]);
  const close = () => setAsking(null);
  const differing = preview?.differing ?? 0;
  return (
    <>
      <PanelHeader
        title={shown(topic.topic)}
        note={
          isChanged
            ? isUsable
              ? `not applied · ${formatCount(differing)} of ${formatCount(preview?.records.length ?? 0)} records come out differently`
              : 'not applied · cannot be used as it is'
            : shown(topic.reason)
        }
      >
        <Menu
          align="end"
          trigger={
            <IconButton label="Mappings and files">
              <Ellipsis />
            </IconButton>
          }
          groups={[
            {
              id: 'begin',
              label: 'Begin with',
              items: [
                { id: 'detect', label: 'What is detected', run: () => told(detect()) },
                ...(topic.mapping === null
                  ? []
                  : [{ id: 'now', label: 'What is in use', run: () => onDraft(topic.mapping!) }]),
                { id: 'empty', label: 'Nothing', run: () => onDraft(asOwn(EMPTY, topic.topic)) },
              ],
            },
            {
              id: 'saved',
              label: 'Saved',
              items: (saved.data ?? []).map(({ id, pattern, mapping }) => ({
                id,
                label: shown(mapping.title),
                hint: pattern,
                run: () => onDraft(mapping),
              })),
            },
            {
              id: 'built-in',
              label: 'Built in',
              items: (builtIn.data ?? []).map((mapping) => ({
                id: mapping.name,
                label: mapping.title,
                run: () => onDraft(mapping),
              })),
            },
            {
              id: 'files',
              label: 'Files',
              items: [
                { id: 'export', label: 'Export this mapping', run: exportFile },
                { id: 'import', label: 'Open a mapping of a file…', run: () => told(open()) },
              ],
            },
          ].filter(({ items }) => items.length > 0)}
        />
        <Button icon={<BookmarkPlus />} keys="mod+s" disabled={!isUsable} onClick={() => setAsking('save')}>
          Save for topics…
        </Button>
        <Button
          look="primary"
          icon={<Check />}
          keys="mod+enter"
          disabled={!canApply}
          title={
            readOnly ? 'A recording cannot be changed; save the mapping and capture with it.' : undefined
          }
          onClick={() => setAsking('apply')}
        >
          Apply…
        </Button>
      </PanelHeader>
      <Dialog
        open={asking === 'apply'}
        onClose={close}
        title={`Read ${shown(topic.topic)} anew`}
        description={`The columns of its ${formatCount(topic.records)} records are read anew from their own bytes: type, aggregate, version, ids and times. Nothing is captured again, and no byte of a record changes. Projections follow when they are asked for next.`}
        onSubmit={() => {
          close();
          apply.mutate({ topic: topic.topic, mapping: draft }, { onError: toastError });
        }}
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" look="primary">
              Apply
            </Button>
          </>
        }
      >
        <p>
          {formatCount(differing)} of {formatCount(preview?.records.length ?? 0)} records that were tried come
          out differently.
        </p>
      </Dialog>
      <SaveDialog open={asking === 'save'} onClose={close} topic={topic.topic} draft={draft} />
    </>
  );
}

function SaveDialog({
  open,
  onClose,
  topic,
  draft,
}: {
  open: boolean;
  onClose: () => void;
  topic: string;
  draft: MappingDefinition;
}) {
  const [pattern, setPattern] = useState('');
  useOpening(open, () => setPattern(proposedPattern(topic)));
  const save = useEngineAction(['mappings', 'save'], {
    onSuccess: (kept) => {
      onClose();
      toast(`Kept for topics named ${shown(kept.pattern)}.`, {
        detail: 'Captures take it for such topics from now on.',
      });
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save for topics"
      description="Topics of this name that are captured later are read by this mapping. Those that are captured already stay as they are until it is applied to them."
      onSubmit={() => save.mutate({ pattern: pattern.trim(), mapping: asOwn(draft, topic) })}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || pattern.trim() === ''}>
            Save
          </Button>
        </>
      }
    >
      <Field
        layout="above"
        label="Topics"
        hint="The name of a topic; * stands for any part of it."
        error={save.error?.message ?? null}
      >
        <Input mono value={pattern} onValue={setPattern} maxLength={249} />
      </Field>
    </Dialog>
  );
}
