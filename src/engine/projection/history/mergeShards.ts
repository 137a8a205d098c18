/** Makes one shard of several: what a later one tells of a row again goes. */
import type { ProjectionColumn } from '../../../core/model.ts';
import { momentAt, readColumn, valueAt } from './columnLog.ts';
import {
  HistoryRecorder,
  KEYS_PIECE,
  occurredSet,
  PLACES_PIECE,
  type ReadPiece,
  readKeys,
  readPlaces,
  type Shard,
} from './recorder.ts';

/** No row of the merged shard. */
const GONE = -1;

/** @param shards the latest first */
export function mergeShards(columns: readonly ProjectionColumn[], shards: readonly ReadPiece[]): Shard {
  const recorder = new HistoryRecorder(columns);
  const told = new Set<string>();
  for (const read of shards) {
    const taken = new Set<string>();
    copyShard(recorder, columns, read, (key) => {
      if (told.has(key)) return false;
      taken.add(key);
      return true;
    });
    const occurred = occurredSet(read);
    if (occurred !== null) copyShard(recorder.occurred, columns, occurred, (key) => taken.has(key));
    for (const key of taken) told.add(key);
  }
  return recorder.finish();
}

function copyShard(
  recorder: HistoryRecorder,
  columns: readonly ProjectionColumn[],
  read: ReadPiece,
  takes: (key: string) => boolean,
): void {
  const { keys, born, ownOrder } = readKeys(read(KEYS_PIECE));
  const places = readPlaces(read(PLACES_PIECE));
  const rows = keys.map((key) => (takes(key) ? recorder.addRow(key) : GONE));
  for (const row of ownOrder) if (rows[row] !== GONE) recorder.ownOrder(rows[row]!);
  const moved = new Uint32Array(places.row.length);
  for (let place = 0; place < moved.length; place += 1) {
    const old = places.row[place]!;
    const row = rows[old]!;
    if (row === GONE) continue;
    const { at, id, recordedAt, happened } = places;
    moved[place] = recorder.addEvent(row, at[place]!, id[place]!, recordedAt[place]!, happened[place]!);
    if (born[old] === place) recorder.bear(row, moved[place]!);
  }
  for (const [no, { type }] of columns.entries()) {
    const column = readColumn(type, read(no), places.happened);
    if (column === null) recorder.columns[no]!.giveUp();
    else
      for (let index = 0; index < column.place.length; index += 1) {
        const place = column.place[index]!;
        if (rows[places.row[place]!] === GONE) continue;
        const moment = momentAt(column, index);
        if (moment !== null) recorder.addNumber(no, moved[place]!, moment);
        else recorder.addChange(no, moved[place]!, valueAt(column, index));
      }
  }
}
