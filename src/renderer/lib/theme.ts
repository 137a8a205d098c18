import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'hindcast.theme';

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

interface ThemeStore {
  theme: Theme;
  setTheme(theme: Theme): void;
}

export const useTheme = create<ThemeStore>((set) => ({
  theme: 'system',
  setTheme(theme) {
    localStorage.setItem(KEY, theme);
    apply(theme);
    set({ theme });
  },
}));

/** Applies what was chosen last; called before the first paint. */
export function startTheme(): void {
  const theme = stored();
  apply(theme);
  useTheme.setState({ theme });
}

const darkQuery = matchMedia('(prefers-color-scheme: dark)');

/** True while the page is dark; changes with the switch and with the system. */
export function isDark(): boolean {
  const { theme } = useTheme.getState();
  return theme === 'system' ? darkQuery.matches : theme === 'dark';
}

/** Calls back when colours change, so that canvases are drawn again. */
export function onThemeChange(listener: () => void): () => void {
  const stop = useTheme.subscribe(listener);
  darkQuery.addEventListener('change', listener);
  return () => {
    stop();
    darkQuery.removeEventListener('change', listener);
  };
}

/** The colour a token has at an element, as a canvas takes it. */
export function tokenColour(element: Element, token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  element.appendChild(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
