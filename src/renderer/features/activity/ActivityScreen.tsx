import { Button } from '../../components/Button.tsx';
import { Columns } from '../../components/Columns.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Panel, PanelHeader, ScreenHead } from '../../components/Panel.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Tabs } from '../../components/Segmented.tsx';
import { EmptyState } from '../../components/States.tsx';
import { go, setParams, useAddress } from '../../lib/address.ts';
import { plural } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { SentenceList } from '../sentences/SentenceList.tsx';
import { Receipts } from './Receipts.tsx';
import { Settings } from './Settings.tsx';

type View = 'jobs' | 'receipts' | 'sentences';
const VIEWS: readonly string[] = ['jobs', 'receipts', 'sentences'] satisfies View[];

/** What is going on and what was done: jobs, receipts of published events, templates of sentences, settings. */
export default function ActivityScreen() {
  const { params } = useAddress();
  const asked = params.get('view') ?? 'jobs';
  const view = (VIEWS.includes(asked) ? asked : 'jobs') as View;
  const jobs = useJobs((store) => store.jobs);
  const running = jobs.filter(({ status }) => status === 'running').length;
  const show = (next: View) => setParams({ view: next === 'jobs' ? null : next, receipt: null });
  useCommands([
    {
      id: 'activity.jobs',
      title: 'Show jobs',
      group: 'Activity',
      keys: 'j',
      hint: 'jobs',
      run: () => show('jobs'),
    },
    {
      id: 'activity.receipts',
      title: 'Show receipts',
      group: 'Activity',
      keys: 'r',
      hint: 'receipts',
      run: () => show('receipts'),
    },
    {
      id: 'activity.sentences',
      title: 'Show the templates of sentences',
      group: 'Activity',
      keys: 's',
      hint: 'sentences',
      run: () => show('sentences'),
    },
  ]);
  return (
    <Screen>
      <ScreenHead
        title="Activity"
        note={running === 0 ? 'nothing is running' : plural(running, 'job is running', 'jobs are running')}
      />
      <Columns
        id="activity"
        columns={[
          { id: 'main', min: 420 },
          { id: 'settings', size: 380, min: 260 },
        ]}
      >
        <Tabs<View>
          label="Activity"
          value={view}
          onValue={show}
          options={[
            { value: 'jobs', label: 'Jobs', count: jobs.length },
            { value: 'receipts', label: 'Receipts' },
            { value: 'sentences', label: 'Sentences' },
          ]}
        >
          {view === 'receipts' ? (
            <Receipts />
          ) : view === 'sentences' ? (
            <SentenceList />
          ) : jobs.length === 0 ? (
            <EmptyState
              title="No job has run since the engine started."
              action={<Button onClick={() => go(['topics'])}>Capture topics</Button>}
            >
              Captures and projections show their progress, rate and outcome here.
            </EmptyState>
          ) : (
            <Panel label="Jobs">
              {jobs.map((job) => (
                <JobLine key={job.id} job={job} />
              ))}
            </Panel>
          )}
        </Tabs>
        <Panel label="Settings" look="raised" head={<PanelHeader title="Settings and engine" />}>
          <Settings />
        </Panel>
      </Columns>
    </Screen>
  );
}
