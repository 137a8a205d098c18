import { FileUp } from 'lucide-react';
import { useState } from 'react';
import type { WorkspaceInfo } from '../../../contract/workspace.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field, Input } from '../../components/Field.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { callEngine } from '../../lib/queries.ts';
import { chooseFile } from '../../lib/transferFiles.ts';
import styles from './Workspace.module.css';

type Where = 'here' | 'new';

/** Asks into which workspace, then for the file, and starts the import. */
export function ImportDialog({
  open,
  onClose,
  info,
  onStarted,
}: {
  open: boolean;
  onClose: () => void;
  info: WorkspaceInfo | null;
  onStarted: (jobId: string) => void;
}) {
  const canHere = info !== null && !info.readOnly;
  const [chosen, setWhere] = useState<Where>('here');
  const where: Where = canHere ? chosen : 'new';
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    try {
      const token = await chooseFile('import');
      if (token === null) return;
      if (where === 'new') await callEngine(['workspace', 'create'], { name: name.trim() });
      const { jobId } = await callEngine(['transfer', 'importFile'], { token });
      toast('The import has begun.', { detail: 'Lines that bring no record are listed with the reason.' });
      onStarted(jobId);
      onClose();
    } catch (error) {
      toastError(error as EngineError);
    } finally {
      setBusy(false);
    }
  };
  const isReady = !isBusy && (where === 'here' || name.trim() !== '');
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Import records"
      description="A file that Hindcast exported: NDJSON, CSV or Parquet. Records that are there already with the same bytes are counted, not stored twice."
      onSubmit={() => isReady && void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<FileUp />} disabled={!isReady}>
            Choose the file…
          </Button>
        </>
      }
    >
      <Segmented<Where>
        label="Into"
        value={where}
        onValue={setWhere}
        options={[
          {
            value: 'here',
            label: canHere ? `Into ${shown(info.name)}` : 'Into the open one',
            disabled: !canHere,
          },
          { value: 'new', label: 'Into a new workspace' },
        ]}
      />
      {where === 'here' ? (
        <p className={styles.about}>
          Offsets go on where the workspace stands. Import only what is of the same cluster: topics of one
          name become one topic.
        </p>
      ) : (
        <Field label="Its name" layout="above">
          <Input value={name} onValue={setName} />
        </Field>
      )}
    </Dialog>
  );
}
