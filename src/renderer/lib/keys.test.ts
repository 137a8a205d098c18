import { expect, test } from 'vitest';
import { keyLabel, keyName } from './keys.ts';

const press = (key: string, modifiers: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

test('keys have one name on every system', () => {
  expect(keyName(press('k', { ctrlKey: true }), false)).toBe('mod+k');
  expect(keyName(press('k', { metaKey: true }), true)).toBe('mod+k');
  expect(keyName(press('k', { ctrlKey: true }), true)).toBe('k');
  expect(keyName(press('M', { shiftKey: true }), false)).toBe('shift+m');
  expect(keyName(press('?', { shiftKey: true }), false)).toBe('?');
  expect(keyName(press('ArrowLeft'), false)).toBe('arrowleft');
  expect(keyName(press(' '), false)).toBe('space');
});

test('keys are written as on the keyboard', () => {
  expect(keyLabel('mod+k', false)).toBe('Ctrl K');
  expect(keyLabel('mod+k', true)).toBe('⌘ K');
  expect(keyLabel('arrowdown', false)).toBe('↓');
  expect(keyLabel('?', false)).toBe('?');
  expect(keyLabel('g', false)).toBe('G');
});
