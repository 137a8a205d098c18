import type { DesktopBridge } from '../../contract/bridge.ts';

declare global {
  interface Window {
    readonly hindcast?: DesktopBridge;
  }
}

/** The shell of the desktop window; undefined in a browser. */
export const desktop: DesktopBridge | undefined = window.hindcast;
