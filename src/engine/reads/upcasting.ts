/** One event as it was written and as the upcasters of a reducer read it. */
import type { z } from 'zod';
import { HindcastError } from '../../contract/errors.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { EventReading, upcasting } from '../../contract/upcasting.ts';
import { formatJson, parseJson } from '../../core/json.ts';
import type { Reducer, ScriptReducer } from '../../core/model.ts';
import { compileUpcasters, type Versioned } from '../../core/upcast.ts';
import { upcastEvent } from '../../core/upcastFolder.ts';
import { decodeStored, recordById, storedEventOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { ReducerText } from './timeline.ts';

function readingOf({ type, schemaVersion, data }: Versioned): EventReading {
  const text = formatJson(data);
  return {
    type,
    schemaVersion,
    data: text.length > LIMITS.stateText ? null : text,
    characters: text.length,
  };
}

/** @throws HindcastError `record.unknown` */
function upcast(
  context: ReadContext,
  { id, reducer }: { id: number; reducer: ReducerText },
): z.infer<(typeof upcasting)['upcast']['output']> {
  const { upcasters = [] } = parseJson(reducer.definition) as unknown as Reducer | ScriptReducer;
  if (upcasters.length === 0) return null;
  const row = recordById(context, id);
  if (row === undefined) throw new HindcastError('record.unknown', { place: String(id) });
  const event = storedEventOf(context, row, decodeStored(context, row));
  const { upcast: read } = upcastEvent(compileUpcasters(upcasters), event);
  if (read === null) return null;
  const { type, data, schemaVersion = null } = event;
  return {
    applied: read.applied,
    problems: read.problems,
    written: readingOf({ type, data, schemaVersion }),
    folded: readingOf(read),
  };
}

export const upcastingReads = { 'aggregates.upcast': upcast };
