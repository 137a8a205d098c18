/**
 * What the guest may not have, as source text that runs before the script: no clock, no random, no code from text,
 * nothing that differs between two runs or two machines.
 */
export const GUEST_WORLD = String.raw`
const refusal = (message) => function () { throw new Error(message); };
const NO_CLOCK = 'a reducer has no clock; take the time from the event: event.occurredAt or event.recordedAt';
const NO_RANDOM = 'a reducer has no random numbers: it must give the same state on every run';
const NO_CODE = 'a reducer cannot run code from text';
const NO_ZONE = 'a time without a zone is another moment on every machine; write it as 2025-12-31T23:59:59Z';
const ZONED = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

const RealDate = Date;
const parseTime = (text) => {
  if (typeof text === 'string' && ZONED.test(text)) return RealDate.parse(text);
  throw new Error(NO_ZONE);
};
class UtcDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) throw new Error(NO_CLOCK);
    if (parts.length > 1) super(RealDate.UTC(...parts));
    else super(typeof parts[0] === 'string' ? parseTime(parts[0]) : parts[0]);
  }
  static now() { throw new Error(NO_CLOCK); }
  static parse(text) { return parseTime(text); }
}
const datePrototype = RealDate.prototype;
for (const name of Object.getOwnPropertyNames(datePrototype)) {
  const utc = name.replace(/^(get|set)(?!UTC|Time)/, '$1UTC');
  if (utc !== name && typeof datePrototype[utc] === 'function') datePrototype[name] = datePrototype[utc];
  else if (/^to(?:String|DateString|TimeString|Locale)/.test(name)) datePrototype[name] = datePrototype.toISOString;
}
datePrototype.getTimezoneOffset = () => 0;
datePrototype.constructor = UtcDate;

Math.random = refusal(NO_RANDOM);
const noCode = refusal(NO_CODE);
for (const each of [function () {}, async function () {}, function* () {}, async function* () {}])
  Object.defineProperty(Object.getPrototypeOf(each), 'constructor', { value: noCode });
for (const name of ['WeakRef', 'FinalizationRegistry', 'queueMicrotask', 'performance', 'SharedArrayBuffer', 'DOMException'])
  delete globalThis[name];
for (const [name, value] of Object.entries({ eval: noCode, Function: noCode, Date: UtcDate, Decimal }))
  Object.defineProperty(globalThis, name, { value, writable: false, configurable: false });
// What an object has of its own is all it has: a state says no more than its text, and no key of an event reads others.
Object.preventExtensions(Object.prototype);
`;
