import { Share2 } from 'lucide-react';
import { IconButton } from '../components/Button.tsx';
import { Kbd } from '../components/Kbd.tsx';
import { Menu } from '../components/Menu.tsx';
import { type Command, keysOf } from '../lib/keys.ts';

/** What can be done with the present view as a whole: the commands of that group, on a button. */
export function ViewMenu({ commands }: { commands: readonly Command[] }) {
  const items = commands.filter(({ group }) => group === 'View');
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="This view">
          <Share2 />
        </IconButton>
      }
      groups={[
        {
          id: 'view',
          items: items.map((command) => {
            const [key] = keysOf(command);
            return {
              id: command.id,
              label: command.title,
              hint: key === undefined ? undefined : <Kbd keys={key} />,
              run: () => command.run?.(),
            };
          }),
        },
      ]}
    />
  );
}
