/** A folder that reads events of old schema versions as the newest before it folds them. */
import type { Applied, FoldContext } from './fold.ts';
import type { Folder, Walk } from './folder.ts';
import type { Json, StreamEvent } from './model.ts';
import type { CompiledUpcasters, Upcast } from './upcast.ts';

export interface UpcastEvent {
  event: StreamEvent;
  /** Null: no upcaster reads this event, and it is the very one that was given. */
  upcast: Upcast | null;
}

/** An event as its upcasters read it. What lies beside the payload (`$value.…`) stays as it was written. */
export function upcastEvent(upcasters: CompiledUpcasters, event: StreamEvent): UpcastEvent {
  // A record without a value has nothing that could be read in another way.
  if (event.kind !== 'event' && event.kind !== 'plain') return { event, upcast: null };
  const { type, data, schemaVersion = null } = event;
  const upcast = upcasters.apply(event.topic, { type, schemaVersion, data });
  if (upcast.applied.length === 0) return { event, upcast: null };
  return {
    event: { ...event, type: upcast.type, data: upcast.data, schemaVersion: upcast.schemaVersion },
    upcast,
  };
}

const both = (first: readonly string[], second: string | undefined): string =>
  [...first, ...(second === undefined ? [] : [second])].join('; ');

const upcastingWalk = <T>(walk: Walk<T>, upcasters: CompiledUpcasters): Walk<T> => ({
  *go(events, streamOf, stateBefore) {
    const read = events.map((event) => upcastEvent(upcasters, event));
    let at = 0;
    const changed = read.map(({ event }) => event);
    for (const walked of walk.go(changed, streamOf, stateBefore)) {
      const problems = read[at++]!.upcast?.problems ?? [];
      if (problems.length === 0) yield walked;
      else yield { ...walked, problem: both(problems, walked.problem ?? undefined) };
    }
  },
});

/** Folds as `folder` does, with events as `upcasters` read them. The hash is that of `folder`, whose definition holds them. */
export function upcastingFolder(folder: Folder, upcasters: CompiledUpcasters): Folder {
  const stepped = (step: (state: Json, event: StreamEvent, context: FoldContext) => Applied): typeof step => {
    return (state, event, context) => {
      const { event: read, upcast } = upcastEvent(upcasters, event);
      const applied = step(state, read, context);
      if (upcast === null || upcast.problems.length === 0) return applied;
      return { ...applied, problem: both(upcast.problems, applied.problem) };
    };
  };
  const { stepOwn, walk, watch } = folder;
  return {
    name: folder.name,
    version: folder.version,
    hash: folder.hash,
    initial: folder.initial,
    handles: (type) => folder.handles(type) || upcasters.renames(type).some((name) => folder.handles(name)),
    step: stepped(folder.step.bind(folder)),
    ...(stepOwn === undefined ? {} : { stepOwn: stepped(stepOwn.bind(folder)) }),
    ...(walk === undefined ? {} : { walk: (start) => upcastingWalk(walk.call(folder, start), upcasters) }),
    ...(watch === undefined
      ? {}
      : { watch: (start, keys) => upcastingWalk(watch.call(folder, start, keys), upcasters) }),
    fold(events, context, start) {
      const found = new Map<number, string[]>();
      const read = events.map((event) => {
        const { event: changed, upcast } = upcastEvent(upcasters, event);
        if (upcast !== null && upcast.problems.length > 0) found.set(event.id, upcast.problems);
        return changed;
      });
      const result = folder.fold(read, context, start);
      if (found.size === 0) return result;
      const folded = new Map(result.problems.map(({ id, message }) => [id, message]));
      const problems: typeof result.problems = [];
      for (const { id } of events) {
        const message = both(found.get(id) ?? [], folded.get(id));
        if (message !== '') problems.push({ id, message });
      }
      return { state: result.state, problems };
    },
  };
}
