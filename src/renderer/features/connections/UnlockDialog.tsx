import { LockKeyholeOpen } from 'lucide-react';
import { useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input, TextArea } from '../../components/Field.tsx';
import { ErrorState } from '../../components/States.tsx';
import { rememberConnection } from '../../lib/connection.ts';
import { shown } from '../../lib/escape.ts';
import { useEngineAction } from '../../lib/queries.ts';

const SHORTEST_REASON = 3;

/** Allows publishing for ten minutes, with a reason; production asks for the connection's name. */
export function UnlockDialog({
  connection,
  open,
  onClose,
}: {
  connection: Connection;
  open: boolean;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [typedName, setTypedName] = useState('');
  const [tried, setTried] = useState(false);
  const isProduction = connection.environment === 'production';
  const close = () => {
    setReason('');
    setTypedName('');
    setTried(false);
    unlock.reset();
    onClose();
  };
  const unlock = useEngineAction(['connections', 'unlock'], {
    onSuccess: rememberConnection,
  });
  const reasonProblem =
    reason.trim().length < SHORTEST_REASON ? 'Say why; it stands in every receipt.' : null;
  const nameProblem =
    isProduction && typedName !== connection.name ? `Type ${connection.name} exactly.` : null;
  const submit = () => {
    setTried(true);
    if (reasonProblem !== null || nameProblem !== null) return;
    unlock.mutate(
      { id: connection.id, reason: reason.trim(), typedName: isProduction ? typedName : null },
      // Not when it was closed meanwhile: that resets the action.
      { onSuccess: close },
    );
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      onSubmit={submit}
      title={`Unlock ${shown(connection.name)} (${connection.environment})`}
      description="For ten minutes, compensating events can be published to this cluster. Then it locks itself again. Unlocking sends nothing."
      footer={
        <>
          <Button onClick={close}>Stay read-only</Button>
          <Button
            type="submit"
            look={isProduction ? 'danger' : 'primary'}
            icon={<LockKeyholeOpen />}
            disabled={unlock.isPending}
          >
            Unlock
          </Button>
        </>
      }
    >
      <Field
        layout="above"
        label="Reason"
        error={tried ? reasonProblem : null}
        hint="For example the case: dispute 0412"
      >
        <TextArea rows={2} value={reason} onValue={setReason} autoFocus />
      </Field>
      {isProduction ? (
        <Field
          layout="above"
          label={
            <>
              Production: type the connection’s name, <span className="mono">{shown(connection.name)}</span>
            </>
          }
          error={tried ? nameProblem : null}
        >
          <Input mono value={typedName} onValue={setTypedName} />
        </Field>
      ) : null}
      {unlock.error === null ? null : <ErrorState error={unlock.error} compact />}
    </Dialog>
  );
}
