/** One row, of which all events are at hand. */
import { type FoldedRow, type FoldRun, type PlacedEvent, RowFold } from './fold.ts';
import { waitingFor } from './waitingEvents.ts';

/** Folds the events of one row in the order given. */
export function foldRow(run: FoldRun, key: string, events: readonly PlacedEvent[]): FoldedRow {
  const row = new RowFold(run, key);
  const waiting = waitingFor(run);
  for (const placed of events)
    if (waiting === null) row.add(placed);
    else waiting.add(row, placed, 0);
  waiting?.fold();
  return row.finish();
}
