import { Download } from 'lucide-react';
import type { ResultFormat } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Menu } from '../../components/Menu.tsx';
import { toast, toastError } from '../../components/Toast.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { callEngine } from '../../lib/queries.ts';
import { chooseTarget, followFile } from '../../lib/transferFiles.ts';
import type { SqlAnswer, SqlQuestion } from './useSqlAnswer.ts';

const FORMATS: readonly { format: ResultFormat; label: string; hint: string }[] = [
  { format: 'csv', label: 'CSV', hint: 'for spreadsheets' },
  { format: 'json', label: 'JSON', hint: 'one list' },
  { format: 'ndjson', label: 'NDJSON', hint: 'a row a line' },
  { format: 'parquet', label: 'Parquet', hint: 'typed columns' },
];

interface ExportResultProps {
  /** Proposed name of the file. */
  name?: string;
  question: SqlQuestion | null;
  /** The answer that is shown; undefined: there is none to export. */
  data: SqlAnswer | undefined;
}

/** Writes all rows of an answer into a file, also those that were not shown. Every digit is kept. */
export function ExportResult({ name = 'result', question, data }: ExportResultProps) {
  const save = async (format: ResultFormat) => {
    if (question === null) return;
    const { sql, parameters, cut } = question;
    try {
      const target = await chooseTarget(format, name);
      if (target === null) return;
      const { jobId } = await callEngine(['sql', 'export'], {
        sql,
        ...(parameters === undefined ? {} : { parameters }),
        cut,
        format,
        target,
      });
      toast('The export has begun.', { detail: 'Activity tells how far it is.' });
      followFile(jobId);
    } catch (error) {
      toastError(error as EngineError);
    }
  };
  return (
    <Menu
      align="end"
      trigger={
        <Button look="quiet" icon={<Download />} disabled={question === null || data === undefined}>
          Export
        </Button>
      }
      groups={[
        {
          id: 'form',
          label: 'All rows, every digit',
          items: FORMATS.map(({ format, label, hint }) => ({
            id: format,
            label,
            hint,
            run: () => void save(format),
          })),
        },
      ]}
    />
  );
}
