import { ChevronLeft, ChevronRight, Target } from 'lucide-react';
import { useRef, useState } from 'react';
import { MAPPED_FIELDS, type MappedField, type MappingDefinition } from '../../../contract/mappings.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { JsonTree } from '../../components/JsonTree.tsx';
import { Menu } from '../../components/Menu.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import { Tag } from '../../components/Tag.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount, formatTime } from '../../lib/format.ts';
import { useCommands } from '../../lib/keys.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { FIELD_WORDS, readersOf } from './draft.ts';
import styles from './mappings.module.css';

/** As many as a mapping is tried on. */
const SAMPLES = 100;

interface SamplePanelProps {
  topic: string;
  draft: MappingDefinition;
  onPoint: (field: MappedField, path: string) => void;
}

/** A record of the topic to point at: a value is chosen, and then what it is. */
export function SamplePanel({ topic, draft, onPoint }: SamplePanelProps) {
  const [nth, setNth] = useState(0);
  const [path, setPath] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const sample = useEngineQuery(['mappings', 'sample'], { topic, nth });
  const step = (by: number) => setNth((now) => (now + by + SAMPLES) % SAMPLES);
  const group = 'Mapping';
  useCommands([
    {
      id: 'mappings.use',
      title: 'Say what the chosen value is',
      group,
      keys: 'u',
      hint: 'use as',
      disabled: path === null,
      run: () => opener.current?.click(),
    },
    { id: 'mappings.before', title: 'Sample before', group, keys: ',', hint: 'sample', run: () => step(-1) },
    { id: 'mappings.next', title: 'Next sample', group, keys: '.', hint: 'sample', run: () => step(1) },
  ]);
  if (sample.error !== null) return <ErrorState error={sample.error} onRetry={() => void sample.refetch()} />;
  if (sample.data === undefined) return <Skeleton lines={8} />;
  if (sample.data === null)
    return (
      <EmptyState title="No record of this topic is captured">
        Capture some of it, then point at its fields here.
      </EmptyState>
    );
  const { value, key, headers, partition, offset, recordedAt } = sample.data;
  const tags = (at: string) =>
    readersOf(draft, at).map((field) => (
      <Tag key={field} tone="accent">
        {FIELD_WORDS[field]}
      </Tag>
    ));
  return (
    <div className={styles.sample}>
      <div className={styles.sampleHead}>
        <IconButton label="Sample before" keys="," onClick={() => step(-1)}>
          <ChevronLeft />
        </IconButton>
        <IconButton label="Next sample" keys="." onClick={() => step(1)}>
          <ChevronRight />
        </IconButton>
        <span className={styles.place}>
          [{partition}] @ {formatCount(offset)} · {formatTime(recordedAt)}
        </span>
        <span className={styles.use}>
          <Menu
            align="end"
            trigger={
              <Button ref={opener} icon={<Target />} keys="u" disabled={path === null}>
                Use as…
              </Button>
            }
            groups={[
              {
                id: 'fields',
                label: path === null ? 'Choose a value first' : `Use ${shown(path)} as`,
                items: MAPPED_FIELDS.map((field) => ({
                  id: field,
                  label: FIELD_WORDS[field],
                  checked: path !== null && readersOf(draft, path).includes(field),
                  run: () => path !== null && onPoint(field, path),
                })),
              },
            ]}
          />
        </span>
      </div>
      <dl className={styles.around}>
        <dt>Key</dt>
        <dd className="mono">{key === null ? <span className="faint">none</span> : shown(key)}</dd>
        {headers.map((header, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: headers may repeat, and their order is their identity.
          <HeaderLine key={at} header={header} selected={path} onSelect={setPath} tags={tags} />
        ))}
      </dl>
      {value === null ? (
        <EmptyState title="This value is no JSON, or too long to be shown at once">
          Go on to another sample.
        </EmptyState>
      ) : (
        <div className={styles.tree}>
          <JsonTree
            key={sample.data.id}
            json={value}
            label="Sample record"
            selected={path}
            onSelect={setPath}
            blame={(at) => tags(at)}
          />
        </div>
      )}
    </div>
  );
}

interface HeaderLineProps {
  header: { name: string; value: string | null };
  selected: string | null;
  onSelect: (path: string) => void;
  tags: (path: string) => React.ReactNode;
}

function HeaderLine({ header: { name, value }, selected, onSelect, tags }: HeaderLineProps) {
  const path = `header:${name}`;
  return (
    <>
      <dt>
        <button
          type="button"
          className={styles.header}
          aria-pressed={selected === path}
          onClick={() => onSelect(path)}
        >
          header {shown(name)}
        </button>
      </dt>
      <dd className="mono">
        <span className="ellipsis">{value === null ? 'null' : shown(value)}</span> {tags(path)}
      </dd>
    </>
  );
}
