/**
 * The fold inside the sandbox, as source text: takes events in batches, keeps the state between them, checks after
 * each event that the state is still a JSON value, and freezes it, so that a failed event leaves the state before it.
 *
 * Checked by `Object.values` and not key by key: reading a key by its name costs the guest more than the whole step. The
 * size of a whole state is not kept as those of its parts are: the next event makes another.
 */
export const GUEST_FOLD = `
const { freeze, hasOwn, keys, values, getPrototypeOf } = Object;
const { parse, stringify } = JSON;
const isArray = Array.isArray;
const isSafe = Number.isSafeInteger;
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const { split } = String.prototype;
const sizes = new WeakMap();
const progress = new Int32Array(1);
let reduce;
let initial;
let state;
let stream = {};
let streamText = '{}';
/** Numbers of the crossing, and where those of the event under way are. */
let numbers;
let place = 0;
let current;
/** Some state had a BigInt or Decimal, which JSON.stringify would refuse or write as a text. */
let hasExact = false;

const MOST_FLAT = 1000;
const MOST_MISSES = 10;
const ASK_AGAIN = 64;

class StateProblem extends Error {}
const fail = (message) => { throw new StateProblem(message); };

/** Rough size of a value as text. Throws for what JSON cannot say; the caller then looks for the place. */
function sizeOf(value, depth) {
  switch (typeof value) {
    case 'string': return value.length;
    case 'boolean': return 0;
    case 'number': if ((value | 0) === value || isSafe(value)) return 0; return fail('number');
    case 'bigint': hasExact = true; return 16;
    case 'object': {
      if (value === null) return 0;
      const known = sizes.get(value);
      if (known !== undefined) return known;
      const size = sizeOfNew(value, depth + 1);
      sizes.set(value, size);
      return size;
    }
    default: return fail(typeof value);
  }
}

function sizeOfNew(value, depth) {
  if (depth > DEEPEST) fail('depth');
  let items = value;
  if (!isArray(value)) {
    const prototype = getPrototypeOf(value);
    if (prototype !== objectPrototype && prototype !== null) {
      if (!isDecimal(value)) fail('class');
      hasExact = true;
      return 16;
    }
    items = values(value);
  }
  const count = items.length;
  let size = count * 16 + 2;
  for (let at = 0; at < count; at += 1) {
    const item = items[at];
    const kind = typeof item;
    if (kind === 'string') size += item.length;
    else if (kind === 'number') { if ((item | 0) !== item && !isSafe(item)) fail('number'); }
    else if (kind === 'undefined' && items !== value) return sizeOfNew(withoutUndefined(value), depth);
    else size += sizeOf(item, depth);
  }
  freeze(value);
  return size;
}

/** As in JSON, a key without a value is no key. */
function withoutUndefined(object) {
  for (const key of keys(object)) if (object[key] === undefined) delete object[key];
  return object;
}

const WORDS = {
  function: 'a function', symbol: 'a symbol', undefined: 'undefined',
};
function namedNumber(value) {
  if (!Number.isFinite(value)) return String(value);
  return value + ', a float made by JavaScript; make exact numbers with Decimal("…"), .plus, .times and .div(…, places), or round it';
}
/** The first place that is no JSON, in words. */
function placeOf(value, path, above) {
  if (typeof value === 'number') return isSafe(value) ? null : [path, namedNumber(value)];
  if (Object.hasOwn(WORDS, typeof value)) return [path, WORDS[typeof value]];
  if (typeof value !== 'object' || value === null || isDecimal(value) || sizes.has(value)) return null;
  if (above.includes(value)) return [path, 'a circle: it holds itself'];
  if (above.length >= DEEPEST) return [path.slice(0, 60) + '…', 'nested deeper than ' + DEEPEST + ' levels'];
  const prototype = getPrototypeOf(value);
  if (!isArray(value) && prototype !== objectPrototype && prototype !== null)
    return [path, 'an object of the class ' + (prototype.constructor?.name ?? '?') + '; a state holds plain objects and lists'];
  const inner = [...above, value];
  const list = isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, each] of list) {
    if (each === undefined && !isArray(value)) continue;
    const found = placeOf(each, isArray(value) ? path + '[' + key + ']' : path === '' ? key : path + '.' + key, inner);
    if (found !== null) return found;
  }
  return null;
}

/** The last state that was flat, and how many in a row were not: where few are, few are looked at. */
let lastFlat;
let misses = 0;
const mayBeFlat = () => misses < MOST_MISSES || misses % ASK_AGAIN === 0;

/** Freezes an object of small whole numbers, as the states of many programs are: a shorter way through the checks. */
function isFlat(value) {
  if (typeof value !== 'object' || value === null || getPrototypeOf(value) !== objectPrototype || isArray(value)) return false;
  const items = values(value);
  const count = items.length;
  if (count > MOST_FLAT) return false;
  for (let at = 0; at < count; at += 1) {
    const item = items[at];
    if (typeof item !== 'number' || (item | 0) !== item) return false;
  }
  misses = 0;
  freeze(value);
  lastFlat = value;
  return true;
}

function checked(value) {
  if (mayBeFlat() && isFlat(value)) return value;
  misses += 1;
  if (value === undefined) throw new StateProblem('it returned nothing; return the state, also when nothing changed');
  let size;
  try {
    size = typeof value === 'object' && value !== null ? sizeOfNew(value, 1) : sizeOf(value, 0);
  } catch (error) {
    if (!(error instanceof StateProblem)) throw error;
    const place = placeOf(value, '', []);
    if (place === null) throw error;
    throw new StateProblem(place[0] === '' ? 'the state is ' + place[1] : 'the state has at ' + place[0] + ' ' + place[1]);
  }
  if (size > LARGEST) throw new StateProblem('the state has grown beyond ' + LARGEST / 1048576 + ' MB');
  return value;
}

function revived(value) {
  if (typeof value === 'string') {
    if (value.charCodeAt(0) !== 1) return value;
    const rest = value.slice(2);
    return value[1] === 'd' ? decimalOf(rest) : value[1] === 'i' ? BigInt(rest) : rest;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) for (let at = 0; at < value.length; at += 1) value[at] = revived(value[at]);
  else
    for (const key of keys(value)) {
      const inner = value[key];
      if (typeof inner === 'string' ? inner.charCodeAt(0) === 1 : typeof inner === 'object' && inner !== null)
        Object.defineProperty(value, key, { value: revived(inner), writable: true, enumerable: true, configurable: true });
    }
  return value;
}

function written(value) {
  switch (typeof value) {
    case 'string': return stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (isDecimal(value)) return textOf(value);
      if (isArray(value)) return '[' + value.map(written).join(',') + ']';
      const all = keys(value);
      const parts = [];
      for (let at = 0; at < all.length; at += 1) parts.push(stringify(all[at]) + ':' + written(value[all[at]]));
      return '{' + parts.join(',') + '}';
    }
    case 'number': return value === 0 ? '0' : String(value);
    default: return String(value);
  }
}

const textOfValue = (value) =>
  hasExact || arrayPrototype.toJSON !== undefined ? written(value) : stringify(value);

/** Keys of the state that are looked at, and whether all objects have such a one. */
let watched = [];
let isInherited = [];
/** By key: what was told of it last otherwise than as a number. */
let toldLast = [];
const NOTHING = {};

function watch(text) {
  watched = parse(text);
  isInherited = watched.map((key) => key in objectPrototype);
}

function hasKeys(value) {
  if (typeof value !== 'object' || value === null || isArray(value)) return false;
  const prototype = getPrototypeOf(value);
  return prototype === objectPrototype || prototype === null;
}

/** Tells of the watched keys from a place in the numbers on, texts into a list; how many characters these are. */
function tellWatched(numbers, place, each) {
  const has = state === lastFlat || hasKeys(state);
  let length = 0;
  for (let at = 0; at < watched.length; at += 1) {
    const key = watched[at];
    const value = has && (!isInherited[at] || hasOwn(state, key)) ? state[key] : undefined;
    if (typeof value === 'number' && value < MOST_TOLD && value > -MOST_TOLD) numbers[place + at] = value;
    else if (value === toldLast[at]) numbers[place + at] = AS_BEFORE;
    else {
      toldLast[at] = value;
      const text = value === undefined ? undefined : textOfValue(value);
      numbers[place + at] = text === undefined ? NO_KEY : AS_TEXT;
      if (text === undefined) continue;
      length += text.length;
      each.push(text);
    }
  }
  return length;
}

const timeText = (ms) => (ms !== ms ? null : Math.abs(ms) <= 8.64e15 ? new RealDate(ms).toISOString() : ms + ' ms since 1970');
function timeOf(event, which) {
  if (event === current) return timeText(numbers[place + which]);
  throw new Error('the times of an event can only be read while it is folded; keep what is needed of it in the state');
}
class StreamEvent {
  get occurredAt() { return timeOf(this, 1); }
  get recordedAt() { return timeOf(this, 2); }
  get aggregateType() { return stream.aggregateType; }
  get aggregateId() { return stream.aggregateId; }
}
const eventPrototype = StreamEvent.prototype;
/** By plan: what puts an event together, and how many texts and numbers that takes. Plan 0 reads a JSON text. */
const makers = [
  (texts, at) => {
    const row = parse(texts[at]);
    if (row[3]) revived(row);
    const event = { __proto__: eventPrototype, type: row[0], data: row[4], eventId: row[1], version: row[2] };
    if (row.length > 5) event.value = row[5];
    return event;
  },
];
const textCounts = [1];
const numberCounts = [HEAD];

function begin(text, marked) {
  state = checked(marked ? revived(parse(text)) : parse(text));
}

function inStream(text) {
  if (text === streamText) return;
  stream = parse(text);
  streamText = text;
}

function told(error) {
  if (error instanceof StateProblem) return [error.message, ''];
  if (error instanceof Error) return [error.name + ': ' + error.message, String(error.stack ?? '')];
  return ['it threw ' + String(error), ''];
}

return {
  progress: progress.buffer,
  load(module) {
    reduce = module.reduce ?? module.default;
    if (typeof reduce !== 'function') throw new StateProblem('it exports no function “reduce(state, event)”');
    if (module.handles !== undefined && !(isArray(module.handles) && module.handles.every((type) => typeof type === 'string')))
      throw new StateProblem('“handles” must be a list of event types');
    initial = checked(module.initial ?? {});
    if (typeof initial !== 'object' || initial === null || isArray(initial) || isDecimal(initial))
      throw new StateProblem('“initial” must be an object');
    return stringify({ initial: written(initial), handles: module.handles ?? null });
  },
  begin,
  watch,
  /** A plan comes as a function of what its source names; see eventPlans.ts. */
  plan(make, texts, numbers) {
    makers.push(make(eventPrototype, BigInt, decimalOf, parse, revived));
    textCounts.push(texts);
    numberCounts.push(numbers);
  },
  /**
   * Folds a batch. The state as JSON; after a '!' the problems and that text in a list; '#' where a text holds what
   * stands between them, and nothing was folded. With the states after each event: the problems and these, with what
   * stands between texts between them, an empty one where the state is that of before; fewer where they become long.
   * With numbers of the watched keys after each event (see watchedStates.ts): the problems, the state and their texts.
   */
  run(text, buffer, withEach, ofWatched) {
    numbers = new Float64Array(buffer);
    const texts = split.call(text, SEPARATOR);
    const count = numbers[0];
    if (texts.length !== numbers[1]) return '#';
    inStream(texts[0]);
    const problems = [];
    const each = [];
    const marks = ofWatched === undefined ? undefined : new Float64Array(ofWatched);
    toldLast = watched.map(() => NOTHING);
    let length = 0;
    let textAt = 1;
    place = FIRST_NUMBERS;
    for (let at = 0; at < count && length < MOST_EACH; at += 1) {
      let plan = numbers[place];
      while (plan < 0) {
        if (plan === FRESH) state = initial;
        else {
          const text = texts[textAt];
          textAt += 1;
          if (plan === OTHER_STREAM) inStream(text);
          else begin(text, plan === MARKED_STATE);
        }
        place += 1;
        plan = numbers[place];
      }
      progress[0] = at;
      const before = state;
      try {
        current = makers[plan](texts, textAt, numbers, place);
        const next = reduce(state, current);
        if (next !== state) state = checked(next);
      } catch (error) {
        problems.push([at, ...told(error)]);
      }
      textAt += textCounts[plan];
      place += numberCounts[plan];
      if (marks !== undefined) {
        marks[0] = at + 1;
        length += tellWatched(marks, 1 + at * watched.length, each);
      } else if (withEach) {
        const after = state === before ? '' : textOfValue(state);
        length += after.length;
        each.push(after);
      }
    }
    current = undefined;
    if (marks !== undefined) each.unshift(textOfValue(state));
    if (withEach) return stringify(problems) + SEPARATOR + each.join(SEPARATOR);
    return problems.length === 0 ? textOfValue(state) : '!' + stringify([problems, textOfValue(state)]);
  },
};
`;
