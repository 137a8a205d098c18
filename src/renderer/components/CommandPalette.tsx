import { Dialog } from '@base-ui/react/dialog';
import { Command as Cmdk } from 'cmdk';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { type Command, keysOf } from '../lib/keys.ts';
import { useOpening } from '../lib/opening.ts';
import styles from './CommandPalette.module.css';
import { Kbd } from './Kbd.tsx';
import { usePopupFocus } from './popupFocus.tsx';

interface PaletteProps {
  open: boolean;
  onClose: () => void;
  commands: readonly Command[];
}

/** Groups of the frame around the screens. */
const EVERYWHERE: ReadonlySet<string> = new Set(['Time', 'View', 'Go', 'Workspace', 'Hindcast']);

/** Every command by name, with its key. */
export function CommandPalette({ open, onClose, commands }: PaletteProps) {
  const runnable = commands.filter((command) => command.run !== undefined && !command.disabled);
  // What this screen can do stands first, what every screen can do after it.
  const groups = [...new Set(runnable.map((command) => command.group))].sort(
    (a, b) => Number(EVERYWHERE.has(a)) - Number(EVERYWHERE.has(b)),
  );
  const focus = usePopupFocus(undefined, true);
  const [search, setSearch] = useState('');
  useOpening(open, () => setSearch(''));
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup {...focus} className={styles.popup} aria-label="Commands">
          <Cmdk label="Commands" loop vimBindings={false}>
            <div className={styles.field}>
              <Search />
              <Cmdk.Input
                className={styles.input}
                placeholder="Type a command"
                value={search}
                onValueChange={setSearch}
              />
            </div>
            <Cmdk.List className={styles.list}>
              <Cmdk.Empty className={styles.empty}>No command has this name.</Cmdk.Empty>
              {groups.map((group) => (
                <Cmdk.Group key={group} heading={group} className={styles.group}>
                  {runnable
                    .filter((command) => command.group === group)
                    .map((command) => (
                      <Cmdk.Item
                        key={command.id}
                        value={`${command.title} ${command.id}`}
                        className={styles.item}
                        onSelect={() => {
                          onClose();
                          command.run?.();
                        }}
                      >
                        {command.title}
                        <span className={styles.keys}>
                          {keysOf(command).map((key) => (
                            <Kbd key={key} keys={key} />
                          ))}
                        </span>
                      </Cmdk.Item>
                    ))}
                </Cmdk.Group>
              ))}
            </Cmdk.List>
          </Cmdk>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
