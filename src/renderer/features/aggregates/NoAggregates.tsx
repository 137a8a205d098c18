import { Boxes } from 'lucide-react';
import type { aggregates } from '../../../contract/aggregates.ts';
import type { Output } from '../../../contract/contract.ts';
import type { Cut } from '../../../core/model.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyState } from '../../components/States.tsx';
import { go, setParams } from '../../lib/address.ts';
import { shown } from '../../lib/escape.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { cutPhrase } from './asOf.ts';

type Searched = Output<(typeof aggregates)['list']>['searched'];

interface NoAggregatesProps {
  /** Condition on columns of a projection; empty: none. */
  where: string;
  search: string;
  type: string | null;
  cut: Cut;
  searched: Searched;
  onAll: () => void;
}

/** Why the list of aggregates is empty, and the way on. */
export function NoAggregates({ where, search, type, cut, searched, onAll }: NoAggregatesProps) {
  if (where !== '')
    return (
      <EmptyState
        title="Of no aggregate the condition holds"
        action={<Button onClick={() => setParams({ where: null }, false)}>Without the condition</Button>}
      >
        {`${shown(where)} · ${cutPhrase(cut)}`}
      </EmptyState>
    );
  if (search !== '' || type !== null)
    return (
      <EmptyState
        title={search === '' ? 'No aggregate of this type' : `No aggregate found with “${shown(search)}”`}
        action={<Button onClick={onAll}>Show all aggregates</Button>}
      >
        {cut.knownOn === null && cut.trueOn === null
          ? searchWords(searched)
          : `Only what was there as of the focus is listed: ${cutPhrase(cut)}.`}
      </EmptyState>
    );
  return (
    <EmptyState
      icon={<Boxes />}
      title="No aggregates"
      action={
        <Button look="primary" onClick={() => go(['topics'])}>
          Choose topics
        </Button>
      }
    >
      Aggregates appear when captured events name one, by an id of their own or by the record key.
    </EmptyState>
  );
}

/** What an empty answer says of where was looked. */
function searchWords(searched: Searched): string {
  if (searched === null)
    return 'Ids are searched, upper and lower case aside; from 4 characters on, the events too.';
  return `Ids were searched, upper and lower case aside, and the text as it is written in ${formatCount(searched.records)} of ${plural(searched.of, 'record')}.`;
}
