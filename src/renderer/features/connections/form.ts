import { type Connection, ConnectionInput, type Secrets } from '../../../contract/connections.ts';

/** A connection as it stands on the form. Secrets are only ever typed, never shown again. */
export interface ConnectionForm {
  id: string | null;
  name: string;
  /** One per line, or separated by commas. */
  brokers: string;
  environment: Connection['environment'];
  tls: boolean;
  verify: boolean;
  ca: string;
  cert: string;
  /** Undefined: keep what is stored. */
  key: string | undefined;
  passphrase: string | undefined;
  mechanism: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
  username: string;
  password: string | undefined;
}

export type FormField = Exclude<keyof ConnectionForm, 'id'>;
export type FormProblems = Partial<Record<FormField, string>>;

export const EMPTY_FORM: ConnectionForm = {
  id: null,
  name: '',
  brokers: '',
  environment: 'development',
  tls: false,
  verify: true,
  ca: '',
  cert: '',
  key: undefined,
  passphrase: undefined,
  mechanism: 'none',
  username: '',
  password: undefined,
};

export const formOf = (connection: Connection): ConnectionForm => ({
  ...EMPTY_FORM,
  id: connection.id,
  name: connection.name,
  brokers: connection.brokers.join('\n'),
  environment: connection.environment,
  tls: connection.tls !== null,
  verify: connection.tls?.verify ?? true,
  ca: connection.tls?.ca ?? '',
  cert: connection.tls?.cert ?? '',
  mechanism: connection.sasl?.mechanism ?? 'none',
  username: connection.sasl?.username ?? '',
});

export const brokersOf = (text: string): string[] => text.split(/[\s,;]+/).filter((part) => part !== '');

const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text);

/** What the engine takes, or what is wrong by field, in words. */
export function readForm(
  form: ConnectionForm,
): { ok: true; connection: ConnectionInput; secrets: Secrets } | { ok: false; problems: FormProblems } {
  const brokers = brokersOf(form.brokers);
  const problems: FormProblems = {};
  if (form.name.trim() === '') problems.name = 'Give it a name that you will recognise.';
  if (brokers.length === 0) problems.brokers = 'Write at least one broker, such as localhost:9092.';
  if (form.mechanism !== 'none' && form.username === '') problems.username = 'SASL needs a user name.';
  for (const field of ['ca', 'cert', 'key'] as const) {
    const text = form[field]?.trim();
    if (text && !text.includes('-----BEGIN '))
      problems[field] = 'This is not PEM text: it has no “-----BEGIN …” line.';
  }
  const candidate = {
    id: form.id,
    name: form.name,
    brokers,
    environment: form.environment,
    tls: form.tls ? { ca: textOrNull(form.ca), cert: textOrNull(form.cert), verify: form.verify } : null,
    sasl: form.mechanism === 'none' ? null : { mechanism: form.mechanism, username: form.username },
  };
  const read = ConnectionInput.safeParse(candidate);
  for (const issue of read.success ? [] : read.error.issues) {
    const [first, second] = issue.path;
    if (first === 'brokers') {
      problems.brokers ??=
        typeof second === 'number'
          ? `“${brokers[second]}” is not host:port. Write it as broker.example.com:9092.`
          : issue.message;
    } else {
      const field = (first === 'tls' || first === 'sasl' ? second : first) as FormField | undefined;
      if (field !== undefined) problems[field] ??= issue.message;
    }
  }
  if (!read.success || Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, connection: read.data, secrets: secretsOf(form) };
}

/** What is typed is sent, what was switched off is removed, the rest stays as it is stored. */
function secretsOf(form: ConnectionForm): Secrets {
  const secrets: Secrets = {};
  if (form.mechanism === 'none') secrets.password = null;
  else if (form.password !== undefined) secrets.password = form.password;
  if (!form.tls || form.cert.trim() === '') {
    secrets.key = null;
    secrets.passphrase = null;
  } else {
    if (form.key !== undefined) secrets.key = textOrNull(form.key);
    if (form.passphrase !== undefined) secrets.passphrase = textOrNull(form.passphrase);
  }
  return secrets;
}
