import { useEffect, useRef } from 'react';
import { toast, toastError } from '../components/Toast.tsx';
import { go, parseHash } from '../lib/address.ts';
import { desktop } from '../lib/desktop.ts';
import type { EngineError } from '../lib/engine.ts';
import { callEngine } from '../lib/queries.ts';
import { useTheme } from '../lib/theme.ts';

interface Openers {
  openPalette: () => void;
  openKeys: () => void;
}

/** Opens the file that a dialog gave a token for. */
export async function openFile(token: string): Promise<void> {
  try {
    const info = await callEngine(['workspace', 'openFile'], { token });
    toast(`${info.name} is open.`);
    go(['aggregates']);
  } catch (error) {
    toastError(error as EngineError);
  }
}

/** Does what the menu of the desktop window asks for. */
export function useDesktopCommands(openers: Openers): void {
  const newest = useRef(openers);
  newest.current = openers;
  useEffect(
    () =>
      desktop?.onCommand((command) => {
        if (command.name === 'palette') newest.current.openPalette();
        else if (command.name === 'keys') newest.current.openKeys();
        else if (command.name === 'theme') useTheme.getState().setTheme(command.theme);
        else if (command.name === 'open-file') void openFile(command.token);
        else if (command.name === 'go') {
          const { segments, params } = parseHash(command.address);
          go(segments, Object.fromEntries(params));
        }
      }),
    [],
  );
}
