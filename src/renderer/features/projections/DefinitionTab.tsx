import { Copy, Download, MoreHorizontal, Trash2 } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { ProjectionStatus } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { CodeEditor, type CodeEditorHandle, type EditorMark } from '../../components/CodeEditor.tsx';
import { Columns } from '../../components/Columns.tsx';
import { Menu } from '../../components/Menu.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { ErrorState } from '../../components/States.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { useFocus } from '../../lib/focus.ts';
import { plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { DefinitionProblems, type ShownProblem } from './DefinitionProblems.tsx';
import { exportDefinition } from './definitionFile.ts';
import { characterAt, placeOf, versionOf } from './definitionText.ts';
import { RemoveDialog, SaveAs } from './ProjectionDialogs.tsx';
import { suggestProgram } from './programSuggestions.ts';
import styles from './projections.module.css';
import { TryPanel } from './TryPanel.tsx';
import { UpcastersDialog } from './UpcastersDialog.tsx';
import { upcastersOf } from './upcasterText.ts';
import { type Definition, useDefinition } from './useDefinition.ts';
import { useSaving } from './useSaving.ts';
import { suggestDefinition } from './vocabulary.ts';

interface DefinitionTabProps {
  status: ProjectionStatus;
  definition: string;
  /** Builds what is saved, as far as there is something to build. */
  onBuild: (saved: Pick<ProjectionStatus, 'name' | 'state' | 'behind'>) => void;
}

const PROGRAM_PATH = 'reducer.source';

/** What the projection is made of, and what it makes of one row's events while it is being written. */
export function DefinitionTab({ status, definition, onBuild }: DefinitionTabProps) {
  const { params } = useAddress();
  const { cut } = useFocus();
  const save = useSaving(status.name, params.get('on'));
  const written = useDefinition(definition, save.sent, cut, params.get('on'), (on) => setParams({ on }));
  const { parts, edited, whole } = written;
  const [asking, setAsking] = useState<'copy' | 'remove' | 'upcasters' | null>(null);
  const upcasters = useMemo(() => upcastersOf(parts.text), [parts.text]);
  const textEditor = useRef<CodeEditorHandle>(null);
  const programEditor = useRef<CodeEditorHandle>(null);
  const marked = useMarks(written);
  const problems = useProblems(written, marked, textEditor, programEditor);
  const canSave = edited && problems.length === 0;
  const store = () => canSave && void save.ask({ definition: whole, build: null });
  /** What is written is saved first; with mistakes in it nothing is built. */
  const saveAndBuild = () => {
    if (canSave) void save.ask({ definition: whole, build: onBuild });
    else if (!edited) onBuild(status);
  };
  useCommands([
    {
      id: 'projections.save',
      title: 'Save the definition',
      group: 'Projections',
      keys: 'mod+s',
      hint: 'save',
      disabled: !canSave,
      run: store,
    },
    {
      id: 'projections.copy',
      title: 'Save the definition under another name',
      group: 'Projections',
      run: () => setAsking('copy'),
    },
    {
      id: 'projections.upcasters',
      title: 'Read old schema versions: upcasters',
      group: 'Projections',
      disabled: status.builtIn || upcasters === null,
      run: () => setAsking('upcasters'),
    },
    {
      id: 'projections.export',
      title: 'Export the definition as a file',
      group: 'Projections',
      run: () => exportDefinition(status.name, whole),
    },
  ]);
  const json = (
    <CodeEditor
      ref={textEditor}
      label={`Definition of ${status.name}`}
      language="json"
      value={parts.text}
      onValue={(text) => written.set({ text })}
      onSubmit={saveAndBuild}
      readOnly={status.builtIn}
      marks={marked.text}
      suggest={suggestDefinition}
    />
  );
  const isSameVersion = edited && versionOf(whole) === versionOf(definition);
  return (
    <div className={styles.definition}>
      <div className={styles.definitionBody}>
        <Columns
          id="projection-definition"
          columns={[
            { id: 'write', min: 360 },
            { id: 'try', size: '42%', min: 300 },
          ]}
        >
          <div className={styles.write}>
            {parts.program === null ? (
              <div className={styles.editor}>{json}</div>
            ) : (
              <Columns
                id="projection-program"
                direction="vertical"
                columns={[
                  { id: 'shape', size: '45%', min: 90 },
                  { id: 'program', min: 120 },
                ]}
              >
                <div className={styles.editor}>{json}</div>
                <Panel
                  label="Program"
                  fills
                  head={<PanelHeader title="Program" note="reduce(state, event)" />}
                >
                  <CodeEditor
                    ref={programEditor}
                    label={`Program of ${status.name}`}
                    language="script"
                    value={parts.program}
                    onValue={(program) => written.set({ program })}
                    onSubmit={saveAndBuild}
                    readOnly={status.builtIn}
                    marks={marked.program}
                    suggest={suggestProgram(parts.text, written.tried?.row?.state ?? null)}
                  />
                </Panel>
              </Columns>
            )}
            <DefinitionProblems problems={problems} />
          </div>
          <TryPanel
            written={written}
            source={status.source}
            onLine={(line, column) =>
              parts.program !== null && programEditor.current?.goTo(characterAt(parts.program, line, column))
            }
          />
        </Columns>
      </div>
      {save.error === null ? null : <ErrorState error={save.error} compact />}
      <div className={styles.foot}>
        <span className={styles.footNote}>
          {status.builtIn
            ? 'Built in: it cannot be changed, but saved under another name.'
            : !edited
              ? 'Saved.'
              : problems.length > 0
                ? `${plural(problems.length, 'mistake')}; it cannot be saved yet.`
                : isSameVersion
                  ? 'Changed, not saved. Raise reducer.version to tell the results apart.'
                  : 'Changed, not saved.'}
        </span>
        <Menu
          align="end"
          trigger={
            <Button look="quiet" icon={<MoreHorizontal />}>
              More
            </Button>
          }
          groups={[
            {
              id: 'file',
              items: [
                {
                  id: 'export',
                  label: 'Export as a file',
                  icon: <Download />,
                  hint: `${status.name}.json`,
                  run: () => exportDefinition(status.name, whole),
                },
              ],
            },
            ...(status.builtIn
              ? []
              : [
                  {
                    id: 'remove',
                    items: [
                      {
                        id: 'remove',
                        label: 'Remove…',
                        icon: <Trash2 />,
                        danger: true,
                        run: () => setAsking('remove'),
                      },
                    ],
                  },
                ]),
          ]}
        />
        {status.builtIn || upcasters === null ? null : (
          <Button look="quiet" onClick={() => setAsking('upcasters')}>
            {upcasters.length === 0 ? 'Upcasters…' : `${plural(upcasters.length, 'upcaster')}…`}
          </Button>
        )}
        <Button icon={<Copy />} onClick={() => setAsking('copy')}>
          Save as…
        </Button>
        {edited ? <Button onClick={written.discard}>Discard changes</Button> : null}
        {status.builtIn ? null : (
          <Button look="primary" keys="mod+s" disabled={!canSave || save.isPending} onClick={store}>
            Save
          </Button>
        )}
      </div>
      {asking === 'copy' ? (
        <SaveAs status={status} definition={whole} onClose={() => setAsking(null)} />
      ) : null}
      {asking === 'upcasters' ? (
        <UpcastersDialog
          text={parts.text}
          onText={(text) => written.set({ text })}
          onClose={() => setAsking(null)}
        />
      ) : null}
      {asking === 'remove' ? <RemoveDialog status={status} onClose={() => setAsking(null)} /> : null}
    </div>
  );
}

interface Marks {
  text: EditorMark[];
  program: EditorMark[];
}

/** The places to underline: mistakes, and in the program the places at which events failed. */
function useMarks({ parts, problems, tried, isOld }: Definition): Marks {
  return useMemo(() => {
    const text: EditorMark[] = problems.flatMap(({ from, to, message }) =>
      from === null || to === null ? [] : [{ from, to, tone: 'bad', message }],
    );
    const program: EditorMark[] = [];
    if (isOld || tried === undefined) return { text, program };
    const source = parts.program;
    const add = (line: number | null, column: number | null, tone: EditorMark['tone'], message: string) => {
      if (source === null || line === null) return;
      const from = characterAt(source, line, column);
      const end = characterAt(source, line, Number.MAX_SAFE_INTEGER);
      if (program.every((mark) => mark.from !== from)) program.push({ from, to: end, tone, message });
    };
    for (const { path, message, line, column } of tried.problems) {
      const { from, to } = placeOf(parts.text, path);
      if (path === PROGRAM_PATH) add(line, column, 'bad', message);
      else if (from !== null && to !== null) text.push({ from, to, tone: 'bad', message });
    }
    for (const { line, column, message } of tried.row?.failures ?? []) add(line, column, 'warn', message);
    return { text, program };
  }, [parts, problems, tried, isOld]);
}

function useProblems(
  { parts, problems, tried, isOld }: Definition,
  marked: Marks,
  textEditor: React.RefObject<CodeEditorHandle | null>,
  programEditor: React.RefObject<CodeEditorHandle | null>,
): ShownProblem[] {
  const own = problems
    .toSorted((a, b) => (a.from ?? -1) - (b.from ?? -1))
    .map(
      ({ line, from, path, message }): ShownProblem => ({
        where: line === null ? '' : `line ${line}`,
        path,
        message,
        onGo: from === null ? null : () => textEditor.current?.goTo(from),
      }),
    );
  if (isOld || tried === undefined) return own;
  const found = tried.problems.map(({ path, message, line, column }): ShownProblem => {
    const at = marked.program[0]?.from ?? 0;
    if (path !== PROGRAM_PATH || parts.program === null) return { where: '', path, message, onGo: null };
    return {
      where: line === null ? 'program' : `program ${line}${column === null ? '' : `:${column}`}`,
      path: '',
      message,
      onGo: () => programEditor.current?.goTo(at),
    };
  });
  return [...own, ...found];
}
