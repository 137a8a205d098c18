import { Component, type ErrorInfo, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { CommandPalette } from '../components/CommandPalette.tsx';
import { cx } from '../components/cx.ts';
import { Screen } from '../components/Screen.tsx';
import { ErrorState, Skeleton } from '../components/States.tsx';
import { useEdited } from '../features/sentences/editing.ts';
import { getHash, go, hrefTo, useAddress } from '../lib/address.ts';
import { useEngine } from '../lib/engine.ts';
import { setFocus } from '../lib/focus.ts';
import { useAllCommands, useCommands } from '../lib/keys.ts';
import { noteAggregate } from '../lib/lastAggregate.ts';
import { useEngineQuery } from '../lib/queries.ts';
import { isDark, useTheme } from '../lib/theme.ts';
import { Banners } from './Banners.tsx';
import { BottomBar } from './BottomBar.tsx';
import styles from './Frame.module.css';
import { KeySheet } from './KeySheet.tsx';
import { ROUTES, routeOf } from './routes.tsx';
import { TopBar } from './TopBar.tsx';
import { useDesktopCommands } from './useDesktopCommands.ts';
import { useViewCommands } from './useViewCommands.tsx';

export function Frame() {
  const address = useAddress();
  const { segments } = address;
  noteAggregate(address);
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  const [focusOpen, setFocusOpen] = useState(false);
  const commands = useAllCommands();
  const status = useEngine((engine) => engine.status);
  const route = routeOf(segments);
  useFirstScreen(segments.length === 0);
  useDesktopCommands({ openPalette: () => setPalette(true), openKeys: () => setSheet(true) });
  useEffect(() => {
    document.title = route === undefined ? 'Hindcast' : `${route.title} · Hindcast`;
  }, [route]);

  useCommands([
    {
      id: 'app.palette',
      title: 'Search commands',
      group: 'Hindcast',
      keys: 'mod+k',
      run: () => setPalette(true),
    },
    {
      id: 'app.keys',
      title: 'Show all keys',
      group: 'Hindcast',
      keys: '?',
      hint: 'keys',
      run: () => setSheet(true),
    },
    { id: 'app.back', title: 'Back', group: 'Go', keys: '[', run: () => history.back() },
    { id: 'app.forward', title: 'Forward', group: 'Go', keys: ']', run: () => history.forward() },
    ...ROUTES.filter(({ hidden }) => !hidden).map(({ name, title, keys }) => ({
      id: `go.${name}`,
      title: `Open ${title.toLowerCase()}`,
      group: 'Go',
      keys,
      run: () => go([name]),
    })),
    {
      id: 'focus.open',
      title: 'Choose the time to look at',
      group: 'Time',
      keys: 't',
      run: () => setFocusOpen(true),
    },
    {
      id: 'focus.now',
      title: 'Back to now',
      group: 'Time',
      keys: 'shift+t',
      run: () => setFocus({ knownOn: null, trueOn: null }),
    },
    {
      id: 'app.theme',
      title: 'Switch between light and dark',
      group: 'Hindcast',
      run: () => useTheme.getState().setTheme(isDark() ? 'light' : 'dark'),
    },
  ]);

  const viewDialogs = useViewCommands(segments[0]);

  const Chosen = route?.screen(segments) ?? null;
  return (
    <div className={styles.frame}>
      <TopBar
        focusOpen={focusOpen}
        onFocusOpen={setFocusOpen}
        onSearch={() => setPalette(true)}
        commands={commands}
      />
      <nav className={styles.rail} aria-label="Screens">
        {ROUTES.filter(({ hidden, name }) => !hidden || name === segments[0]).map(({ name, title, icon }) => (
          <a
            key={name}
            href={hrefTo([name])}
            className={cx(styles.place, route?.name === name && styles.here)}
            aria-current={route?.name === name ? 'page' : undefined}
          >
            {icon}
            {title}
          </a>
        ))}
      </nav>
      <main className={styles.main}>
        <Banners />
        {status === 'refused' ? (
          <Refused />
        ) : Chosen === null ? (
          <Nowhere waiting={segments.length === 0} />
        ) : (
          <Guard key={segments[0]}>
            <Suspense fallback={<Skeleton lines={6} />}>
              <Chosen />
            </Suspense>
          </Guard>
        )}
      </main>
      <BottomBar commands={commands} />
      <CommandPalette open={palette} onClose={() => setPalette(false)} commands={commands} />
      {viewDialogs}
      <SentenceDialog />
      <KeySheet open={sheet} onClose={() => setSheet(false)} commands={commands} />
    </div>
  );
}

const SentenceEditor = lazy(() => import('../features/sentences/SentenceEditor.tsx'));

/** The editor of a sentence is fetched when it is opened for the first time. */
function SentenceDialog() {
  if (useEdited((store) => store.edited) === null) return null;
  return (
    <Suspense fallback={null}>
      <SentenceEditor />
    </Suspense>
  );
}

/** Without an address: to the events of the open workspace, else to the clusters. */
function useFirstScreen(needed: boolean): void {
  const workspace = useEngineQuery(['workspace', 'current'], {}, { enabled: needed });
  const { data, isError } = workspace;
  useEffect(() => {
    if (!needed || (data === undefined && !isError)) return;
    const hasEvents = data !== undefined && data !== null && data.records > 0;
    go([hasEvents && routeOf(['aggregates']) !== undefined ? 'aggregates' : 'connections'], {}, true);
  }, [needed, data, isError]);
}

function Refused() {
  const problem = useEngine((engine) => engine.problem);
  return (
    <Screen>
      <ErrorState
        error={{
          message: problem ?? 'The engine does not let this page in.',
          nextStep: 'Open the whole address that the running Hindcast prints.',
        }}
        onRetry={() => location.reload()}
      />
    </Screen>
  );
}

function Nowhere({ waiting }: { waiting: boolean }) {
  if (waiting) return <Skeleton lines={6} />;
  return (
    <Screen>
      <ErrorState
        error={{
          message: `This address leads to no screen: ${getHash()}`,
          nextStep: 'Choose a screen at the left.',
        }}
      />
    </Screen>
  );
}

/** A screen that fails takes nothing else with it. */
class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }
  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <ErrorState
        error={{
          message: `This screen could not be drawn: ${error.message}`,
          nextStep: 'Try again; if it comes back, copy the details and report it. Your data is untouched.',
          details: { stack: error.stack },
        }}
        onRetry={() => this.setState({ error: null })}
      />
    );
  }
}
