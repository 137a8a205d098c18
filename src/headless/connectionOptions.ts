import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import type { ConnectionInput, Secrets } from '../contract/connections.ts';
import { HindcastError } from '../contract/errors.ts';

export interface ConnectionFlags {
  brokers?: string;
  connection?: string;
  tls?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
  sasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username?: string;
  passwordFile?: string;
  environment?: ConnectionInput['environment'];
}

/** The options of every command that talks to a cluster. A password is never an argument: others can see those. */
export function withConnectionOptions(command: Command): Command {
  return command
    .option('--brokers <list>', 'host:port, several with commas')
    .option('--connection <name>', 'a saved connection instead of --brokers')
    .option('--tls', 'encrypt with TLS')
    .option('--ca <file>', 'PEM of the authority to trust (implies --tls)')
    .option('--cert <file>', 'PEM of the client certificate (implies --tls)')
    .option('--key <file>', 'PEM of its key')
    .addOption(
      new Option('--sasl <mechanism>', 'log in').choices(['plain', 'scram-sha-256', 'scram-sha-512']),
    )
    .option('--username <name>')
    .option('--password-file <file>', 'first line is the password; else HINDCAST_PASSWORD, else a prompt')
    .addOption(
      new Option('--environment <kind>', 'how careful to be when publishing')
        .choices(['development', 'staging', 'production'])
        .default('production'),
    );
}

function readOption(file: string | undefined, option: string): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HindcastError(
      'input.invalid',
      { procedure: option, problem: `${file} cannot be read (${(cause as Error).message})` },
      { cause },
    );
  }
}

async function readPassword(flags: ConnectionFlags): Promise<string | null> {
  if (!flags.sasl) return null;
  const fromFile = readOption(flags.passwordFile, '--password-file');
  if (fromFile !== null) return fromFile.split(/\r?\n/, 1)[0]!;
  if (process.env.HINDCAST_PASSWORD !== undefined) return process.env.HINDCAST_PASSWORD;
  if (!process.stdin.isTTY)
    throw new HindcastError('input.invalid', {
      procedure: '--sasl',
      problem: 'no password: give --password-file or HINDCAST_PASSWORD',
    });
  const prompt = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  // What is typed must not be echoed; readline writes through this.
  (prompt as unknown as { _writeToOutput(text: string): void })._writeToOutput = (text) => {
    if (text.includes('Password')) process.stderr.write(text);
  };
  try {
    return await prompt.question(`Password of ${flags.username ?? 'user'}: `);
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}

/** Makes a profile of the options. @throws HindcastError input.invalid */
export async function connectionFromFlags(
  flags: ConnectionFlags,
): Promise<{ connection: ConnectionInput; secrets: Secrets }> {
  if (!flags.brokers)
    throw new HindcastError('input.invalid', {
      procedure: 'the command',
      problem: 'no cluster: give --brokers or --connection',
    });
  const tls = flags.tls || flags.ca !== undefined || flags.cert !== undefined;
  if (flags.sasl && !flags.username)
    throw new HindcastError('input.invalid', { procedure: '--sasl', problem: '--username is missing' });
  return {
    connection: {
      id: null,
      name: flags.brokers,
      brokers: flags.brokers.split(',').map((broker) => broker.trim()),
      environment: flags.environment ?? 'production',
      tls: tls
        ? { ca: readOption(flags.ca, '--ca'), cert: readOption(flags.cert, '--cert'), verify: true }
        : null,
      sasl: flags.sasl ? { mechanism: flags.sasl, username: flags.username! } : null,
    },
    secrets: { password: await readPassword(flags), key: readOption(flags.key, '--key') },
  };
}
