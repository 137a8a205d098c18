/**
 * Upcasters: an event written in an old schema version, read as the newest. Applied between decoding and folding; the
 * event itself keeps what it was written with.
 */
import { sameJson } from './fold.ts';
import { canonicalJson, sha256Hex } from './json.ts';
import type { Json } from './model.ts';
import { getPath, PathProblem, type PathStep, parsePath, removePath, setPath } from './path.ts';

/** One change to the payload. Paths are dotted, inside the payload (`amount.value`). */
export type UpcastStep =
  | { step: 'rename'; from: string; to: string }
  /** Only where there is nothing yet. */
  | { step: 'default'; path: string; value: Json }
  /** Values that are exactly `from` become `to`, such as codes that changed their spelling. */
  | { step: 'replace'; path: string; from: Json; to: Json }
  | { step: 'remove'; path: string }
  | { step: 'type'; name: string };

export interface Upcaster {
  /** Topic name; `*` stands for any characters. */
  topic: string;
  type: string;
  /** Schema version that this one reads; null: events that declare none. */
  from: string | null;
  to: string;
  steps: UpcastStep[];
}

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
  /** SHA-256 (hex) of the definitions: part of the identity of every fold that rests on them. */
  readonly hash: string;
  apply(topic: string, event: Versioned): Upcast;
}

type Step = (event: Versioned, problems: string[]) => Versioned;

const ESCAPED = /[\\^$.|?+()[\]{}]/g;
const patternOf = (topic: string): RegExp =>
  new RegExp(`^${topic.replace(ESCAPED, '\\$&').replaceAll('*', '.*')}$`, 'su');

function pathAt(text: string, at: string): PathStep[] {
  let path: PathStep[];
  try {
    path = parsePath(text);
  } catch (error) {
    throw new UpcasterProblem(at, error instanceof PathProblem ? error.message : String(error));
  }
  if (path.length === 0) throw new UpcasterProblem(at, 'the path is empty; name a place in the payload');
  return path;
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
      if (step.name === '') throw new UpcasterProblem(`${at}.name`, 'the new name is empty');
      return (event) => ({ ...event, type: step.name });
    default:
      throw new UpcasterProblem(
        `${at}.step`,
        `“${String((step as { step?: unknown }).step)}” is not known; use rename, default, replace, remove or type`,
      );
  }
}

/**
 * Makes upcasters ready. Each leads from one schema version to another; a version reached is read further until no
 * upcaster reads it; a circle is reported with the event. @throws UpcasterProblem for a path that cannot be read or two
 * upcasters for one version
 */
export function compileUpcasters(upcasters: readonly Upcaster[]): CompiledUpcasters {
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
  return {
    hash: sha256Hex(canonicalJson(upcasters as unknown as Json)),
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
