/**
 * SQL functions that do not round. SQLite's own sum, total and avg add doubles; these add decimals. min and max stay
 * SQLite's own: they return a stored value as it is, and its rule that other columns come from the same row holds.
 */

import type { Database } from 'better-sqlite3';
import Big from 'big.js';
import { fitsInt64, type Stored, storeDecimal } from '../projection/values.ts';

type Input = null | bigint | number | string | Uint8Array;

const NUMBER_TEXT = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\s*$/;
/** Quotients have this many decimal places before they become a number again. */
const QUOTIENT_PLACES = 40;
const Quotient = Big();
Quotient.DP = QUOTIENT_PLACES;

function exact(value: Exclude<Input, null>, where: string): Big {
  if (typeof value === 'bigint') return new Big(value.toString());
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return new Big(String(value));
    throw new TypeError(`${where}: infinity has no exact value`);
  }
  if (typeof value === 'string' && NUMBER_TEXT.test(value)) return new Big(value.trim().replace(/^\+/, ''));
  const shown = typeof value === 'string' ? `'${value.slice(0, 40)}'` : 'a blob';
  throw new TypeError(`${where}: ${shown} is not a number`);
}

/** An INTEGER when all operands were, else a number or exact text. */
function result(value: Big, isWhole: boolean): Stored {
  if (isWhole) {
    const whole = BigInt(value.toFixed(0));
    return fitsInt64(whole) ? whole : String(whole);
  }
  return storeDecimal(value.toFixed());
}

/** Most amounts have few decimals: they are added as whole units of this fraction, which doubles do exactly. */
const UNIT = 10_000;
const MOST_UNITS = 2 ** 51;

class ExactSum {
  count = 0n;
  #isWhole = true;
  #units = 0;
  #rest = new Big(0);

  add(value: Input, sign: 1 | -1, where: string): void {
    if (value === null) return;
    this.count += BigInt(sign);
    if (typeof value !== 'bigint') this.#isWhole = false;
    const units = unitsOf(value);
    if (units === null) {
      const big = exact(value, where);
      this.#rest = sign === 1 ? this.#rest.plus(big) : this.#rest.minus(big);
      return;
    }
    this.#units += sign * units;
    if (Math.abs(this.#units) > MOST_UNITS) this.#flush();
  }

  #flush(): void {
    this.#rest = this.#rest.plus(new Big(this.#units).div(UNIT));
    this.#units = 0;
  }

  total(): Big {
    this.#flush();
    return this.#rest;
  }

  result(): Stored {
    return this.count === 0n ? null : result(this.total(), this.#isWhole);
  }
}

/** The value in whole units when that is exact, else null. */
function unitsOf(value: Exclude<Input, null>): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') return null;
  const units = Math.round(number * UNIT);
  return Math.abs(units) < MOST_UNITS && units / UNIT === number ? units : null;
}

function addAggregate(db: Database, name: string, finish: (sum: ExactSum) => Stored): void {
  db.aggregate(name, {
    safeIntegers: true,
    deterministic: true,
    start: () => new ExactSum(),
    step: (sum: unknown, value: unknown) => {
      (sum as ExactSum).add(value as Input, 1, name);
      return sum;
    },
    inverse: (sum: unknown, value: unknown) => {
      (sum as ExactSum).add(value as Input, -1, name);
      return sum;
    },
    result: (sum: unknown) => finish(sum as ExactSum),
  });
}

function addPair(db: Database, name: string, work: (a: Big, b: Big, isWhole: boolean) => Stored): void {
  db.function(name, { safeIntegers: true, deterministic: true }, (a: Input, b: Input) => {
    if (a === null || b === null) return null;
    return work(exact(a, name), exact(b, name), typeof a === 'bigint' && typeof b === 'bigint');
  });
}

function addExtreme(db: Database, name: string, sign: 1 | -1): void {
  type Best = { value: Input; exact: Big } | null;
  db.aggregate(name, {
    safeIntegers: true,
    deterministic: true,
    start: null as unknown,
    step: (known: unknown, next: unknown) => {
      const best = known as Best;
      const value = next as Input;
      if (value === null) return best;
      const big = exact(value, name);
      return best === null || big.cmp(best.exact) === sign ? { value, exact: big } : best;
    },
    result: (best: unknown) => (best as Best)?.value ?? null,
  });
}

/** What {@link addExactFunctions} adds, for the list of tables and functions. */
export const EXACT_FUNCTIONS: readonly { name: string; note: string }[] = [
  { name: 'sum(x), total(x), avg(x)', note: 'exact for decimals; a text that is no number is an error' },
  {
    name: 'dec_add(a, b), dec_sub(a, b), dec_mul(a, b)',
    note: 'exact arithmetic; + − * on decimals are binary',
  },
  { name: 'dec_cmp(a, b)', note: '−1, 0 or 1 by value, also for decimals kept as text' },
  { name: 'dec_min(x), dec_max(x)', note: 'by value, also for decimals kept as text' },
];

/** Registers the functions on a connection. */
export function addExactFunctions(db: Database): void {
  addAggregate(db, 'sum', (sum) => sum.result());
  addAggregate(db, 'total', (sum) => storeDecimal(sum.total().toFixed()));
  addAggregate(db, 'avg', (sum) =>
    sum.count === 0n ? null : Number(new Quotient(sum.total()).div(new Quotient(sum.count.toString()))),
  );
  addPair(db, 'dec_add', (a, b, isWhole) => result(a.plus(b), isWhole));
  addPair(db, 'dec_sub', (a, b, isWhole) => result(a.minus(b), isWhole));
  addPair(db, 'dec_mul', (a, b, isWhole) => result(a.times(b), isWhole));
  addPair(db, 'dec_cmp', (a, b) => BigInt(a.cmp(b)));
  addExtreme(db, 'dec_max', 1);
  addExtreme(db, 'dec_min', -1);
}
