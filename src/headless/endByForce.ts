/** The end of a process that waits for something that does not hear of it. */

/**
 * Ends this process as it is unless it has ended by itself in time. A thread inside one long statement of SQLite cannot be
 * interrupted, and process.exit() waits for it as well; what was committed survives this end as it does any other.
 * @param withinMs milliseconds
 */
export function endByForce(withinMs: number): void {
  setTimeout(() => {
    process.stderr.write(
      `hindcast: Something did not end within ${withinMs / 1000} s and was given up; what was committed stays.\n`,
      () => process.kill(process.pid, 'SIGKILL'),
    );
  }, withinMs).unref();
}
