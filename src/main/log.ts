export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

/** One line per warning or error to stderr; information only where HINDCAST_LOG=info asks for it. */
export const log: Log = (level, message, facts = {}) => {
  if (level === 'info' && process.env.HINDCAST_LOG !== 'info') return;
  const detail = Object.keys(facts).length > 0 ? ` ${JSON.stringify(facts)}` : '';
  process.stderr.write(`hindcast: ${level}: ${message}${detail}\n`);
};
