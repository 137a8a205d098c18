import { keyLabel } from '../lib/keys.ts';
import styles from './Kbd.module.css';

/** A key as on the keyboard: `<Kbd keys="mod+k" />`. */
export function Kbd({ keys }: { keys: string }) {
  return <kbd className={styles.kbd}>{keyLabel(keys)}</kbd>;
}
