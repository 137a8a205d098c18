import { FileKey } from 'lucide-react';
import { useRef } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { Button } from '../../components/Button.tsx';
import { Field, Input, Switch, TextArea } from '../../components/Field.tsx';
import { Select } from '../../components/Select.tsx';
import { toast } from '../../components/Toast.tsx';
import styles from './Connections.module.css';
import type { ConnectionForm, FormProblems } from './form.ts';

interface FieldsProps {
  form: ConnectionForm;
  /** Secrets that are stored on this machine. */
  has: Connection['has'];
  problems: FormProblems;
  onChange: (change: Partial<ConnectionForm>) => void;
}

const ENVIRONMENTS = (['development', 'staging', 'production'] as const).map((value) => ({
  value,
  label: (
    <span className={styles.environment}>
      <span className={styles.dot} data-env={value} /> {value}
    </span>
  ),
}));
const MECHANISMS = [
  { value: 'none', label: 'None' },
  { value: 'plain', label: 'PLAIN' },
  { value: 'scram-sha-256', label: 'SCRAM-SHA-256' },
  { value: 'scram-sha-512', label: 'SCRAM-SHA-512' },
] as const;

export function ConnectionFields({ form, has, problems, onChange }: FieldsProps) {
  return (
    <>
      <Field label="Name" error={problems.name}>
        <Input value={form.name} onValue={(name) => onChange({ name })} placeholder="core-banking" />
      </Field>
      <Field
        label="Brokers"
        error={problems.brokers}
        hint="host:port, one per line; one is enough to find the others"
      >
        <TextArea
          mono
          rows={2}
          value={form.brokers}
          onValue={(brokers) => onChange({ brokers })}
          placeholder="broker-1.example.com:9092"
          className={styles.brokers}
        />
      </Field>
      <Field
        label="Environment"
        hint={
          form.environment === 'production'
            ? 'Publishing asks for the name of this connection to be typed.'
            : undefined
        }
      >
        <Select
          value={form.environment}
          options={ENVIRONMENTS}
          onValue={(environment) => onChange({ environment })}
        />
      </Field>

      <h2 className={styles.part}>Encryption</h2>
      <Field label="TLS">
        <Switch checked={form.tls} onChecked={(tls) => onChange({ tls })} label="TLS" />
      </Field>
      {form.tls ? (
        <>
          <Field
            label="Verify the certificate"
            hint={
              form.verify ? undefined : (
                <span className={styles.warning}>
                  Anyone on the way can pose as the cluster. Every use is logged.
                </span>
              )
            }
          >
            <Switch
              checked={form.verify}
              onChecked={(verify) => onChange({ verify })}
              label="Verify the certificate"
            />
          </Field>
          <PemField
            label="Own CA"
            hint="PEM; empty: the authorities that this machine trusts"
            value={form.ca}
            problem={problems.ca}
            onValue={(ca) => onChange({ ca })}
          />
          <PemField
            label="Client certificate"
            hint="PEM; only when the cluster asks for one (mTLS)"
            value={form.cert}
            problem={problems.cert}
            onValue={(cert) => onChange({ cert })}
          />
          {form.cert.trim() === '' ? null : (
            <>
              <PemField
                label="Client key"
                hint={
                  has.key && form.key === undefined
                    ? 'Stored on this machine; type or choose another one to replace it.'
                    : 'PEM; stored sealed on this machine'
                }
                value={form.key ?? ''}
                problem={problems.key}
                onValue={(key) => onChange({ key })}
              />
              <Field
                label="Passphrase of the key"
                hint="Only when the key is encrypted"
                error={problems.passphrase}
              >
                <Input
                  type="password"
                  value={form.passphrase ?? ''}
                  onValue={(passphrase) => onChange({ passphrase })}
                  autoComplete="new-password"
                />
              </Field>
            </>
          )}
        </>
      ) : null}

      <h2 className={styles.part}>Sign-in</h2>
      <Field label="SASL">
        <Select
          value={form.mechanism}
          options={MECHANISMS}
          onValue={(mechanism) => onChange({ mechanism })}
        />
      </Field>
      {form.mechanism === 'none' ? null : (
        <>
          <Field label="User name" error={problems.username}>
            <Input mono value={form.username} onValue={(username) => onChange({ username })} />
          </Field>
          <Field
            label="Password"
            error={problems.password}
            hint={
              form.mechanism === 'plain' && !form.tls
                ? 'PLAIN without TLS sends the password readable over the network.'
                : 'Stored sealed on this machine; never shown again, never in an export.'
            }
          >
            <Input
              type="password"
              value={form.password ?? ''}
              onValue={(password) => onChange({ password })}
              placeholder={has.password && form.password === undefined ? 'stored; type to replace' : ''}
              autoComplete="new-password"
            />
          </Field>
        </>
      )}
    </>
  );
}

interface PemProps {
  label: string;
  hint: string;
  value: string;
  problem: string | undefined;
  onValue: (text: string) => void;
}

const MAX_PEM_BYTES = 200_000;

/** PEM text, typed or from a file that is read here and nowhere kept. */
function PemField({ label, hint, value, problem, onValue }: PemProps) {
  const file = useRef<HTMLInputElement>(null);
  const take = async () => {
    const chosen = file.current?.files?.[0];
    if (chosen === undefined) return;
    if (chosen.size > MAX_PEM_BYTES) toast(`${chosen.name} is too large to be a PEM file.`, { bad: true });
    else onValue(await chosen.text());
  };
  return (
    <Field label={label} hint={hint} error={problem}>
      <div className={styles.pem}>
        <TextArea
          mono
          rows={2}
          value={value}
          onValue={onValue}
          placeholder="-----BEGIN …"
          className={styles.brokers}
        />
        <Button
          icon={<FileKey />}
          onClick={() => file.current?.click()}
          aria-label={`Choose a file for ${label}`}
        >
          File…
        </Button>
        <input ref={file} type="file" hidden accept=".pem,.crt,.cer,.key" onChange={() => void take()} />
      </div>
    </Field>
  );
}
