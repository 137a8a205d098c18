import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const src = join(root, 'src');

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

/** What is shipped: no tests, and not the folders that only tests use. */
const sources = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))
  .filter((file) => !file.includes('/testing/'));

function importsOf(file: string): Import[] {
  const text = textOf(file);
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const found: Import[] = [];
  for (const [, typeOnly, target] of text.matchAll(statement))
    found.push({ file, target: target!, typeOnly: Boolean(typeOnly) });
  for (const [, target] of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g))
    found.push({ file, target: target!, typeOnly: false });
  return found;
}

/** Path inside src for a relative import; null for packages and for other files (styles, pictures). */
function inside(entry: Import): string | null {
  if (!entry.target.startsWith('.')) return null;
  const base = resolve(src, dirname(entry.file), entry.target);
  const file = [base, `${base}.ts`, `${base}.tsx`, base.replace(/\.js$/, '.ts')].find(
    (f) => /\.tsx?$/.test(f) && existsSync(f),
  );
  return file ? relative(src, file) : null;
}

const layer = (file: string): string => file.split('/')[0]!;
const all = sources.flatMap(importsOf);

const MAY_IMPORT: Record<string, string[]> = {
  core: ['core', 'contract'],
  contract: ['contract', 'core'],
  rpc: ['rpc', 'contract'],
  engine: ['engine', 'core', 'contract', 'rpc'],
  main: ['main', 'contract', 'rpc'],
  preload: ['preload', 'contract'],
  headless: ['headless', 'engine', 'core', 'contract', 'rpc'],
  renderer: ['renderer', 'contract', 'core', 'rpc'],
};
const isNode = (target: string): boolean => target.startsWith('node:');
const isElectron = (target: string): boolean => target === 'electron' || target.startsWith('electron/');
const PAGE_ONLY =
  /^(react|react-dom|@base-ui|@tanstack|zustand|recharts|cmdk|wouter|lucide-react|codemirror|@codemirror|react-resizable-panels)(\/|$)/;

describe('who may import whom', () => {
  test('there is something to check', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(all.length).toBeGreaterThan(100);
  });

  test('layers import only the layers below them', () => {
    const wrong = all.flatMap((entry) => {
      const target = inside(entry);
      if (target === null || MAY_IMPORT[layer(entry.file)]?.includes(layer(target))) return [];
      return [`${entry.file} -> ${target}`];
    });
    expect(wrong).toEqual([]);
  });

  test('core and contract are pure: no Node, no DOM library, few packages', () => {
    const allowed = new Set(['zod', 'lossless-json', 'big.js', '@noble/hashes']);
    const wrong = all
      .filter(({ file, target }) => ['core', 'contract'].includes(layer(file)) && !target.startsWith('.'))
      .filter(({ target }) => ![...allowed].some((name) => target === name || target.startsWith(`${name}/`)))
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  test('core reads neither clock nor chance', () => {
    const wrong = sources
      .filter((file) => layer(file) === 'core')
      .filter((file) =>
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bcrypto\b\./.test(textOf(file)),
      );
    expect(wrong).toEqual([]);
  });

  test('electron is known to main and preload only; the page knows no Node, the engine no page library', () => {
    const wrong = all.flatMap(({ file, target, typeOnly }) => {
      const from = layer(file);
      if (isElectron(target) && !['main', 'preload'].includes(from)) return [`${file} -> ${target}`];
      if (isNode(target) && (from === 'renderer' || from === 'core' || from === 'contract'))
        return [`${file} -> ${target}`];
      if (PAGE_ONLY.test(target) && from !== 'renderer' && !typeOnly) return [`${file} -> ${target}`];
      return [];
    });
    expect(wrong).toEqual([]);
  });

  test('headless enters the engine by its front door', () => {
    const wrong = all.flatMap((entry) => {
      const target = inside(entry);
      if (target === null || layer(entry.file) !== 'headless' || layer(target) !== 'engine') return [];
      return ['engine/app.ts', 'engine/host.ts'].includes(target) ? [] : [`${entry.file} -> ${target}`];
    });
    expect(wrong).toEqual([]);
  });

  test('renderer components are the only door to the UI kit', () => {
    const kit = /^(@base-ui|cmdk|recharts|react-resizable-panels|codemirror|@codemirror)(\/|$)/;
    const wrong = all
      .filter(
        ({ file, target }) =>
          layer(file) === 'renderer' && kit.test(target) && !file.startsWith('renderer/components/'),
      )
      .filter(({ file }) => file !== 'renderer/main.tsx')
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  test('there is no circle', () => {
    const graph = new Map<string, string[]>();
    for (const file of sources) graph.set(file, []);
    for (const entry of all) {
      const target = inside(entry);
      // A type costs nothing at run time, but inside one layer even a circle of types is a knot worth seeing.
      if (target !== null && graph.has(target)) graph.get(entry.file)!.push(target);
    }
    const circles: string[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const walk = (file: string, trail: string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file)!) walk(next, [...trail, file]);
      state.set(file, 'done');
    };
    for (const file of sources) walk(file, []);
    expect(circles).toEqual([]);
  });

  test('records are written in one place, kafkajs internals used in one file', () => {
    const importers = (target: string): string[] =>
      [...new Set(all.filter((entry) => inside(entry) === target).map(({ file }) => file))].toSorted();
    expect(sources.filter((file) => /\.producer\(/.test(textOf(file)))).toEqual([]);
    expect(importers('engine/kafka/writeRequests.ts')).toEqual(['engine/kafka/producer.ts']);
    expect(importers('engine/kafka/producer.ts')).toEqual(['engine/compensation/publish.ts']);
    expect(sources.filter((file) => /['"]kafkajs\/src\//.test(textOf(file)))).toEqual([
      'engine/kafka/kafkajsInternals.ts',
    ]);
  });

  test('windows come from one factory', () => {
    const makers = sources.filter((file) => /new BrowserWindow\(/.test(textOf(file)));
    expect(makers.length).toBeLessThanOrEqual(1);
  });
});
