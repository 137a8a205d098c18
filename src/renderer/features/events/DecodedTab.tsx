import { useMemo, useState } from 'react';
import type { EventFilter, RecordDetail } from '../../../contract/events.ts';
import { formatJson, parseJson } from '../../../core/json.ts';
import { jsonRows } from '../../../core/jsonRows.ts';
import { formatPath, getPath } from '../../../core/path.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { JsonTree } from '../../components/JsonTree.tsx';
import { Callout, Section } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { hrefTo } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatBytes } from '../../lib/format.ts';
import { SentenceLine } from '../sentences/SentenceLine.tsx';
import { FieldList } from './FieldList.tsx';
import { IntegrityList } from './IntegrityList.tsx';
import styles from './inspector.module.css';
import { RecordFacts } from './RecordFacts.tsx';

interface DecodedTabProps {
  record: RecordDetail;
  onFilter: (filter: EventFilter) => void;
  onRaw: () => void;
}

export function DecodedTab({ record, onFilter, onRaw }: DecodedTabProps) {
  return (
    <>
      <SentenceLine row={record.row} />
      {record.reason === null ? null : (
        <Callout
          tone={record.row.kind === 'undecodable' ? 'bad' : 'warn'}
          title={record.row.kind === 'undecodable' ? 'Could not be decoded' : 'Not an event'}
        >
          {shown(record.reason)}
          {record.valueBytes === null ? null : (
            <div className={styles.calloutAction}>
              <Button onClick={onRaw}>See the raw bytes</Button>
            </div>
          )}
        </Callout>
      )}
      {record.problems.length === 0 ? null : (
        <Callout
          tone="warn"
          title={record.problems.length === 1 ? 'One remark' : `${record.problems.length} remarks`}
        >
          <ul className={styles.remarks}>
            {record.problems.map((problem) => (
              <li key={problem}>{shown(problem)}</li>
            ))}
          </ul>
        </Callout>
      )}
      <Payload record={record} onRaw={onRaw} />
      {record.fields.length === 0 ? null : (
        <Section
          title="Event"
          note={
            record.mapping === null ? undefined : (
              <a href={hrefTo(['mappings', record.row.place.topic])} title="Show where its fields are read">
                mapping {shown(record.mapping)}
              </a>
            )
          }
        >
          <FieldList record={record} onFilter={onFilter} />
        </Section>
      )}
      <RecordFacts record={record} />
      <IntegrityList integrity={record.integrity} />
    </>
  );
}

const TREE_LINE = 24;
const MOST_LINES = 16;

function Payload({ record, onRaw }: { record: RecordDetail; onRaw: () => void }) {
  const [whole, setWhole] = useState(false);
  const { value, dataPath, valueBytes } = record;
  const isWrapped = dataPath.length > 0;
  const json = useMemo(() => {
    if (value === null || whole || !isWrapped) return value;
    const data = getPath(parseJson(value), dataPath);
    return data === undefined ? value : formatJson(data);
  }, [value, whole, isWrapped, dataPath]);
  const lines = useMemo(() => (json === null ? 0 : jsonRows(parseJson(json)).length), [json]);
  if (valueBytes === null)
    return (
      <Section title="Payload">
        <span className="faint">
          The value is null. In a compacted topic that removes the key; a stream keeps it as a record.
        </span>
      </Section>
    );
  if (json === null)
    return record.row.kind === 'undecodable' ? null : (
      <Section title="Payload" note={formatBytes(valueBytes.size)}>
        <p className="faint">The value is too long to be shown decoded at once.</p>
        <div className={styles.calloutAction}>
          <Button onClick={onRaw}>Read it in parts</Button>
        </div>
      </Section>
    );
  return (
    <Section
      title={whole ? 'Whole value' : 'Payload'}
      note={
        <>
          {isWrapped && !whole ? `${shown(formatPath(dataPath))} · ` : ''}
          {formatBytes(valueBytes.size)}
          {isWrapped && !whole ? ' in all' : ''}
        </>
      }
    >
      <div className={styles.payloadTools}>
        {isWrapped ? (
          <Segmented
            label="Part of the value"
            value={whole ? 'whole' : 'payload'}
            onValue={(next) => setWhole(next === 'whole')}
            options={[
              { value: 'payload', label: 'Payload' },
              { value: 'whole', label: 'Whole value' },
            ]}
          />
        ) : null}
        <CopyButton text={() => formatJson(parseJson(json), 2)} label="Copy as JSON" />
      </div>
      <div className={styles.tree} style={{ height: Math.min(MOST_LINES, Math.max(1, lines)) * TREE_LINE }}>
        <JsonTree json={json} label={whole ? 'Whole value' : 'Payload'} />
      </div>
    </Section>
  );
}
