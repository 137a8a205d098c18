/**
 * The WebAssembly module of QuickJS, once a thread. Loading it is asynchronous and folding is not, so what folds a
 * script is tried again by {@link withSandbox} after the module was loaded: threads that never meet a script never
 * pay for it.
 */
import quickJs from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';

// Its types describe the CommonJS build, where the variant is one `default` further in.
const variant = quickJs as unknown as QuickJSSyncVariant;

/** Thrown by {@link sandbox} where the module is not loaded yet; {@link withSandbox} catches it. */
export class SandboxMissing extends Error {}

let loaded: QuickJSWASMModule | null = null;
/** Takes over at once when the module in use has a fault of its own. */
let spare: QuickJSWASMModule | null = null;
let loading: Promise<void> | null = null;

/** @throws SandboxMissing before {@link loadSandbox} */
export function sandbox(): QuickJSWASMModule {
  if (loaded === null) throw new SandboxMissing('the sandbox is not loaded; wrap the work in withSandbox');
  return loaded;
}

async function load(): Promise<void> {
  loaded ??= await newQuickJSWASMModuleFromVariant(variant);
  spare ??= await newQuickJSWASMModuleFromVariant(variant);
  loading = null;
}

export function loadSandbox(): Promise<void> {
  loading ??= load();
  return loading;
}

/** After a fault of the module itself, such as a stack that ran over: what it holds cannot be trusted any more. */
export function forgetSandbox(): void {
  loaded = spare;
  spare = null;
  // Should it fail, the next script says so.
  loadSandbox().catch(() => {});
}

/** Runs work that may fold scripts; it must be such that it can be begun again. */
export async function withSandbox<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SandboxMissing)) throw error;
    await loadSandbox();
    return work();
  }
}

let isCancelled = (): boolean => false;

/** What a script that is running asks, many times a second, whether the caller has given up. */
export function setCancelled(check: () => boolean): void {
  isCancelled = check;
}
/**
 * What other threads see of a script that is running: 1 while a call into the sandbox is under way, and a number that
 * rises as long as it can still be interrupted.
 */
let pulse: Int32Array | null = null;
export function setPulse(shared: Int32Array): void {
  pulse = shared;
}
export function markRunning(isRunning: boolean): void {
  if (pulse !== null) Atomics.store(pulse, 0, isRunning ? 1 : 0);
}
export function beat(): void {
  if (pulse !== null) Atomics.add(pulse, 1, 1);
}

export const cancelled = (): boolean => isCancelled();
