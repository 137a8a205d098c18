import { expect, test } from 'vitest';
import { pinnedReducer, pinOf, splitReducer } from './reducerPin.ts';

test('a reducer is named with its version and read again, whatever its name', () => {
  const pin = pinOf('3f2a9b1c0d12ffff0000');
  for (const name of ['orders', 'a@b', 'x@3f2a9b1c0d12'])
    expect(splitReducer(pinnedReducer(name, pin))).toEqual({ name, pin: '3f2a9b1c0d12' });
  for (const name of ['orders', 'a@b', 'orders@3F2A9B1C0D12', ''])
    expect(splitReducer(name)).toEqual({ name, pin: null });
});
