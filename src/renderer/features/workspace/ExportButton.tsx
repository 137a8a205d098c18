import { Download } from 'lucide-react';
import { useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import { IconButton } from '../../components/Button.tsx';
import { useCommands } from '../../lib/keys.ts';
import { ExportDialog, type Exported } from './ExportDialog.tsx';

/** Exports what a screen shows: the records of a filter. */
export function ExportButton({
  filter,
  what,
  name,
}: {
  filter: EventFilter;
  /** What it is, at the beginning of a sentence. */
  what: string;
  /** Proposed name of the file, without ending. */
  name: string;
}) {
  const [exported, setExported] = useState<Exported | null>(null);
  const ask = () => setExported({ filter, what, name });
  useCommands([{ id: 'export.shown', title: `Export: ${what}…`, group: 'Events', run: ask }]);
  return (
    <>
      <IconButton label="Export these events" onClick={ask}>
        <Download />
      </IconButton>
      <ExportDialog exported={exported} onClose={() => setExported(null)} />
    </>
  );
}
