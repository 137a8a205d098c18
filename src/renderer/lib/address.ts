import { useSyncExternalStore } from 'react';
import { restTimer } from './timers.ts';

/**
 * The address of the page: `#/aggregates/SavingsAccount/SA-1?known=…&at=12`. Everything a person could want to send
 * to a colleague is in it. Segments are decoded exactly once, so ids with slashes, percent signs and spaces survive.
 */
export interface Address {
  segments: string[];
  params: URLSearchParams;
}

/** Parameters that belong to the focus and stay when the screen changes. */
export const FOCUS_PARAMS = ['known', 'true', 'reducer'] as const;

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function parseHash(hash: string): Address {
  const text = hash.replace(/^#?\/?/, '');
  const question = text.indexOf('?');
  const path = question === -1 ? text : text.slice(0, question);
  return {
    segments: path === '' ? [] : path.split('/').map(decode),
    params: new URLSearchParams(question === -1 ? '' : text.slice(question + 1)),
  };
}

/** The hash for an address; colons of times and the `@` before a version stay readable. */
export function formatHash(segments: readonly string[], params: URLSearchParams): string {
  const search = params.toString().replace(/%3A/gi, ':').replace(/%40/g, '@');
  return `#/${segments.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

type Params = Record<string, string | number | null | undefined>;

function withParams(params: URLSearchParams, changes: Params): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') params.delete(name);
    else params.set(name, String(value));
  }
  return params;
}

function focusOf(params: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams();
  for (const name of FOCUS_PARAMS) {
    const value = params.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}

/** Browsers pass over all but 200 changes of the address in ten seconds; a drag makes one with every frame. Milliseconds. */
const WRITE_EVERY_MS = 60;
/** What the address is by now; null: the browser has it. */
let pending: string | null = null;
let wroteAt = Number.NEGATIVE_INFINITY;
function write(): void {
  writing.cancel();
  if (pending === null) return;
  history.replaceState(null, '', pending);
  pending = null;
  wroteAt = performance.now();
}
const writing = restTimer(WRITE_EVERY_MS, write, WRITE_EVERY_MS);

let current: Address = parseHash('');
let currentHash = '';
function read(): Address {
  const hash = getHash();
  if (hash !== currentHash) {
    currentHash = hash;
    current = parseHash(currentHash);
  }
  return current;
}

const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of listeners) listener();
};
let arrivals = 0;
/** A person went elsewhere: back, a link, the browser's own field. */
const arrive = () => {
  pending = null;
  arrivals += 1;
  notify();
};
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    addEventListener('hashchange', notify);
    // In the task that follows the link; the other one comes later, and would count it twice.
    addEventListener('popstate', arrive);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    removeEventListener('hashchange', notify);
    removeEventListener('popstate', arrive);
  };
}

function put(hash: string, replace: boolean): void {
  if (hash === getHash()) return;
  if (replace) {
    pending = hash;
    if (performance.now() - wroteAt < WRITE_EVERY_MS) writing.touch();
    else write();
  } else {
    write();
    history.pushState(null, '', hash);
    wroteAt = performance.now();
  }
  notify();
}

/** `#/…` as it is by now; the browser's own is a moment behind while something is dragged. */
export const getHash = (): string => pending ?? location.hash;

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, read);
}

/** How often the address has come from outside: a link that was followed, back, on. Also when it looks the same. */
export const useArrivals = (): number => useSyncExternalStore(subscribe, () => arrivals);

/** The address outside of a component. */
export const getAddress = (): Address => {
  return read();
};

/** `#/…` for a link to a screen; the focus goes along. */
export function hrefTo(segments: readonly string[], params: Params = {}): string {
  return formatHash(segments, withParams(focusOf(read().params), params));
}

/** Opens a screen; the focus goes along, other parameters only when given. */
export function go(segments: readonly string[], params: Params = {}, replace = false): void {
  put(hrefTo(segments, params), replace);
}

/** A {@link go} for what comes later, such as an answer: who has gone elsewhere meanwhile is not fetched back. */
export function goFromHere(): typeof go {
  const isStillHere = whileHere();
  return (...place) => {
    if (isStillHere()) go(...place);
  };
}

/** For what comes later: whether the address is still the one of now. */
export function whileHere(): () => boolean {
  const from = getHash();
  return () => getHash() === from;
}

/**
 * Changes parameters of the present screen. Selections that change with every arrow key are replaced in the history
 * (`replace`, the default); a change that a person wants to undo with "back" is pushed.
 */
export function setParams(changes: Params, replace = true): void {
  const { segments, params } = read();
  put(formatHash(segments, withParams(new URLSearchParams(params), changes)), replace);
}
