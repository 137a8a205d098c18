import { useLayoutEffect, useRef } from 'react';
import { create } from 'zustand';

/**
 * A command is data: the palette, the keyboard, the sheet of keys and the bottom bar all show the same list.
 */
export interface Command {
  /** Unique, such as `timeline.next`. */
  id: string;
  /** What it does, sentence case: `Compare with the marked event`. */
  title: string;
  /** Where the palette and the sheet of keys list it. */
  group: string;
  /** `mod+k`, `g`, `shift+m`, `arrowleft`, `?`, `space`, `[`. mod is Ctrl, or Cmd on a Mac. */
  keys?: string | string[];
  /** Short text for the bottom bar: `step`. Commands that share a text stand together (`← → step`). */
  hint?: string;
  /** Absent: the key is handled by the focused list; it is shown, not run. */
  run?: () => void;
  /** Also while typing in a field; otherwise only commands with `mod` work there. */
  whileTyping?: boolean;
  disabled?: boolean;
}

interface CommandStore {
  lists: ReadonlyMap<symbol, readonly Command[]>;
}
const useStore = create<CommandStore>(() => ({ lists: new Map() }));

function put(owner: symbol, commands: readonly Command[] | null): void {
  const lists = new Map(useStore.getState().lists);
  if (commands === null) lists.delete(owner);
  else lists.set(owner, commands);
  useStore.setState({ lists });
}

const signature = (commands: readonly Command[]): string =>
  JSON.stringify(commands.map(({ run, ...rest }) => [rest, run !== undefined]));

/**
 * Offers commands as long as the component is there. The array may be new at every render: `run` is always the
 * newest one, and nothing is announced again unless something visible changed.
 */
export function useCommands(commands: readonly Command[]): void {
  const newest = useRef(commands);
  newest.current = commands;
  const shape = signature(commands);
  // Before the page is painted: who sees a screen presses its keys.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for the commands.
  useLayoutEffect(() => {
    const owner = Symbol('commands');
    put(
      owner,
      newest.current.map((command) => ({
        ...command,
        run: command.run && (() => newest.current.find(({ id }) => id === command.id)?.run?.()),
      })),
    );
    return () => put(owner, null);
  }, [shape]);
}

const flatten = (lists: CommandStore['lists']): Command[] => [...lists.values()].flat();

/** All commands of the moment; those of the screen come after those of the frame. */
export function useAllCommands(): Command[] {
  const lists = useStore((store) => store.lists);
  return flatten(lists);
}

export const keysOf = (command: Command): string[] =>
  command.keys === undefined ? [] : typeof command.keys === 'string' ? [command.keys] : command.keys;

export const isMac = /mac/i.test(typeof navigator === 'undefined' ? '' : navigator.userAgent);

const NAMES: Record<string, string> = {
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
  space: 'Space',
  enter: 'Enter',
  escape: 'Esc',
  home: 'Home',
  end: 'End',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  delete: 'Del',
  shift: 'Shift',
  alt: 'Alt',
};

/** `mod+k` → `Ctrl K` (`⌘ K` on a Mac). */
export function keyLabel(key: string, mac: boolean = isMac): string {
  return splitKey(key)
    .map((part) => (part === 'mod' ? (mac ? '⌘' : 'Ctrl') : (NAMES[part] ?? part.toUpperCase())))
    .join(' ');
}

const splitKey = (key: string): string[] => (key === '+' ? ['+'] : key.split('+'));

/** What a keyboard event is called in {@link Command.keys}. */
export function keyName(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
  mac: boolean = isMac,
): string {
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
  const parts: string[] = [];
  if (mac ? event.metaKey : event.ctrlKey) parts.push('mod');
  if (event.altKey) parts.push('alt');
  // A printable sign already says by itself that Shift was down (`?`); a letter or a named key does not.
  if (event.shiftKey && (key.length > 1 || /\p{L}/u.test(key))) parts.push('shift');
  parts.push(key);
  return parts.join('+');
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('[data-editor]') !== null || target.isContentEditable) return true;
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'range', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Popups that are open; notices are dialogs too, but never open in this sense. */
const POPUP = ':is([role=dialog],[role=menu],[role=listbox])[data-open]';

/** Where the focus stood when something was done last: a list may be what that led to. */
let restsAt: Element | null = null;

/** The focus was put there, such as by a popup that closed; nobody has gone there. */
export function focusRestsAt(element: Element): void {
  restsAt = element;
}

/**
 * Whether something that comes late, such as the rows of a list, may take the focus: a person who types in a field, has
 * opened a popup or gone to another control meanwhile goes on there.
 */
export function mayTakeFocus(element: Element): boolean {
  const at = document.activeElement;
  const popup = document.querySelector(POPUP);
  if (isTyping(at) || (popup !== null && !popup.contains(element))) return false;
  return at === null || at === document.body || at === restsAt;
}

/** A dialog or menu takes the keyboard for itself, also while the focus is not in it (a click beside its fields). */
function isCovered(target: EventTarget | null): boolean {
  if (document.querySelector(POPUP) !== null) return true;
  return target instanceof Element && target.closest('[role=dialog],[role=menu]') !== null;
}

const CONTROL = 'button,a,[role=tab],[role=button]';

/** A focused control has its own use for these keys. */
function isControlKey(event: KeyboardEvent): boolean {
  if (event.key !== ' ' && event.key !== 'Enter') return false;
  return event.target instanceof Element && event.target.closest(CONTROL) !== null;
}

/** Runs commands from the keyboard; started once by the frame. */
export function startKeyboard(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = keyName(event);
    const commands = flatten(useStore.getState().lists).reverse();
    const named = commands.filter(
      (candidate) => candidate.run !== undefined && keysOf(candidate).includes(name),
    );
    const command = named.find(({ disabled }) => !disabled);
    if (command === undefined) {
      // Else a browser would do what the key is for there, such as save the page.
      if (named.length > 0 && name.startsWith('mod+')) event.preventDefault();
      return;
    }
    if (isTyping(event.target) && !command.whileTyping && !name.startsWith('mod+')) return;
    if (isControlKey(event) || isCovered(event.target)) return;
    event.preventDefault();
    command.run?.();
  };
  // Enter and the space bar on a control click it too.
  const onClick = () => {
    restsAt = document.activeElement;
  };
  // Whoever goes on with keys in a list or in a chart stays there.
  const onAnyKey = ({ target }: KeyboardEvent) => {
    if (target instanceof Element && target.closest(CONTROL) === null) restsAt = null;
  };
  addEventListener('keydown', onAnyKey, true);
  addEventListener('keydown', onKeyDown);
  addEventListener('click', onClick, true);
  return () => {
    removeEventListener('keydown', onAnyKey, true);
    removeEventListener('keydown', onKeyDown);
    removeEventListener('click', onClick, true);
  };
}
