/** Memory that threads share, and the work that they take from one list. */

/** The same numbers in memory that other threads can see. */
export function shared<T extends Float64Array | Uint32Array | Uint8Array>(numbers: T): T {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers;
  const copy = new (numbers.constructor as Float64ArrayConstructor)(
    new SharedArrayBuffer(numbers.byteLength),
  );
  copy.set(numbers);
  return copy as unknown as T;
}

/** Where the next piece of work begins, which no other thread takes. @param next where the first begins that is left */
export const takeNext = (next: Int32Array, size: number): number => Atomics.add(next, 0, size);
