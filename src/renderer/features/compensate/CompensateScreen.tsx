import { Undo2 } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import type { AggregateRef } from '../../../contract/common.ts';
import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Select } from '../../components/Select.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { go, useAddress } from '../../lib/address.ts';
import { chooseConnection, useConnections } from '../../lib/connection.ts';
import { useEngine } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';
import { Composer } from './Composer.tsx';
import { Done } from './Done.tsx';
import { draftKey, keepDraft, useDrafts } from './draftStore.ts';

const RECORD_ID = /^\d{1,16}$/;

/** A new event that corrects another: `#/compensate/<type>/<id>?event=<record>`. */
export default function CompensateScreen() {
  const { segments, params } = useAddress();
  const { connections, current, isLoading } = useConnections();
  const workspace = useEngineQuery(['workspace', 'current'], {});
  const [, type, id] = segments;
  const event = params.get('event');
  const correctedId = event !== null && RECORD_ID.test(event) ? Number(event) : null;
  const ref = useMemo(() => (type === undefined || id === undefined ? null : { type, id }), [type, id]);
  if (ref === null)
    return (
      <Screen>
        <EmptyState
          heading
          icon={<Undo2 />}
          title="A compensating event begins at an event or an aggregate."
          action={
            <Button look="primary" onClick={() => go(['aggregates'])}>
              Choose an aggregate
            </Button>
          }
        >
          Open a timeline, choose the event that is wrong, and press Compensate.
        </EmptyState>
      </Screen>
    );
  if (isLoading || workspace.data === undefined)
    return (
      <Screen>
        {workspace.error === null ? <Skeleton lines={10} /> : <ErrorState error={workspace.error} />}
      </Screen>
    );
  const timeline = (
    <Button onClick={() => go(['aggregates', ref.type, ref.id], { event: correctedId })}>
      Back to the timeline
    </Button>
  );
  if (workspace.data === null)
    return (
      <Screen>
        <EmptyState heading icon={<Undo2 />} title="No workspace is open.">
          A compensation rests on captured events. Open the workspace that holds this aggregate.
        </EmptyState>
      </Screen>
    );
  if (current === null)
    return (
      <Screen>
        <EmptyState
          heading
          icon={<Undo2 />}
          title={
            connections.length === 0
              ? 'An event is published to a cluster, and none is connected.'
              : 'Choose the cluster that these events are from.'
          }
          action={
            connections.length === 0 ? (
              <>
                <Button look="primary" onClick={() => go(['connections', 'new'])}>
                  New connection
                </Button>
                {timeline}
              </>
            ) : (
              <Select
                label="Cluster"
                value=""
                onValue={chooseConnection}
                options={connections.map(({ id: value, name, environment }) => ({
                  value,
                  label: shown(name),
                  hint: environment,
                }))}
              />
            )
          }
        >
          Connecting sends nothing; the cluster stays read-only until you unlock it with a reason.
        </EmptyState>
      </Screen>
    );
  const key = draftKey(workspace.data.file, ref, correctedId);
  return (
    <Drafted
      key={key}
      draftKey={key}
      aggregate={ref}
      correctedId={correctedId}
      connection={current}
      connections={connections}
      isRecording={workspace.data.readOnly}
    />
  );
}

interface DraftedProps {
  draftKey: string;
  aggregate: AggregateRef;
  correctedId: number | null;
  connection: Connection;
  connections: readonly Connection[];
  isRecording: boolean;
}

/** Makes the draft when there is none, and shows the receipt once it is published. */
function Drafted(props: DraftedProps) {
  const { draftKey: key, aggregate, correctedId, connection } = props;
  const kept = useDrafts(({ drafts }) => drafts[key]);
  const receipt = useDrafts(({ receipts }) => receipts[key]);
  const user = useEngine((engine) => engine.info?.user ?? '');
  const make = useEngineAction(['compensate', 'draft'], {
    onSuccess: ({ draft, fields }) => {
      const { drafts, receipts } = useDrafts.getState();
      // Asked for once more, such as by who left and came back: what is written into the first one stays.
      if (drafts[key] === undefined && receipts[key] === undefined)
        keepDraft(key, { draft, drafted: draft, fields });
    },
  });
  const { mutate } = make;
  const isNeeded = kept === undefined && receipt === undefined;
  useEffect(() => {
    if (isNeeded) mutate({ connectionId: connection.id, ref: aggregate, correctedId, actor: user });
  }, [isNeeded, connection.id, aggregate, correctedId, user, mutate]);

  if (receipt !== undefined) return <Done storeKey={key} receipt={receipt} />;
  if (kept !== undefined) return <Composer {...props} kept={kept} />;
  return (
    <Screen>
      {make.error === null ? (
        <Skeleton lines={12} />
      ) : (
        <>
          <ErrorState
            error={make.error}
            onRetry={() => mutate({ connectionId: connection.id, ref: aggregate, correctedId, actor: user })}
          />
          <EmptyState
            title="There is nothing to compose yet."
            action={
              <Button onClick={() => go(['aggregates', aggregate.type, aggregate.id])}>
                Back to the timeline
              </Button>
            }
          />
        </>
      )}
    </Screen>
  );
}
