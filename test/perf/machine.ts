// What the benchmark knows of the machine: its name, and the memory of a process with all it has started.
import { type ChildProcess, execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

export const machineName = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`;

const SAMPLE_EVERY_MS = 100;
const KIB = 1024;
/**
 * The product runs as a bundle. From source each thread would first take the types out of some hundred files, 0.13 s of
 * every capture; with what was compiled kept, a thread starts as fast as from the bundle (0.12 s).
 */
export const COMPILED = join(tmpdir(), 'hindcast-bench-code');

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended meanwhile, or this is no Linux.
    return '';
  }
};

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Resident bytes of a process and all below it now; 0 where there is no /proc. Its threads share one memory. */
export function residentBytes(pid: number): number {
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * KIB;
  return childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), own);
}

/** Resident bytes of this process: its own, and of files that are mapped; null where there is no /proc. */
export function memoryOfProcess(): { own: number; mapped: number } | null {
  const status = read('/proc/self/status');
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * KIB;
  return status === '' ? null : { own: bytesOf('RssAnon'), mapped: bytesOf('RssFile') };
}

export interface Measured<T> {
  result: T;
  /** The most resident bytes of the process and those it started, sampled ten times a second; 0: not known. */
  peakBytes: number;
}

/** Runs a script of this folder in a Node of its own, and reads what it prints as JSON. */
export function runScript<T>(script: string, args: readonly unknown[]): Promise<Measured<T>> {
  return new Promise((done, fail) => {
    let peakBytes = 0;
    const input = JSON.stringify(args);
    const child: ChildProcess = execFile(
      process.execPath,
      ['--disable-warning=TimeoutNegativeWarning', new URL(script, import.meta.url).pathname, input],
      { maxBuffer: 2 ** 26, env: { ...process.env, NODE_COMPILE_CACHE: COMPILED } },
      (error, stdout, stderr) => {
        clearInterval(timer);
        if (error !== null) fail(new Error(`${script} failed: ${stderr || error.message}`));
        else done({ result: JSON.parse(stdout) as T, peakBytes });
      },
    );
    const timer = setInterval(() => {
      if (child.pid !== undefined) peakBytes = Math.max(peakBytes, residentBytes(child.pid));
    }, SAMPLE_EVERY_MS);
  });
}

/** What a script was given by runScript(). */
export const scriptArguments = <T extends readonly unknown[]>(): T => JSON.parse(process.argv[2]!) as T;

/** Prints the result of a script, and ends it: connections to Kafka would keep it alive. */
export function scriptResult(result: unknown): void {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
