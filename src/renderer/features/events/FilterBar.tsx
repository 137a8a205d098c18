import { ChevronDown, Search, X } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useMemo, useState } from 'react';
import type { EventFilter } from '../../../contract/events.ts';
import { Button } from '../../components/Button.tsx';
import { ExpressionField, type ExpressionFieldHandle } from '../../components/ExpressionField.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { shown } from '../../lib/escape.ts';
import { ExportButton } from '../workspace/ExportButton.tsx';
import { expressionMarks } from './expressionMarks.ts';
import { suggestExpression } from './expressionSuggestions.ts';
import { FacetPicker } from './FacetPicker.tsx';
import { type AddressFilter, type ExpressionProblem, problemOfExpression } from './filterAddress.ts';
import styles from './filterBar.module.css';
import { filterTerms, isQuick, mergeFilter, parseFilter, withoutTerm } from './filterText.ts';
import { RangePicker } from './RangePicker.tsx';
import { SavedFilters } from './SavedFilters.tsx';
import { TextIndexes } from './TextIndexes.tsx';

interface FilterBarProps {
  /** The filter as the address has it, with what of it could not be used. */
  address: AddressFilter;
  onFilter: (filter: EventFilter) => void;
  input: RefObject<ExpressionFieldHandle | null>;
  /** Enter with nothing typed, or Esc: on to the rows. */
  onLeave: () => void;
  /** Counts and coverage, at the right. */
  result: ReactNode;
}

const PROBLEM = 'filter-problem';

/**
 * What restricts the table: quick conditions as chips that can be taken away, and beside them an expression. Quick
 * conditions that are typed into the field (`type:FeeCharged`, a part of an aggregate id) become chips.
 */
export function FilterBar({ address, onFilter, input, onLeave, result }: FilterBarProps) {
  const { filter, where } = address;
  const [text, setText] = useState(where);
  const [typedProblems, setTypedProblems] = useState<readonly string[]>([]);
  const [typed, setTyped] = useState<ExpressionProblem | null>(null);
  const terms = filterTerms(filter);
  // Another address: what was being typed gives way to it.
  useEffect(() => {
    setText(where);
    setTyped(null);
    setTypedProblems([]);
  }, [where]);
  const quick = useMemo(() => ({ ...filter, where: undefined }), [filter]);

  const commit = () => {
    const trimmed = text.trim();
    if (trimmed === where.trim()) return onLeave();
    if (isQuick(trimmed)) {
      const parsed = parseFilter(trimmed);
      setTypedProblems(parsed.problems);
      if (parsed.problems.length > 0) return;
      onFilter(mergeFilter(filter, parsed.filter));
      setText(where);
      return;
    }
    const found = problemOfExpression(trimmed);
    setTyped(found === null ? null : problemOfExpression(text));
    if (found === null) onFilter({ ...filter, where: trimmed === '' ? undefined : trimmed });
  };
  const problem = typed ?? (text === where ? address.whereProblem : null);
  const problems = typedProblems.length > 0 ? typedProblems : address.problems;
  const hasProblem = problem !== null || problems.length > 0;
  const wrong = useMemo(() => (problem === null ? null : { from: problem.from, to: problem.to }), [problem]);
  return (
    <div className={styles.bar}>
      <div className={styles.barLine}>
        <div className={styles.query}>
          <Search />
          {terms.map((term) => (
            <Term key={term} term={term} onRemove={() => onFilter(withoutTerm(filter, term))} />
          ))}
          <ExpressionField
            ref={input}
            value={text}
            onValue={(next) => {
              if (next === text) return;
              setText(next);
              setTyped(null);
              setTypedProblems([]);
            }}
            onSubmit={commit}
            onEscape={() => {
              setText(where);
              setTyped(null);
              setTypedProblems([]);
              onLeave();
            }}
            onEmptyBackspace={() => {
              if (terms.length > 0) onFilter(withoutTerm(filter, terms.at(-1)!));
            }}
            label="Filter events"
            placeholder={
              terms.length === 0
                ? 'data.amount > 100 and type = "FeeCharged", or an aggregate id'
                : 'and an expression'
            }
            problemId={hasProblem ? PROBLEM : null}
            marks={expressionMarks}
            wrong={wrong}
            suggest={(whole, cursor) => suggestExpression(whole, cursor, quick)}
          />
          {text === '' ? <Kbd keys="/" /> : text.trim() === where.trim() ? null : <Kbd keys="enter" />}
        </div>
        <FacetPicker field="types" filter={filter} onFilter={onFilter} trigger={picker('Type')} />
        <FacetPicker field="topics" filter={filter} onFilter={onFilter} trigger={picker('Topic')} />
        <RangePicker filter={filter} onFilter={onFilter} trigger={picker('Time')} />
        <SavedFilters filter={filter} onFilter={onFilter} />
        <TextIndexes />
        <ExportButton filter={filter} what="The events of this filter" name="events" />
        {terms.length === 0 && where === '' ? null : (
          <Button look="quiet" onClick={() => onFilter({})}>
            Clear
          </Button>
        )}
      </div>
      <div className={styles.barResult}>{result}</div>
      {hasProblem ? (
        <div id={PROBLEM} role="alert" className={styles.problem}>
          {problem === null ? null : (
            <p>
              {shown(problem.message)} <span className="faint">(character {problem.from + 1})</span>.{' '}
              {shown(problem.hint)}
            </p>
          )}
          {problems.map((each) => (
            <p key={each}>{shown(each)}</p>
          ))}
        </div>
      ) : null}
    </div>
  );
}

const picker = (label: string) => (
  <Button>
    {label}
    <ChevronDown />
  </Button>
);

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
