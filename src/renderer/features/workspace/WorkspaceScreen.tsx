import { Archive, Database, Download, FileUp, Minimize2, MoreHorizontal, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { WorkspaceInfo } from '../../../contract/workspace.ts';
import type { TopicContents, WorkspaceContents } from '../../../contract/workspaceWork.ts';
import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Menu } from '../../components/Menu.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { toastError } from '../../components/Toast.tsx';
import { VirtualTable } from '../../components/VirtualTable.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { chooseTarget, followFile } from '../../lib/transferFiles.ts';
import { CheckPanel } from './CheckPanel.tsx';
import { CompactDialog } from './CompactDialog.tsx';
import { DeleteTopicDialog } from './DeleteTopicDialog.tsx';
import { ExportDialog, type Exported } from './ExportDialog.tsx';
import { FilePanel } from './FilePanel.tsx';
import { ImportDialog } from './ImportDialog.tsx';
import { ImportReport } from './ImportReport.tsx';
import { RemoveDialog, RenameDialog } from './NameDialogs.tsx';
import { TopicPart } from './TopicPart.tsx';
import { topicColumns } from './topicColumns.tsx';
import styles from './Workspace.module.css';

/** What is in the open workspace, and looking after its file: `#/workspace?topic=…`. */
export default function WorkspaceScreen() {
  const current = useEngineQuery(['workspace', 'current'], {});
  const contents = useEngineQuery(
    ['workspace', 'contents'],
    { measure: false },
    { enabled: current.data !== undefined && current.data !== null },
  );
  const error = current.error ?? contents.error;
  if (error !== null)
    return (
      <Screen>
        <ErrorState error={error} onRetry={() => void Promise.all([current.refetch(), contents.refetch()])} />
      </Screen>
    );
  if (current.data === null) return <NoWorkspace />;
  if (current.data === undefined || contents.data === undefined) return <Skeleton lines={10} />;
  return <OpenWorkspace key={current.data.file} info={current.data} contents={contents.data} />;
}

function NoWorkspace() {
  return (
    <Screen>
      <EmptyState
        heading
        icon={<Database />}
        title="No workspace is open."
        action={
          <Button look="primary" onClick={() => go(['topics'])}>
            Choose topics
          </Button>
        }
      >
        Capture topics of a cluster, or open the demo recording at the top.
      </EmptyState>
    </Screen>
  );
}

type Asking = 'compact' | 'import' | 'rename' | 'remove' | null;

function OpenWorkspace({ info, contents }: { info: WorkspaceInfo; contents: WorkspaceContents }) {
  const { params } = useAddress();
  const [asking, setAsking] = useState<Asking>(null);
  const [exported, setExported] = useState<Exported | null>(null);
  const [deleting, setDeleting] = useState<TopicContents | null>(null);
  const [importJob, setImportJob] = useState<string | null>(null);
  const report = useEngineQuery(['workspace', 'checkReport'], {});
  const jobs = useJobs((store) => store.jobs);
  const running = jobs.filter(
    ({ kind, status }) => status === 'running' && ['workspace', 'export', 'import'].includes(kind),
  );
  const check = useEngineAction(['workspace', 'check']);
  const save = useEngineAction(['workspace', 'saveRecording'], {
    onSuccess: ({ jobId }) => followFile(jobId),
  });
  const isChecking = running.some(({ title }) => title.startsWith('Integrity check'));
  const startCheck = () => check.mutate({}, { onError: toastError });
  const startSave = async () => {
    const target = await chooseTarget('recording', info.name);
    if (target !== null) save.mutate({ target }, { onError: toastError });
  };
  const exportAll = () =>
    setExported({ filter: {}, what: `All ${plural(info.records, 'record')}`, name: info.name });
  const exportTopic = ({ topic, records }: TopicContents) =>
    setExported({
      filter: { topics: [topic] },
      what: `${plural(records, 'record')} of ${topic}`,
      name: topic,
    });
  useCommands([
    { id: 'workspace.save', title: 'Save as a recording…', group: 'Workspace', run: () => void startSave() },
    {
      id: 'workspace.export',
      title: 'Export all records…',
      group: 'Workspace',
      keys: 'e',
      hint: 'export',
      run: exportAll,
    },
    {
      id: 'workspace.import',
      title: 'Import records…',
      group: 'Workspace',
      keys: 'i',
      hint: 'import',
      run: () => setAsking('import'),
    },
    {
      id: 'workspace.check',
      title: 'Check the workspace',
      group: 'Workspace',
      keys: 'c',
      hint: 'check',
      disabled: isChecking,
      run: startCheck,
    },
    {
      id: 'workspace.compact',
      title: 'Compact the workspace…',
      group: 'Workspace',
      disabled: info.readOnly,
      run: () => setAsking('compact'),
    },
    {
      id: 'workspace.rename',
      title: 'Rename the workspace…',
      group: 'Workspace',
      disabled: info.readOnly,
      run: () => setAsking('rename'),
    },
    {
      id: 'workspace.remove',
      title: 'Delete another workspace…',
      group: 'Workspace',
      run: () => setAsking('remove'),
    },
  ]);
  const { topics } = contents;
  const selected = Math.max(
    0,
    topics.findIndex(({ topic }) => topic === params.get('topic')),
  );
  const most = Math.max(0, ...topics.map(({ bytes }) => bytes));
  const close = () => setAsking(null);
  return (
    <Screen>
      <ScreenHead
        title="Workspace"
        id={shown(info.name)}
        note={
          <>
            {plural(topics.length, 'topic')} · {plural(info.records, 'record')} ·{' '}
            {formatBytes(info.sizeBytes)} {info.readOnly ? <Tag>read-only</Tag> : null}
            {info.damage === null ? null : (
              <Tag tone="bad" title={shown(info.damage)}>
                damaged
              </Tag>
            )}
          </>
        }
      >
        <Button icon={<FileUp />} onClick={() => setAsking('import')}>
          Import…
        </Button>
        <Button icon={<Download />} onClick={exportAll} disabled={info.records === 0}>
          Export…
        </Button>
        <Button
          look="primary"
          icon={<Archive />}
          onClick={() => void startSave()}
          disabled={save.isPending || info.records === 0}
        >
          Save as recording
        </Button>
        <Menu
          align="end"
          trigger={<Button look="quiet" icon={<MoreHorizontal />} aria-label="More for this workspace" />}
          groups={[
            {
              id: 'care',
              items: [
                {
                  id: 'compact',
                  label: 'Compact…',
                  icon: <Minimize2 />,
                  disabled: info.readOnly,
                  run: () => setAsking('compact'),
                },
                {
                  id: 'rename',
                  label: 'Rename…',
                  icon: <Pencil />,
                  disabled: info.readOnly,
                  run: () => setAsking('rename'),
                },
                {
                  id: 'remove',
                  label: 'Delete another workspace…',
                  icon: <Trash2 />,
                  danger: true,
                  run: () => setAsking('remove'),
                },
              ],
            },
          ]}
        />
      </ScreenHead>
      {running.length === 0 ? null : (
        <section className={styles.jobs} aria-label="Running">
          {running.map((job) => (
            <JobLine key={job.id} job={job} />
          ))}
        </section>
      )}
      <div className={styles.content}>
        <Columns
          id="workspace"
          columns={[
            { id: 'topics', min: 520 },
            { id: 'file', size: 400, min: 280 },
          ]}
        >
          {topics.length === 0 ? (
            <EmptyState
              icon={<Database />}
              title="Nothing is captured in this workspace yet."
              action={
                <Button look="primary" onClick={() => go(['topics'])}>
                  Capture topics
                </Button>
              }
            >
              Or import a file that Hindcast exported.
            </EmptyState>
          ) : (
            <Columns
              id="workspace-topics"
              direction="vertical"
              columns={[
                { id: 'list', min: 160 },
                { id: 'topic', size: '38%', min: 140 },
              ]}
            >
              <Panel label="Topics" fills>
                <VirtualTable<TopicContents>
                  label="Topics of the workspace"
                  columns={topicColumns(most)}
                  total={topics.length}
                  getRow={(index) => topics[index]}
                  onRange={() => {}}
                  selected={selected}
                  onSelect={(index) => setParams({ topic: topics[index]!.topic })}
                  onOpen={(index) => go(['events'], { q: `topic:${topics[index]!.topic}` })}
                />
              </Panel>
              <TopicPart
                topic={topics[selected] ?? null}
                readOnly={info.readOnly}
                onExport={exportTopic}
                onDelete={setDeleting}
              />
            </Columns>
          )}
          <Panel label="File" look="raised" head={<PanelHeader title="File and integrity" />}>
            {importJob === null ? null : <ImportReport jobId={importJob} />}
            <CheckPanel
              report={report.data ?? null}
              revision={info.revision}
              isRunning={isChecking || check.isPending}
              onCheck={startCheck}
            />
            <FilePanel info={info} contents={contents} />
          </Panel>
        </Columns>
      </div>
      <ExportDialog exported={exported} onClose={() => setExported(null)} />
      <DeleteTopicDialog topic={deleting} onClose={() => setDeleting(null)} />
      <CompactDialog open={asking === 'compact'} onClose={close} />
      <ImportDialog open={asking === 'import'} onClose={close} info={info} onStarted={setImportJob} />
      <RenameDialog open={asking === 'rename'} onClose={close} name={info.name} />
      <RemoveDialog
        open={asking === 'remove'}
        onClose={close}
        openName={info.kind === 'workspace' ? info.name : null}
      />
    </Screen>
  );
}
