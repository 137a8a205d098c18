import { Download } from 'lucide-react';
import { useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import type { TransferFormat } from '../../../contract/transfer.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import { shown } from '../../lib/escape.ts';
import { useEngineAction } from '../../lib/queries.ts';
import { chooseTarget, followFile } from '../../lib/transferFiles.ts';
import styles from './Workspace.module.css';

const ABOUT: Record<TransferFormat, string> = {
  ndjson: 'One JSON object a line. Comes back byte for byte; keys and values that are no UTF-8 are base64.',
  csv: 'For spreadsheets. What one would run as a formula gets an apostrophe and is marked in the last column; an import takes it off again.',
  parquet: 'Columns for DuckDB, Spark and pandas. Comes back byte for byte; the smallest of the three.',
};

/** What is exported: the records of a filter, named for the person. */
export interface Exported {
  filter: EventFilter;
  what: string;
  /** Proposed name of the file, without ending. */
  name: string;
}

/** Asks for the format, then for the place, and starts the export. */
export function ExportDialog({ exported, onClose }: { exported: Exported | null; onClose: () => void }) {
  const [format, setFormat] = useState<TransferFormat>('ndjson');
  const start = useEngineAction(['transfer', 'exportEvents'], {
    onSuccess: ({ jobId }) => {
      followFile(jobId);
      toast('The export has begun.', {
        detail: 'Its progress is at the bottom; nothing has to wait for it.',
      });
      onClose();
    },
  });
  const submit = async () => {
    if (exported === null) return;
    const target = await chooseTarget(format, exported.name);
    if (target !== null) start.mutate({ filter: exported.filter, format, target }, { onError: toastError });
  };
  return (
    <Dialog
      open={exported !== null}
      onClose={onClose}
      title="Export"
      description={
        exported === null
          ? ''
          : `${shown(exported.what)}, with key, headers, value, partition, offset and times, in log order.`
      }
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<Download />} disabled={start.isPending}>
            Export
          </Button>
        </>
      }
    >
      <Segmented<TransferFormat>
        label="Format"
        value={format}
        onValue={setFormat}
        options={[
          { value: 'ndjson', label: 'NDJSON' },
          { value: 'csv', label: 'CSV' },
          { value: 'parquet', label: 'Parquet' },
        ]}
      />
      <p className={styles.about}>{ABOUT[format]}</p>
    </Dialog>
  );
}
