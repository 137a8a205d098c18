import { LockKeyhole, LockKeyholeOpen, Moon, Search, Sun } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Connection } from '../../contract/connections.ts';
import { IconButton } from '../components/Button.tsx';
import { CoverageBadge } from '../components/CoverageBadge.tsx';
import { cx } from '../components/cx.ts';
import { Kbd } from '../components/Kbd.tsx';
import { Menu } from '../components/Menu.tsx';
import { Chip } from '../components/Tag.tsx';
import { go } from '../lib/address.ts';
import { chooseConnection, useConnections } from '../lib/connection.ts';
import { shown } from '../lib/escape.ts';
import { formatDuration } from '../lib/format.ts';
import type { Command } from '../lib/keys.ts';
import { useNow } from '../lib/now.ts';
import { useEngineQuery } from '../lib/queries.ts';
import { isDark, onThemeChange, useTheme } from '../lib/theme.ts';
import { FocusBar } from './FocusBar.tsx';
import styles from './TopBar.module.css';
import { ViewMenu } from './ViewMenu.tsx';
import { WorkspaceMenu } from './WorkspaceMenu.tsx';

interface TopBarProps {
  focusOpen: boolean;
  onFocusOpen: (open: boolean) => void;
  onSearch: () => void;
  /** All commands of the moment. */
  commands: readonly Command[];
}

export function TopBar({ focusOpen, onFocusOpen, onSearch, commands }: TopBarProps) {
  const workspace = useEngineQuery(['workspace', 'current'], {});
  return (
    <header className={styles.bar}>
      <svg className={styles.logo} viewBox="0 0 24 24" role="img" aria-label="Hindcast">
        <path d="M4 12a8 8 0 1 0 3-6.2M4 4v4h4" />
        <path d="M12 8v4l3 2" />
      </svg>
      <ClusterChip />
      <WorkspaceMenu info={workspace.data ?? null} />
      <div className={styles.middle}>
        <FocusBar open={focusOpen} onOpen={onFocusOpen} />
        <ViewMenu commands={commands} />
      </div>
      {workspace.data ? <CoverageBadge badge={workspace.data.coverage} /> : null}
      <Chip onClick={onSearch} icon={<Search />} title="Search commands">
        <span className={styles.searchWord}>Search</span> <Kbd keys="mod+k" />
      </Chip>
      <ThemeButton />
    </header>
  );
}

/** True until the time is over; looks again every second. */
export function useUnlocked(connection: Connection | null): number | null {
  const now = useNow(1000);
  const until = connection?.unlocked?.until ?? null;
  return until !== null && until > now ? until - now : null;
}

function ClusterChip() {
  const { connections, current } = useConnections();
  const leftMs = useUnlocked(current);
  const lock = leftMs === null ? <LockKeyhole /> : <LockKeyholeOpen />;
  return (
    <Menu
      trigger={
        <Chip className={cx(styles.cluster, current === null ? undefined : styles[current.environment])}>
          <span className={styles.dot} />
          <span className="sr-only">Cluster: </span>
          {current === null ? (
            'no cluster'
          ) : (
            <>
              <span className="ellipsis">{shown(current.name)}</span>
              <span className={styles.words}>· {current.environment}</span>
              {lock}
              <span className={styles.words}>
                {leftMs === null
                  ? 'read-only'
                  : `unlocked ${formatDuration(Math.ceil(leftMs / 1000) * 1000)}`}
              </span>
            </>
          )}
        </Chip>
      }
      groups={[
        {
          id: 'connections',
          label: connections.length === 0 ? 'No connections yet' : 'Work with',
          items: connections.map((connection) => ({
            id: connection.id,
            label: shown(connection.name),
            hint: connection.environment,
            checked: connection.id === current?.id,
            run: () => chooseConnection(connection.id),
          })),
        },
        {
          id: 'more',
          items: [
            {
              id: 'edit',
              label: 'Connections…',
              run: () => go(['connections', ...(current ? [current.id] : [])]),
            },
          ],
        },
      ]}
    />
  );
}

function ThemeButton() {
  const setTheme = useTheme((store) => store.setTheme);
  const [dark, setDark] = useState(isDark);
  useEffect(() => onThemeChange(() => setDark(isDark())), []);
  return (
    <IconButton label={dark ? 'Light theme' : 'Dark theme'} onClick={() => setTheme(dark ? 'light' : 'dark')}>
      {dark ? <Sun /> : <Moon />}
    </IconButton>
  );
}
