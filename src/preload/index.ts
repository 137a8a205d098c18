import { contextBridge, ipcRenderer } from 'electron';
import { type DesktopBridge, type DesktopCommand, LOST_MESSAGE, PORT_MESSAGE } from '../contract/bridge.ts';

/** The window's own parts that are used here; this file is checked without the DOM's types. */
const page = globalThis as unknown as {
  location: { origin: string };
  postMessage(message: unknown, origin: string, ports?: readonly unknown[]): void;
};

/** Nonces that the page asked with and got no port for yet. */
const asked = new Set<string>();

type Listener = (command: DesktopCommand) => void;
const listeners = new Set<Listener>();
/** Commands that came before the first listener; null once there was one. */
let early: DesktopCommand[] | null = [];

const bridge: DesktopBridge = {
  platform: process.platform,
  version: __APP_VERSION__,
  connectEngine(nonce) {
    asked.add(String(nonce));
    ipcRenderer.send('engine:connect', String(nonce));
  },
  openFileDialog: (purpose) => ipcRenderer.invoke('dialog:open-file', String(purpose)),
  saveFileDialog: (purpose, name) => ipcRenderer.invoke('dialog:save-file', String(purpose), String(name)),
  onCommand(listener) {
    const own: Listener = (command) => listener(command);
    listeners.add(own);
    for (const command of early ?? []) own(command);
    early = null;
    return () => void listeners.delete(own);
  },
};
contextBridge.exposeInMainWorld('hindcast', bridge);

// A port cannot cross the bridge; it can as a transferred object of a message of the window to itself.
ipcRenderer.on('engine-port', ({ ports }, nonce: string) => {
  if (asked.delete(nonce)) page.postMessage({ type: PORT_MESSAGE, nonce }, page.location.origin, ports);
});
ipcRenderer.on('engine-lost', () => page.postMessage({ type: LOST_MESSAGE }, page.location.origin));
ipcRenderer.on('command', (_event, command: DesktopCommand) => {
  early?.push(command);
  for (const listener of listeners) listener(command);
});
