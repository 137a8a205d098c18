import { useState } from 'react';
import type { SavedQuery } from '../../../contract/cases.ts';
import type { Output } from '../../../contract/contract.ts';
import type { sql } from '../../../contract/projections.ts';
import { Button } from '../../components/Button.tsx';
import { Panel, PanelHeader } from '../../components/Panel.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { EmptyState, ErrorState, Skeleton } from '../../components/States.tsx';
import type { EngineError } from '../../lib/engine.ts';
import { shown } from '../../lib/escape.ts';
import { formatAge } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import styles from './console.module.css';
import projectionStyles from './projections.module.css';
import { type ConsoleContent, SavedQueries } from './SavedQueries.tsx';
import { forgetAll, type PastStatement, useHistory } from './sqlHistory.ts';

type Schema = Output<(typeof sql)['schema']>;
type Side = 'tables' | 'saved' | 'history';

interface SchemaPanelProps {
  schema: Schema | undefined;
  error: EngineError | null;
  onRetry: () => void;
  content: ConsoleContent;
  /** Runs a statement. */
  onAsk: (sql: string) => void;
  onSaved: (query: SavedQuery) => void;
  onPast: (statement: PastStatement) => void;
}

/** What one can ask about, what was kept, and what was asked. */
export function SchemaPanel({ schema, error, onRetry, content, onAsk, onSaved, onPast }: SchemaPanelProps) {
  const [side, setSide] = useState<Side>('tables');
  return (
    <Panel
      label="Tables and queries"
      head={
        <PanelHeader
          title={
            <Segmented<Side>
              label="Beside the console"
              value={side}
              onValue={setSide}
              options={[
                { value: 'tables', label: 'Tables' },
                { value: 'saved', label: 'Saved' },
                { value: 'history', label: 'History' },
              ]}
            />
          }
        />
      }
    >
      {side === 'saved' ? (
        <SavedQueries content={content} onOpen={onSaved} />
      ) : side === 'history' ? (
        <History onPast={onPast} />
      ) : error !== null ? (
        <ErrorState error={error} onRetry={onRetry} compact />
      ) : schema === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <>
          {schema.tables.map((table, nth) => (
            <SchemaTable key={table.table} table={table} isOpen={nth === 0} onAsk={onAsk} />
          ))}
          <Functions functions={schema.functions} />
        </>
      )}
    </Panel>
  );
}

/** What may be called beside SQLite's own functions. */
function Functions({ functions }: { functions: Schema['functions'] }) {
  return (
    <details className={projectionStyles.schema}>
      <summary>
        <span className={projectionStyles.schemaName}>exact functions</span>
      </summary>
      <dl className={styles.functions}>
        {functions.map(({ name, note }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{note}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function History({ onPast }: { onPast: (statement: PastStatement) => void }) {
  const past = useHistory((store) => store.past);
  const now = useNow();
  if (past.length === 0)
    return <EmptyState title="Nothing was asked yet">Statements that are run are listed here.</EmptyState>;
  return (
    <>
      <ul className={styles.list} aria-label="Statements that were run">
        {past.map((statement) => (
          <li key={statement.sql}>
            <button
              type="button"
              className={styles.open}
              onClick={() => onPast(statement)}
              title={shown(statement.sql, true)}
            >
              <span className={styles.openText}>{shown(statement.sql)}</span>
              <span className={styles.openAge}>{formatAge(statement.at, Math.max(now, statement.at))}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className={styles.listFoot}>
        <Button look="quiet" onClick={forgetAll}>
          Forget all
        </Button>
      </div>
    </>
  );
}

interface SchemaTableProps {
  table: Schema['tables'][number];
  isOpen: boolean;
  onAsk: (sql: string) => void;
}

function SchemaTable({ table, isOpen, onAsk }: SchemaTableProps) {
  return (
    <div className={projectionStyles.schema}>
      <button
        type="button"
        className={projectionStyles.peek}
        title={`Show the first rows of ${shown(table.table)}`}
        onClick={() => onAsk(`SELECT *\nFROM ${table.table}\nLIMIT 100`)}
      >
        look<span className="sr-only"> at {shown(table.table)}</span>
      </button>
      <details open={isOpen}>
        <summary>
          <span className={projectionStyles.schemaName}>{shown(table.table)}</span>
        </summary>
        <p className={projectionStyles.schemaNote}>{shown(table.note)}</p>
        <dl>
          {table.columns.map(({ name, type }) => (
            <div key={name} className={projectionStyles.schemaColumn}>
              <dt>{shown(name)}</dt>
              <dd>{type}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
