import { Columns2, X } from 'lucide-react';
import type { CompareSide } from '../../../contract/compare.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { shown } from '../../lib/escape.ts';
import styles from './compare.module.css';
import { clearMark, markSide, useMark } from './mark.ts';

interface MarkButtonProps {
  /** What would be marked; null: nothing is chosen yet. */
  side: CompareSide | null;
  words: string;
}

/** Marks A, then B; says what A is meanwhile. */
export function MarkButton({ side, words }: MarkButtonProps) {
  const { mark } = useMark();
  return (
    <span className={styles.mark}>
      <Button
        icon={<Columns2 />}
        keys="m"
        disabled={side === null}
        title={mark === null ? 'Mark this as A of a comparison' : `Compare with A: ${shown(mark.words)}`}
        onClick={() => side !== null && markSide(side, words)}
      >
        {mark === null ? 'Mark A' : 'Compare with A'}
      </Button>
      {mark === null ? null : (
        <IconButton label={`Forget A: ${shown(mark.words)}`} onClick={clearMark}>
          <X />
        </IconButton>
      )}
    </span>
  );
}
