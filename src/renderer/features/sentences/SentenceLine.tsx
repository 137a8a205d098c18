import { Pencil } from 'lucide-react';
import { memo, useCallback, useRef } from 'react';
import type { EventRow } from '../../../contract/common.ts';
import { IconButton } from '../../components/Button.tsx';
import { shown } from '../../lib/escape.ts';
import { useCommands } from '../../lib/keys.ts';
import { editSentence } from './editing.ts';
import styles from './sentences.module.css';

/** What happened, in full, and the way to say it in other words. */
export function SentenceLine({ row }: { row: EventRow }) {
  const isTemplated = row.kind === 'event' || row.kind === 'plain';
  const newest = useRef(row);
  newest.current = row;
  const edit = useCallback(() => {
    const { type, place } = newest.current;
    editSentence({ type, topic: place.topic, saved: null });
  }, []);
  useCommands([
    {
      id: 'sentence.edit',
      title: 'Edit the sentence of this type of event',
      group: 'Event',
      keys: 's',
      hint: 'sentence',
      disabled: !isTemplated,
      run: edit,
    },
  ]);
  return (
    <div className={styles.line}>
      <p>{shown(row.sentence)}</p>
      {isTemplated ? <EditButton onClick={edit} /> : null}
    </div>
  );
}

/** Stepping through events leaves it as it is. */
const EditButton = memo(function EditButton({ onClick }: { onClick: () => void }) {
  return (
    <IconButton label="Edit the sentence" keys="s" onClick={onClick}>
      <Pencil />
    </IconButton>
  );
});
