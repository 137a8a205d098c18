// Nothing in the product knows the names of its own demo: they are in the fixtures and in what documents the shapes.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter(
    (entry) => entry.isFile() && /\.(tsx?|css|html)$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name),
  )
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))
  .filter((file) => !file.includes('/testing/'));

/** The read models of the systems that Hindcast is made for: definitions that a person sees and can copy. */
const READ_MODELS = /^core\/projections\//;

/** Names of the demo's systems, topics, tenants and people: none of them may decide anything. */
const NAMES = [
  'ultracore',
  'icattle',
  'tenant-123',
  'user-456',
  'NLIS',
  'Wagyu',
  'Angus',
  'm.keller',
  'SA1234567890',
];

test('no demo name outside of fixtures and read models', () => {
  expect(files.length).toBeGreaterThan(300);
  const found = files
    .filter((file) => !READ_MODELS.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      return NAMES.filter((name) => text.includes(name)).map((name) => `${file}: ${name}`);
    });
  expect(found).toEqual([]);
});
