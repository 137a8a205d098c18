import { Dialog } from '../components/Dialog.tsx';
import { Kbd } from '../components/Kbd.tsx';
import { type Command, keysOf } from '../lib/keys.ts';
import styles from './KeySheet.module.css';

/** All keys of this screen and of the frame. */
export function KeySheet({
  open,
  onClose,
  commands,
}: {
  open: boolean;
  onClose: () => void;
  commands: readonly Command[];
}) {
  const withKeys = commands.filter((command) => keysOf(command).length > 0);
  const groups = [...new Set(withKeys.map((command) => command.group))];
  return (
    <Dialog open={open} onClose={onClose} title="Keys" width="wide">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long sheet must be scrolled by keyboard. */}
      <section className={styles.groups} tabIndex={0} aria-label="All keys">
        {groups.map((group) => (
          <section key={group}>
            <h3 className={styles.group}>{group}</h3>
            <dl className={styles.list}>
              {withKeys
                .filter((command) => command.group === group)
                .map((command) => (
                  <div key={command.id} className={styles.row}>
                    <dt>{command.title}</dt>
                    <dd>
                      {keysOf(command).map((key) => (
                        <Kbd key={key} keys={key} />
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </section>
    </Dialog>
  );
}
