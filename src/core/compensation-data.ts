/** The payload of a compensating event: what of the corrected event's payload still holds, with its amount negated. */
import type { DraftField, SourceRecord } from './compensation-types.ts';
import type { EnvelopeMapping } from './envelope/mappings.ts';
import type { Json, JsonObject } from './model.ts';
import { exactNumber, isJsonObject, isNumeric, negateText, numberText } from './numbers.ts';
import { formatPath } from './path.ts';
import { amountIn } from './sentence-details.ts';

/** Payload fields that were true of the corrected event only: a balance after it, its number in a ledger, its own id. */
const OWN_FIELD = /(?:^|_)(?:balance|sequence|hash|signature)(?:_|$)|_after$|^transaction_id$/;

function snake(key: string): string {
  return key.replace(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
}

function negated(value: Json): Json {
  if (isNumeric(value)) return exactNumber(negateText(numberText(value)));
  return typeof value === 'string' ? negateText(value) : value;
}

/** Where the payload of this shape stands: the corrected event's own place, else the mapping's first. */
function dataPlace(source: SourceRecord, mapping: EnvelopeMapping): (string | number)[] {
  return source.decoded.envelope?.dataPath ?? (mapping.dataPath[0] === '' ? [] : [mapping.dataPath[0] ?? '']);
}

function usesCamelCase(value: Json, data: JsonObject): boolean {
  const keys = [...Object.keys(data), ...(isJsonObject(value) ? Object.keys(value) : [])];
  return keys.some((key) => /^[a-z]+[A-Z]/.test(key)) && !keys.some((key) => /_[a-z]/.test(key));
}

/** The fields to put into the payload, in order, with their whole paths. */
export function correctionData(
  source: SourceRecord,
  corrects: boolean,
  mapping: EnvelopeMapping,
  value: Json,
  notCarried: string[],
): DraftField[] {
  const place = dataPlace(source, mapping);
  const data = isJsonObject(source.decoded.data) ? source.decoded.data : {};
  const at = (key: string): string => formatPath([...place, key]);
  const fields: DraftField[] = [];
  const emptied: DraftField[] =
    place.length === 0 ? [] : [{ name: formatPath(place), value: {}, editable: false, hint: 'payload' }];
  if (corrects) {
    const amount = amountIn(data);
    for (const key of Object.keys(data)) {
      if (OWN_FIELD.test(snake(key))) {
        notCarried.push(at(key));
        continue;
      }
      const isAmount = key === amount?.name;
      const hint = isAmount ? 'the corrected amount with the other sign' : 'as the corrected event';
      fields.push({
        name: at(key),
        value: isAmount ? negated(data[key]!) : data[key]!,
        editable: true,
        hint,
      });
    }
    const eventId = source.event.eventId;
    const name = usesCamelCase(value, data) ? 'reversedEventId' : 'reversed_event_id';
    if (eventId !== null)
      fields.push({ name: at(name), value: eventId, editable: false, hint: 'the corrected event' });
  }
  const reason = fields.findIndex((field) => field.name === at('reason'));
  if (reason !== -1) fields.splice(reason, 1);
  fields.push({ name: at('reason'), value: '', editable: true, hint: 'required' });
  return [...emptied, ...fields];
}
