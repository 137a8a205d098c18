import { useState } from 'react';
import type { TopicSetting } from '../../../contract/topics.ts';
import { Switch } from '../../components/Field.tsx';
import { Section } from '../../components/Panel.tsx';
import { ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { Denied } from './parts.tsx';
import styles from './Topics.module.css';

const SOURCES: Record<TopicSetting['source'], string> = {
  topic: 'set on the topic',
  broker: 'set on a broker',
  cluster: 'set on all brokers',
  'server-file': 'in server.properties',
  default: 'Kafka’s default',
  other: 'from elsewhere',
};

/** How the topic is set: what differs from Kafka's own defaults first, the rest on demand. */
export function ConfigTab({ connectionId, topic }: { connectionId: string; topic: string }) {
  const [all, setAll] = useState(false);
  const config = useEngineQuery(['topics', 'config'], { connectionId, topic }, { keep: false });
  if (config.error !== null)
    return <ErrorState error={config.error} onRetry={() => void config.refetch()} compact />;
  if (config.data === undefined) return <Skeleton lines={6} />;
  const { settings, problem } = config.data;
  if (problem !== null) return <Denied text={problem} />;
  const differing = settings.filter(({ differs }) => differs);
  return (
    <>
      <Section>
        <div className={styles.line}>
          <span>
            {differing.length === 0
              ? `All ${plural(settings.length, 'setting')} stand at Kafka’s default.`
              : `${plural(differing.length, 'setting')} of ${settings.length} ${differing.length === 1 ? 'differs' : 'differ'} from Kafka’s default.`}
          </span>
          <Switch checked={all} onChecked={setAll}>
            all
          </Switch>
        </div>
      </Section>
      <dl className={styles.settings}>
        {(all ? settings : differing).map((setting) => (
          <Setting key={setting.name} setting={setting} />
        ))}
      </dl>
    </>
  );
}

function Setting({ setting }: { setting: TopicSetting }) {
  const { name, value, sensitive, source, defaultValue, differs, documentation } = setting;
  const meaning = value === null ? null : meaningOf(name, value);
  return (
    <div className={styles.setting} title={documentation ?? undefined}>
      <dt>
        {shown(name)} {differs ? <Tag tone="accent">differs</Tag> : null}
      </dt>
      <dd className={styles.settingValue}>
        {sensitive
          ? 'hidden: it is marked as sensitive'
          : value === null || value === ''
            ? '(empty)'
            : shown(value)}
        {meaning === null ? null : <span className="faint"> {meaning}</span>}
      </dd>
      <dd className={styles.settingSource}>
        {SOURCES[source]}
        {differs && defaultValue !== null ? ` · default ${defaultText(name, defaultValue)}` : ''}
      </dd>
    </div>
  );
}

function defaultText(name: string, value: string): string {
  if (value === '') return '(empty)';
  const meaning = meaningOf(name, value);
  return meaning === null ? shown(value) : `${shown(value)} (${meaning})`;
}

/** Settings where -1 lifts the limit; where it stands for another setting, nothing is said. */
const UNLIMITED = new Set(['retention.ms', 'retention.bytes']);

/** What a bare number of milliseconds or bytes amounts to. */
function meaningOf(name: string, value: string): string | null {
  if (value === '-1' && UNLIMITED.has(name)) return 'unlimited';
  if (!/^\d{4,15}$/.test(value)) return null;
  if (name.endsWith('.ms')) return formatDuration(Number(value));
  if (name.endsWith('.bytes')) return formatBytes(Number(value));
  return formatCount(value);
}
