/**
 * Exact numbers inside the sandbox, as source text for the guest: `Decimal`, and the same methods on plain and big
 * integers, so that `a.plus(b)` is right whatever the two are. A whole number and a scale, never a float.
 */
export const GUEST_DECIMAL = String.raw`
const FORM = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;
const MOST_PLACES = 10000;
const textOfDecimal = new WeakMap();
const cut = (text) => (text.length > 40 ? text.slice(0, 40) + '…' : text);

function textOf(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(value + ' is not a decimal number');
    return String(value);
  }
  const text = typeof value === 'object' && value !== null ? textOfDecimal.get(value) : undefined;
  if (text !== undefined) return text;
  throw new TypeError((value === null ? 'null' : typeof value === 'object' ? 'an object' : String(value)) + ' is not a number');
}

/** [whole number, decimal places] */
function partsOf(value) {
  if (typeof value === 'bigint') return [value, 0];
  const text = textOf(value);
  const match = FORM.exec(text);
  if (match === null) throw new RangeError('“' + cut(text) + '” is not a decimal number');
  const fraction = match[3] ?? '';
  const places = fraction.length - Number(match[4] ?? 0);
  if (Math.abs(places) > MOST_PLACES) throw new RangeError(cut(text) + ' is too large or too small for exact arithmetic');
  const digits = BigInt(match[2] + fraction);
  const whole = match[1] === '-' ? -digits : digits;
  return places < 0 ? [whole * 10n ** BigInt(-places), 0] : [whole, places];
}

function format(whole, places) {
  if (places === 0) return String(whole);
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, '0');
  const point = digits.length - places;
  return (whole < 0n ? '-' : '') + digits.slice(0, point) + '.' + digits.slice(point);
}

const isWhole = (value) => typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));

/** Whole numbers stay whole numbers; anything else is a Decimal. */
function made(whole, places, wholes) {
  if (!wholes) return decimalOf(format(whole, places));
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function aligned(a, b) {
  const [left, leftPlaces] = partsOf(a);
  const [right, rightPlaces] = partsOf(b);
  if (leftPlaces === rightPlaces) return [left, right, leftPlaces];
  return leftPlaces > rightPlaces
    ? [left, right * 10n ** BigInt(leftPlaces - rightPlaces), leftPlaces]
    : [left * 10n ** BigInt(rightPlaces - leftPlaces), right, rightPlaces];
}

/** Half away from zero, as money is rounded. */
function divideRounded(whole, by) {
  const isNegative = whole < 0n !== by < 0n;
  const top = whole < 0n ? -whole : whole;
  const bottom = by < 0n ? -by : by;
  const rounded = (top * 2n + bottom) / (bottom * 2n);
  return isNegative ? -rounded : rounded;
}

function placesAsked(places, name) {
  if (Number.isSafeInteger(places) && places >= 0 && places <= MOST_PLACES) return places;
  throw new RangeError(name + ' needs the number of decimal places, such as ' + name + '(…, 2)');
}

const exact = {
  plus(other) {
    const [a, b, places] = aligned(this, other);
    return made(a + b, places, isWhole(this) && isWhole(other));
  },
  minus(other) {
    const [a, b, places] = aligned(this, other);
    return made(a - b, places, isWhole(this) && isWhole(other));
  },
  times(other) {
    const [a, aPlaces] = partsOf(this);
    const [b, bPlaces] = partsOf(other);
    return made(a * b, aPlaces + bPlaces, isWhole(this) && isWhole(other));
  },
  div(other, places) {
    placesAsked(places, 'div');
    const [a, b] = aligned(this, other);
    if (b === 0n) throw new RangeError('division by zero');
    return decimalOf(format(divideRounded(a * 10n ** BigInt(places), b), places));
  },
  round(places = 0) {
    placesAsked(places, 'round');
    const [whole, has] = partsOf(this);
    const result =
      has <= places ? whole * 10n ** BigInt(places - has) : divideRounded(whole, 10n ** BigInt(has - places));
    return decimalOf(format(result, places));
  },
  neg() {
    const [whole, places] = partsOf(this);
    return made(-whole, places, isWhole(this));
  },
  abs() {
    const [whole, places] = partsOf(this);
    return made(whole < 0n ? -whole : whole, places, isWhole(this));
  },
  cmp(other) {
    const [a, b] = aligned(this, other);
    return a < b ? -1 : a > b ? 1 : 0;
  },
  eq(other) { return exact.cmp.call(this, other) === 0; },
  lt(other) { return exact.cmp.call(this, other) < 0; },
  lte(other) { return exact.cmp.call(this, other) <= 0; },
  gt(other) { return exact.cmp.call(this, other) > 0; },
  gte(other) { return exact.cmp.call(this, other) >= 0; },
  isZero() { return partsOf(this)[0] === 0n; },
};

const refuseOperator = () => {
  throw new TypeError('a Decimal cannot be used with + - * / < > or ==, which would make it a float; use .plus(…), .minus(…), .times(…), .div(…, places), .cmp(…), .eq(…)');
};
const decimalPrototype = Object.assign(Object.create(null), exact, {
  toFixed(places) { return textOf(exact.round.call(this, places)); },
  toString() { return textOf(this); },
  toJSON() { return textOf(this); },
  toNumber() { return Number(textOf(this)); },
  valueOf: refuseOperator,
});

function decimalOf(text) {
  const decimal = Object.create(decimalPrototype);
  textOfDecimal.set(decimal, text);
  return Object.freeze(decimal);
}

/** The decimal of a text such as "61.76", a number or another Decimal. */
function Decimal(value) {
  if (textOfDecimal.has(value)) return value;
  const text = textOf(value);
  if (!FORM.test(text)) throw new RangeError('“' + cut(text) + '” is not a decimal number');
  return decimalOf(text);
}
Object.defineProperty(Decimal, 'prototype', { value: decimalPrototype });
decimalPrototype.constructor = Decimal;
Object.freeze(decimalPrototype);
Object.freeze(Decimal);
for (const name of Object.keys(exact)) {
  const method = exact[name];
  const own = function (...others) { return method.call(this.valueOf(), ...others); };
  Object.defineProperty(Number.prototype, name, { value: own });
  Object.defineProperty(BigInt.prototype, name, { value: own });
}
const isDecimal = (value) => textOfDecimal.has(value);
`;
