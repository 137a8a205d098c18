import { useMemo, useState } from 'react';
import { ProjectionName, type ProjectionStatus } from '../../../contract/projections.ts';
import { isJsonObject, parseJson } from '../../../core/json.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { ErrorState } from '../../components/States.tsx';
import { invalidate, useEngineAction } from '../../lib/queries.ts';
import { DefinitionProblems } from './DefinitionProblems.tsx';
import { problemsOf, renamed } from './definitionText.ts';

interface ImportDefinitionProps {
  /** Text of the file. */
  text: string;
  all: readonly ProjectionStatus[];
  onClose: () => void;
}

function namesIn(text: string): { name: string; title: string } {
  try {
    const json = parseJson(text);
    if (!isJsonObject(json)) return { name: '', title: '' };
    const { name, title } = json;
    return {
      name: typeof name === 'string' ? name : '',
      title: typeof title === 'string' ? title : String(name ?? ''),
    };
  } catch {
    return { name: '', title: '' };
  }
}

/** Takes in a definition from a file: says what is wrong with it, and what would be replaced. */
export function ImportDefinition({ text, all, onClose }: ImportDefinitionProps) {
  const problems = useMemo(() => problemsOf(text), [text]);
  const found = useMemo(() => namesIn(text), [text]);
  const [name, setName] = useState(found.name);
  const same = all.find((each) => each.name === name);
  const checked = ProjectionName.safeParse(name);
  const wrong = !checked.success
    ? `Use ${checked.error.issues[0]!.message}.`
    : same?.builtIn === true
      ? `${name} is built in; give it another name.`
      : null;
  const save = useEngineAction(['projections', 'save'], {
    onSuccess: (saved, _, goOn) => {
      invalidate(['projections']);
      onClose();
      goOn(['projections', saved.name], { tab: 'definition' });
    },
  });
  const canSave = problems.length === 0 && wrong === null && !save.isPending;
  const definition = () => (name === found.name ? text : renamed(text, name, found.title));
  return (
    <Dialog
      open
      onClose={onClose}
      onSubmit={() => canSave && save.mutate({ definition: definition() })}
      title="Import a definition"
      description={
        problems.length > 0
          ? 'The file cannot be used as it is:'
          : 'It is checked again where it runs, and gets a table of its own.'
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!canSave}>
            {same === undefined ? 'Import' : 'Replace'}
          </Button>
        </>
      }
    >
      {problems.length > 0 ? (
        <DefinitionProblems
          problems={problems.map(({ line, path, message }) => ({
            where: line === null ? '' : `line ${line}`,
            path,
            message,
            onGo: null,
          }))}
        />
      ) : (
        <Field
          layout="above"
          label="Name of the table"
          error={wrong}
          hint={
            same !== undefined && !same.builtIn
              ? 'There is one of this name: it is replaced, and kept among its versions.'
              : undefined
          }
        >
          <Input mono value={name} onValue={setName} autoFocus />
        </Field>
      )}
      {save.error === null ? null : <ErrorState error={save.error} compact />}
    </Dialog>
  );
}
