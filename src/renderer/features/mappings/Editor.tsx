import { useDeferredValue, useState } from 'react';
import type { MappedField, MappingDefinition, TopicMappingOut } from '../../../contract/mappings.ts';
import { Columns } from '../../components/Columns.tsx';
import { JobLine } from '../../components/JobLine.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Bar } from '../../components/Screen.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { ErrorState } from '../../components/States.tsx';
import { setParams, useAddress } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { useJobs } from '../../lib/live.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { asOwn, EMPTY, isSameMapping, pointAt } from './draft.ts';
import { EditorActions } from './EditorActions.tsx';
import { MappingForm } from './MappingForm.tsx';
import styles from './mappings.module.css';
import { OutcomeTable } from './OutcomeTable.tsx';
import { SamplePanel } from './SamplePanel.tsx';

/** The mapping of one topic as it is being changed, and how its records come out with it. */
export function Editor({ topic }: { topic: TopicMappingOut }) {
  const { params } = useAddress();
  const view = params.get('view') === 'records' ? 'records' : 'sample';
  const inUse = topic.mapping;
  const [draft, setDraft] = useState<MappingDefinition>(inUse ?? asOwn(EMPTY, topic.topic));
  const isChanged = !isSameMapping(draft, inUse);
  const asked = useDeferredValue(draft);
  const preview = useEngineQuery(['mappings', 'preview'], { topic: topic.topic, mapping: asked });
  const job = useJobs(({ jobs }) =>
    jobs.find(({ kind, title }) => kind === 'mapping' && title === `Mapping of ${topic.topic}`),
  );
  const edit = (next: MappingDefinition) => setDraft(asOwn(next, topic.topic));
  const point = (field: MappedField, path: string) => edit(pointAt(draft, field, path));
  const problem = preview.error?.code === 'mapping.invalid' ? preview.error : null;
  useCommands([
    {
      id: 'mappings.view',
      title: view === 'sample' ? 'Show how the records come out' : 'Show the sample record',
      group: 'Mapping',
      keys: 'v',
      hint: view === 'sample' ? 'records' : 'sample',
      run: () => setParams({ view: view === 'sample' ? 'records' : null }, false),
    },
  ]);
  return (
    <Panel
      label={`Mapping of ${shown(topic.topic)}`}
      fills
      head={
        <EditorActions
          topic={topic}
          draft={draft}
          isChanged={isChanged}
          isUsable={preview.error === null}
          preview={preview.data ?? null}
          onDraft={setDraft}
        />
      }
    >
      {job !== undefined && job.status !== 'done' ? (
        <Bar>
          <div className={styles.job}>
            <JobLine job={job} />
          </div>
        </Bar>
      ) : null}
      {preview.error !== null && problem === null ? (
        <ErrorState error={preview.error} onRetry={() => void preview.refetch()} compact />
      ) : null}
      <div className={styles.work}>
        <Columns
          id="mapping-editor"
          columns={[
            { id: 'sample', min: 280 },
            { id: 'fields', size: 560, min: 400 },
          ]}
        >
          <Panel
            label="Records"
            fills
            head={
              <div className={styles.views}>
                <Segmented
                  label="What is shown"
                  value={view}
                  onValue={(next) => setParams({ view: next === 'records' ? 'records' : null }, false)}
                  options={[
                    { value: 'sample', label: 'Sample record' },
                    { value: 'records', label: 'How they come out', count: preview.data?.records.length },
                  ]}
                />
              </div>
            }
          >
            {view === 'sample' ? (
              <SamplePanel topic={topic.topic} draft={draft} onPoint={point} />
            ) : (
              <OutcomeTable preview={preview.data} isOld={preview.isPlaceholderData} />
            )}
          </Panel>
          <Panel label="Fields" look="raised">
            <MappingForm
              draft={draft}
              preview={preview.data ?? null}
              problem={
                problem === null ? null : { ...(problem.details as { field: string; problem: string }) }
              }
              onDraft={edit}
            />
          </Panel>
        </Columns>
      </div>
    </Panel>
  );
}
