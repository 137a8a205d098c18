import { type ReactElement, useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import { Checkbox, Input } from '../../components/Field.tsx';
import { Popover } from '../../components/Popover.tsx';
import { ErrorState } from '../../components/States.tsx';
import { shown } from '../../lib/escape.ts';
import { formatCount } from '../../lib/format.ts';
import { useEngineQuery } from '../../lib/queries.ts';
import { FirstWalk } from './FirstWalk.tsx';
import styles from './filterBar.module.css';
import { toggleIn } from './filterText.ts';

/** More values than this are found by typing a part of the name. */
const SHOWN_VALUES = 200;

interface FacetPickerProps {
  field: 'types' | 'topics';
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  trigger: ReactElement;
}

/** The types or topics there are, with how many records of each fit the rest of the filter. */
export function FacetPicker({ field, filter, onFilter, trigger }: FacetPickerProps) {
  const [open, setOpen] = useState(false);
  const name = field === 'types' ? 'type' : 'topic';
  return (
    <Popover trigger={trigger} label={`Filter by ${name}`} open={open} onOpenChange={setOpen} align="end">
      {open ? <Values field={field} name={name} filter={filter} onFilter={onFilter} /> : null}
    </Popover>
  );
}

function Values({ field, name, ...asked }: Omit<FacetPickerProps, 'trigger'> & { name: string }) {
  const [part, setPart] = useState('');
  return (
    <div className={styles.facets}>
      <Input value={part} onValue={setPart} placeholder={`Part of a ${name}`} aria-label={`Find a ${name}`} />
      <Fitting field={field} name={name} part={part.toLowerCase()} {...asked} />
    </div>
  );
}

interface FittingProps extends Omit<FacetPickerProps, 'trigger'> {
  name: string;
  /** Of a value, in small letters. */
  part: string;
}

function Fitting({ field, name, part, filter, onFilter }: FittingProps) {
  const facets = useEngineQuery(['events', 'facets'], { filter });
  if (facets.error !== null)
    return <ErrorState error={facets.error} onRetry={() => void facets.refetch()} compact />;
  if (facets.data === undefined) return <FirstWalk lines={6} />;
  const chosen = new Set(filter[field] ?? []);
  const counted =
    field === 'types'
      ? facets.data.types.map(({ type, count }) => ({ value: type, count }))
      : facets.data.topics.map(({ topic, count }) => ({ value: topic, count }));
  const missing = [...chosen].filter((value) => !counted.some((each) => each.value === value));
  const all = [...missing.map((value) => ({ value, count: 0 })), ...counted];
  const fitting = all.filter(({ value }) => value.toLowerCase().includes(part));
  return (
    <>
      <ul className={styles.facetList}>
        {fitting.slice(0, SHOWN_VALUES).map(({ value, count }) => (
          <li key={value}>
            <Checkbox checked={chosen.has(value)} onChecked={() => onFilter(toggleIn(filter, field, value))}>
              <span className={styles.facetName}>{value === '' ? `no ${name}` : shown(value)}</span>
              <span className={styles.facetCount}>{formatCount(count)}</span>
            </Checkbox>
          </li>
        ))}
      </ul>
      {facets.data.partial ? (
        <p className="faint">Counts so far: the values are still being searched.</p>
      ) : null}
      {fitting.length === 0 ? <p className="faint">No {name} has this in its name.</p> : null}
      {fitting.length > SHOWN_VALUES ? (
        <p className="faint">{formatCount(fitting.length - SHOWN_VALUES)} more; type a part of the name.</p>
      ) : null}
    </>
  );
}
