import { KeyValue } from '../../components/KeyValue.tsx';
import { Section } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { Skeleton } from '../../components/States.tsx';
import { useEngine } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatAge, formatBytes, formatCount, formatTime } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { type Theme, useTheme } from '../../lib/theme.ts';
import styles from './Activity.module.css';

const DOORS = { desktop: 'desktop window', browser: 'browser on this machine', test: 'test' } as const;

const timeOrDash = (ms: number | null): string => (ms === null ? '—' : formatTime(ms, 's'));

export function Settings() {
  const { theme, setTheme } = useTheme();
  const info = useEngine((engine) => engine.info);
  const workspace = useEngineQuery(['workspace', 'current'], {}).data ?? null;
  const now = useNow();
  return (
    <>
      <Section title="Theme">
        <Segmented<Theme>
          label="Theme"
          value={theme}
          onValue={setTheme}
          options={[
            { value: 'system', label: 'As the system' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
        />
      </Section>
      <Section title="Time zone">
        <p className={styles.text}>
          All times are UTC, everywhere. What is copied is ISO 8601. A time you type needs its zone: Z, UTC or
          +02:00.
        </p>
      </Section>
      <Section title="Workspace">
        {workspace === null ? (
          <p className={styles.text}>None is open.</p>
        ) : (
          <KeyValue
            rows={[
              { name: 'name', value: shown(workspace.name) },
              { name: 'kind', value: `${workspace.kind}${workspace.readOnly ? ', read-only' : ''}` },
              { name: 'file', value: shown(workspace.file), title: shown(workspace.file) },
              { name: 'size', value: formatBytes(workspace.sizeBytes) },
              { name: 'records', value: formatCount(workspace.records) },
              { name: 'events', value: formatCount(workspace.events) },
              { name: 'topics', value: formatCount(workspace.topics.length) },
              { name: 'first record', value: timeOrDash(workspace.firstRecordedAt) },
              { name: 'last record', value: timeOrDash(workspace.lastRecordedAt) },
            ]}
          />
        )}
      </Section>
      <Section title="Engine">
        {info === null ? (
          <Skeleton lines={3} />
        ) : (
          <KeyValue
            rows={[
              { name: 'Hindcast', value: info.version },
              { name: 'Node', value: info.node },
              { name: 'process', value: `${info.pid}, started ${formatAge(info.startedAt, now)}` },
              { name: 'door', value: DOORS[info.door] },
              { name: 'restarts', value: String(info.restarts) },
              { name: 'person', value: shown(info.user) },
            ]}
          />
        )}
      </Section>
      {info === null ? null : (
        <Section title="Secrets on this machine">
          <p className={styles.text}>{shown(info.secrets)}</p>
        </Section>
      )}
      <Section title="Outside">
        <p className={styles.text}>
          Hindcast talks to the brokers you configured and to nothing else: no login, no telemetry, no update
          check.
        </p>
      </Section>
    </>
  );
}
