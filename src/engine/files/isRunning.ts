/** Whether a process of that number lives on this machine. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is none of ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
