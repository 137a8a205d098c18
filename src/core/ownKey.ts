/** Gives an object a key of its own, whatever its name: an assignment of `__proto__` would change the prototype instead. */
export function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
