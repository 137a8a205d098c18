import { Minimize2 } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { KeyValue } from '../../components/KeyValue.tsx';
import { Callout } from '../../components/Panel.tsx';
import { Skeleton } from '../../components/States.tsx';
import { toastError } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes } from '../../lib/format.ts';
import { useEngineAction, useEngineQuery } from '../../lib/queries.ts';

/** What compacting needs and gives back, before it begins. */
export function CompactDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const plan = useEngineQuery(['workspace', 'compactPlan'], {}, { enabled: open, keep: false });
  const compact = useEngineAction(['workspace', 'compact'], { onSuccess: onClose });
  const data = plan.data ?? null;
  const problem = plan.error?.message ?? data?.problem ?? null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Compact the workspace"
      description="The file is written anew without its free pages. Reading goes on; a capture has to wait. SQLite cannot be stopped in the middle; a crash leaves the file as it was."
      onSubmit={() => problem === null && compact.mutate({}, { onError: toastError })}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            icon={<Minimize2 />}
            disabled={data === null || problem !== null || compact.isPending}
          >
            Compact
          </Button>
        </>
      }
    >
      {problem === null ? null : <Callout tone="warn" title={shown(problem)} />}
      {data === null ? (
        problem === null ? (
          <Skeleton lines={4} />
        ) : null
      ) : (
        <KeyValue
          rows={[
            { name: 'file now', value: formatBytes(data.fileBytes) },
            { name: 'free pages', value: `${formatBytes(data.freeBytes)}, at least so much smaller` },
            { name: 'needs meanwhile', value: `${formatBytes(data.neededBytes)} on the disk` },
            { name: 'free on the disk', value: formatBytes(data.availableBytes) },
          ]}
        />
      )}
    </Dialog>
  );
}
