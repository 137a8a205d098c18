/** Console queries in processes of their own: a runaway statement is ended by ending its process. */
import { HindcastError } from '../../contract/errors.ts';
import type { EngineHost, HelperProcess } from '../host.ts';
import type { ConsoleAnswer, ConsoleQuery, FromConsole, ToConsole } from './protocol.ts';

interface Runner {
  process: HelperProcess;
  onAnswer: ((message: FromConsole) => void) | null;
  onGone: (() => void) | null;
}

export class SqlConsole {
  readonly #host: Pick<EngineHost, 'spawnHelper'>;
  /** Started and without work; at most one is kept. */
  #idle: Runner | null = null;
  readonly #busy = new Set<Runner>();
  #nextId = 1;
  #closed = false;

  constructor(host: Pick<EngineHost, 'spawnHelper'>) {
    this.#host = host;
  }

  /**
   * Runs a statement for at most `timeoutMs`; beyond that, or when the signal is aborted, its process is killed.
   * @throws HindcastError `sql.timeout`, `cancelled`, `sql.invalid`, `sql.writes`, …
   */
  async query(
    query: ConsoleQuery,
    options: { signal?: AbortSignal; timeoutMs: number },
  ): Promise<ConsoleAnswer> {
    const { signal, timeoutMs } = options;
    const cancelled = () => new HindcastError('cancelled', { what: 'The query' });
    if (signal?.aborted || this.#closed) throw cancelled();
    const runner = this.#take();
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    let abort = () => {};
    try {
      const message = await new Promise<FromConsole>((resolve, reject) => {
        const end = (error: HindcastError) => {
          reject(error);
          this.#discard(runner);
        };
        abort = () => end(cancelled());
        signal?.addEventListener('abort', abort, { once: true });
        timer = setTimeout(
          () => end(new HindcastError('sql.timeout', { seconds: Math.round(timeoutMs / 100) / 10 })),
          timeoutMs,
        );
        runner.onAnswer = (answer) => {
          if (answer.id === id) resolve(answer);
        };
        runner.onGone = () =>
          end(
            this.#closed
              ? cancelled()
              : new HindcastError('internal', {
                  problem: 'the console process ended, probably out of memory',
                }),
          );
        runner.process.send({ id, query } satisfies ToConsole);
      });
      this.#giveBack(runner);
      if ('code' in message) throw new HindcastError(message.code, message.details);
      return message.answer;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends all processes; queries under way are cancelled. */
  close(): void {
    this.#closed = true;
    this.#idle?.process.kill();
    this.#idle = null;
    for (const { process } of this.#busy) process.kill();
  }

  #take(): Runner {
    const runner = this.#idle ?? this.#start();
    this.#idle = null;
    this.#busy.add(runner);
    return runner;
  }

  #start(): Runner {
    const runner: Runner = { process: this.#host.spawnHelper('console'), onAnswer: null, onGone: null };
    runner.process.onMessage((message) => runner.onAnswer?.(message as FromConsole));
    runner.process.onExit(() => {
      this.#busy.delete(runner);
      if (this.#idle === runner) this.#idle = null;
      runner.onGone?.();
    });
    return runner;
  }

  #giveBack(runner: Runner): void {
    runner.onAnswer = null;
    runner.onGone = null;
    this.#busy.delete(runner);
    if (this.#idle === null && !this.#closed) this.#idle = runner;
    else runner.process.kill();
  }

  #discard(runner: Runner): void {
    runner.onAnswer = null;
    runner.onGone = null;
    this.#busy.delete(runner);
    runner.process.kill();
  }
}
