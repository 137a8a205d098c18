import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { DesktopCommand, FilePurpose } from '../contract/bridge.ts';
import { KAFKA_DOCS, openExternalLink, SQL_DOCS } from './links.ts';

export interface MenuActions {
  openFile(purpose: FilePurpose): void;
  command(command: DesktopCommand): void;
}

/** The application menu. Its items have ids for tests and for the help that names them. */
export function installMenu({ openFile, command }: MenuActions): void {
  const mac = process.platform === 'darwin';
  const theme = (label: string, value: 'system' | 'light' | 'dark'): MenuItemConstructorOptions => ({
    id: `theme-${value}`,
    label,
    click: () => command({ name: 'theme', theme: value }),
  });
  const file: MenuItemConstructorOptions[] = [
    {
      id: 'open-workspace',
      label: 'Open workspace…',
      accelerator: 'CmdOrCtrl+O',
      click: () => openFile('workspace'),
    },
    { id: 'open-recording', label: 'Open recording…', click: () => openFile('recording') },
    { type: 'separator' },
    mac ? { role: 'close' } : { role: 'quit' },
  ];
  const view: MenuItemConstructorOptions[] = [
    {
      id: 'palette',
      label: 'Command palette',
      accelerator: 'CmdOrCtrl+K',
      click: () => command({ name: 'palette' }),
    },
    {
      label: 'Theme',
      submenu: [theme('As the system', 'system'), theme('Light', 'light'), theme('Dark', 'dark')],
    },
    { type: 'separator' },
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { role: 'togglefullscreen' },
    ...(app.isPackaged ? [] : ([{ role: 'toggleDevTools' }] as MenuItemConstructorOptions[])),
  ];
  const help: MenuItemConstructorOptions[] = [
    { id: 'keys', label: 'Keys', click: () => command({ name: 'keys' }) },
    { id: 'kafka-docs', label: 'Kafka documentation', click: () => openExternalLink(KAFKA_DOCS) },
    { id: 'sql-docs', label: "SQLite's SELECT", click: () => openExternalLink(SQL_DOCS) },
    ...(mac ? [] : ([{ type: 'separator' }, { role: 'about' }] as MenuItemConstructorOptions[])),
  ];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(mac ? [{ role: 'appMenu' } as const] : []),
      { label: 'File', submenu: file },
      { role: 'editMenu' },
      { label: 'View', submenu: view },
      { role: 'windowMenu' },
      { label: 'Help', role: 'help', submenu: help },
    ]),
  );
}
