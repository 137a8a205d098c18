/**
 * Upcasters: an event written in an old schema version, read as the newest. Applied between decoding and folding; the
 * event itself keeps what it was written with.
 */
import { sameJson } from './fold.ts';
import type { Json, Upcaster, UpcastStep } from './model.ts';
import { isJsonObject } from './numbers.ts';
import { getPath, PathProblem, type PathStep, parsePath, removePath, setPath } from './path.ts';

/** An upcaster that cannot be used; `at` names the place in the list: `upcasters[2].steps[0].to`. */
export class UpcasterProblem extends Error {
  readonly at: string;
  constructor(at: string, message: string) {
    super(`${at}: ${message}`);
    this.name = 'UpcasterProblem';
    this.at = at;
  }
}

/** What an upcaster looks at and changes. */
export interface Versioned {
  type: string;
  schemaVersion: string | null;
  data: Json;
}

export interface Upcast extends Versioned {
  /** Which upcasters were applied, in words: `AccountOpened 1 → 2`. Empty: the event is as it was written. */
  applied: string[];
  /** Steps that found nothing where they look; the others were done. */
  problems: string[];
}

export interface CompiledUpcasters {
  apply(topic: string, event: Versioned): Upcast;
  /** Types that events written with this one may be read as. */
  renames(type: string): readonly string[];
}

/** What a step of each kind must say. */
const MEMBERS: Record<string, readonly string[]> = {
  rename: ['from', 'to'],
  default: ['path', 'value'],
  replace: ['path', 'from', 'to'],
  remove: ['path'],
  type: ['name'],
};

type Step = (event: Versioned, problems: string[]) => Versioned;

const ESCAPED = /[\\^$.|?+()[\]{}]/g;
const patternOf = (topic: string): RegExp =>
  new RegExp(`^${topic.replace(ESCAPED, '\\$&').replaceAll('*', '.*')}$`, 'su');

function pathAt(text: string, at: string): PathStep[] {
  let path: PathStep[];
  if (typeof text !== 'string') throw new UpcasterProblem(at, 'a path as text is missing');
  try {
    path = parsePath(text);
  } catch (error) {
    throw new UpcasterProblem(at, error instanceof PathProblem ? error.message : String(error));
  }
  if (path[0] !== 'data' || path.length === 1)
    throw new UpcasterProblem(at, `“${text}” must name a place in the payload: “data.” and a path`);
  return path.slice(1);
}

function compileStep(step: UpcastStep, at: string): Step {
  switch (step.step) {
    case 'rename': {
      const from = pathAt(step.from, `${at}.from`);
      const to = pathAt(step.to, `${at}.to`);
      return (event, problems) => {
        const value = getPath(event.data, from);
        if (value !== undefined) return { ...event, data: setPath(removePath(event.data, from), to, value) };
        problems.push(`there is no ${step.from} to rename`);
        return event;
      };
    }
    case 'default': {
      const path = pathAt(step.path, `${at}.path`);
      return (event) =>
        getPath(event.data, path) === undefined
          ? { ...event, data: setPath(event.data, path, step.value) }
          : event;
    }
    case 'replace': {
      const path = pathAt(step.path, `${at}.path`);
      return (event) => {
        const value = getPath(event.data, path);
        return value !== undefined && sameJson(value, step.from)
          ? { ...event, data: setPath(event.data, path, step.to) }
          : event;
      };
    }
    case 'remove': {
      const path = pathAt(step.path, `${at}.path`);
      return (event) => ({ ...event, data: removePath(event.data, path) });
    }
    case 'type':
      if (!isText(step.name)) throw new UpcasterProblem(`${at}.name`, 'must be a text that is not empty');
      return (event) => ({ ...event, type: step.name });
    default:
      throw new UpcasterProblem(
        `${at}.step`,
        `“${String((step as { step?: unknown }).step)}” is not known; use rename, default, replace, remove or type`,
      );
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Definitions come from files: whether each has the parts that it needs. */
function checkShape(upcasters: readonly Upcaster[]): void {
  if (!Array.isArray(upcasters)) throw new UpcasterProblem('upcasters', 'must be a list');
  for (const [index, upcaster] of upcasters.entries()) {
    const at = `upcasters[${index}]`;
    if (!isJsonObject(upcaster as unknown as Json))
      throw new UpcasterProblem(at, 'must be an object with “topic”, “type”, “from”, “to” and “steps”');
    for (const key of ['topic', 'type', 'to'] as const)
      if (!isText(upcaster[key]))
        throw new UpcasterProblem(`${at}.${key}`, 'must be a text that is not empty');
    if (upcaster.from !== null && !isText(upcaster.from))
      throw new UpcasterProblem(
        `${at}.from`,
        'must be a schema version as text (“1”), or null for events that declare none',
      );
    if (!Array.isArray(upcaster.steps)) throw new UpcasterProblem(`${at}.steps`, 'must be a list of steps');
    for (const [nth, step] of upcaster.steps.entries()) {
      const place = `${at}.steps[${nth}]`;
      if (!isJsonObject(step as unknown as Json)) throw new UpcasterProblem(place, 'must be an object');
      for (const key of MEMBERS[step.step] ?? [])
        if (!Object.hasOwn(step, key)) throw new UpcasterProblem(`${place}.${key}`, 'is missing');
    }
  }
}

/** By type, all that its events may become, over any number of versions. */
function renamesOf(upcasters: readonly Upcaster[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, Set<string>>();
  for (const { type, steps } of upcasters)
    for (const step of steps)
      if (step.step === 'type') next.set(type, (next.get(type) ?? new Set()).add(step.name));
  const all = new Map<string, string[]>();
  for (const type of next.keys()) {
    const found = new Set<string>();
    const open = [type];
    for (let from = open.pop(); from !== undefined; from = open.pop())
      for (const to of next.get(from) ?? [])
        if (!found.has(to)) {
          found.add(to);
          open.push(to);
        }
    all.set(type, [...found]);
  }
  return all;
}

/**
 * Makes upcasters ready. Each leads from one schema version to another; a version reached is read further until no
 * upcaster reads it; a circle is reported with the event. @throws UpcasterProblem for a path that cannot be read or two
 * upcasters for one version
 */
export function compileUpcasters(upcasters: readonly Upcaster[]): CompiledUpcasters {
  checkShape(upcasters);
  const compiled = upcasters.map((upcaster, index) => ({
    ...upcaster,
    pattern: patternOf(upcaster.topic),
    run: upcaster.steps.map((step, at) => compileStep(step, `upcasters[${index}].steps[${at}]`)),
  }));
  for (const [index, { topic, type, from, to }] of upcasters.entries()) {
    const twin = upcasters.findIndex(
      (other) => other.topic === topic && other.type === type && other.from === from,
    );
    if (twin !== index)
      throw new UpcasterProblem(
        `upcasters[${index}]`,
        `version ${from ?? '(none)'} of ${type} is read by upcasters[${twin}] already`,
      );
    if (from === to) throw new UpcasterProblem(`upcasters[${index}].to`, 'it leads to the version it reads');
  }
  const renamed = renamesOf(upcasters);
  return {
    renames: (type) => renamed.get(type) ?? [],
    apply(topic, event) {
      let current = event;
      const applied: string[] = [];
      const problems: string[] = [];
      const used = new Set<number>();
      for (;;) {
        const at = compiled.findIndex(
          ({ pattern, type, from }) =>
            type === current.type && from === current.schemaVersion && pattern.test(topic),
        );
        if (at === -1) break;
        const { type, from, to, run } = compiled[at]!;
        if (used.has(at)) {
          problems.push(
            `the upcasters of ${type} lead in a circle, from ${from ?? '(none)'} to ${to} and back`,
          );
          break;
        }
        used.add(at);
        const found: string[] = [];
        let next = current;
        for (const step of run) {
          try {
            next = step(next, found);
          } catch (error) {
            if (!(error instanceof PathProblem)) throw error;
            found.push(error.message);
          }
        }
        const name = `${type} ${from ?? '(none)'} → ${to}`;
        applied.push(name);
        problems.push(...found.map((message) => `${name}: ${message}`));
        current = { ...next, schemaVersion: to };
      }
      return { ...current, applied, problems };
    },
  };
}
