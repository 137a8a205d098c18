import { ChevronDown, Search, X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, type RefObject, useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { shown } from '../../lib/escape.ts';
import styles from './events.module.css';
import { FacetPicker } from './FacetPicker.tsx';
import { FILTER_FIELDS, filterTerms, mergeFilter, parseFilter, withoutTerm } from './filterText.ts';
import { RangePicker } from './RangePicker.tsx';

interface FilterBarProps {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  /** What of the address could not be used. */
  problems: readonly string[];
  input: RefObject<HTMLInputElement | null>;
  /** Enter with nothing typed, or Esc: on to the rows. */
  onLeave: () => void;
  /** Counts and coverage, at the right. */
  result: ReactNode;
}

/** What restricts the table: each condition as a chip that can be taken away, a field to type more, and pickers. */
export function FilterBar({ filter, onFilter, problems, input, onLeave, result }: FilterBarProps) {
  const [text, setText] = useState('');
  const [typedProblems, setTypedProblems] = useState<readonly string[]>([]);
  const terms = filterTerms(filter);
  const suggestion = suggest(text);

  const commit = () => {
    if (text.trim() === '') return onLeave();
    const parsed = parseFilter(text);
    setTypedProblems(parsed.problems);
    if (parsed.problems.length > 0) return;
    onFilter(mergeFilter(filter, parsed.filter));
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') commit();
    else if (event.key === 'Escape') {
      setText('');
      setTypedProblems([]);
      onLeave();
    } else if (event.key === 'Backspace' && text === '' && terms.length > 0)
      onFilter(withoutTerm(filter, terms.at(-1)!));
    else if (event.key === 'Tab' && suggestion !== null && !event.shiftKey) setText(suggestion);
    else return;
    event.preventDefault();
  };
  const allProblems = typedProblems.length > 0 ? typedProblems : problems;
  return (
    <div className={styles.bar}>
      <div className={styles.barLine}>
        <div className={styles.query}>
          <Search />
          {terms.map((term) => (
            <Term key={term} term={term} onRemove={() => onFilter(withoutTerm(filter, term))} />
          ))}
          <input
            ref={input}
            className={styles.queryInput}
            value={text}
            autoComplete="off"
            spellCheck={false}
            aria-label="Filter events"
            aria-invalid={allProblems.length > 0 || undefined}
            aria-describedby={allProblems.length > 0 ? 'filter-problem' : undefined}
            placeholder={terms.length === 0 ? 'Aggregate id, or type: topic: key: from: to: …' : ''}
            onChange={(event) => {
              setText(event.target.value);
              setTypedProblems([]);
            }}
            onKeyDown={onKeyDown}
          />
          {suggestion === null ? null : (
            <span className={styles.suggestion}>
              {suggestion.trimEnd().split(' ').at(-1)} <Kbd keys="tab" />
            </span>
          )}
          {text === '' ? <Kbd keys="/" /> : null}
        </div>
        <FacetPicker field="types" filter={filter} onFilter={onFilter} trigger={picker('Type')} />
        <FacetPicker field="topics" filter={filter} onFilter={onFilter} trigger={picker('Topic')} />
        <RangePicker filter={filter} onFilter={onFilter} trigger={picker('Time')} />
        {terms.length === 0 ? null : (
          <Button look="quiet" onClick={() => onFilter({})}>
            Clear
          </Button>
        )}
      </div>
      <div className={styles.barResult}>{result}</div>
      {allProblems.length === 0 ? null : (
        <div id="filter-problem" role="alert" className={styles.problem}>
          {allProblems.map((problem) => (
            <p key={problem}>{shown(problem)}</p>
          ))}
        </div>
      )}
    </div>
  );
}

const picker = (label: string) => (
  <Button>
    {label}
    <ChevronDown />
  </Button>
);

/** The typed text with its last word completed to a field, or null. */
function suggest(text: string): string | null {
  const word = /(?:^|\s)([a-z]+)$/.exec(text)?.[1];
  if (word === undefined) return null;
  const field = Object.keys(FILTER_FIELDS).find((name) => name.startsWith(word));
  return field === undefined ? null : `${text.slice(0, text.length - word.length)}${field}:`;
}

function Term({ term, onRemove }: { term: string; onRemove: () => void }) {
  const colon = term.indexOf(':');
  return (
    <span className={styles.term}>
      <span className={styles.termField}>{term.slice(0, colon)}</span>
      <span className={styles.termValue} title={shown(term)}>
        {shown(term.slice(colon + 1))}
      </span>
      <button type="button" aria-label={`Remove ${shown(term)}`} onClick={onRemove}>
        <X />
      </button>
    </span>
  );
}
