/**
 * What is looked at of payloads when threads share the reading: the key of the row and, of each type, the parts that reducers
 * read. Both are found in one look, and the parts are passed on as bytes, so that no thread opens the block again.
 */
import { compileMapping } from '../../core/envelope/compiled.ts';
import { type PayloadScan, payloadScan } from '../../core/envelope/payloadScan.ts';
import type { PathStep } from '../../core/path.ts';
import { MOST_PATHS, pathsOf } from '../store/payloadPaths.ts';
import { topicMappingOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import type { Reading } from './streamScan.ts';

/** How payloads of one event type are looked at in one topic. */
export interface PartPlan {
  /** Null: they have to be parsed. */
  scan: PayloadScan | null;
  /** What the reducers look at is passed on. */
  isPacked: boolean;
}

/** The plans of a topic, by number of the event type. */
export interface TopicParts {
  /** Threads with the same layout read each other's bytes: a mapping may be changed while they run. */
  layout: string;
  planOf(type: number): PartPlan;
}

export class PayloadParts {
  readonly #contextOf: () => ReadContext;
  readonly #reading: Reading;
  readonly #key: readonly PathStep[] | null;
  readonly #byLayout = new Map<string, TopicParts>();

  /** @param key where the key of a row is in a payload; null: it lies elsewhere */
  constructor(contextOf: () => ReadContext, reading: Reading, key: readonly PathStep[] | null) {
    this.#contextOf = contextOf;
    this.#reading = reading;
    this.#key = key;
  }

  /** By the mapping that the topic has now. */
  ofTopic(topic: string): TopicParts {
    const { mapping } = topicMappingOf(this.#contextOf(), topic);
    const layout = JSON.stringify(mapping);
    const known = this.#byLayout.get(layout);
    if (known !== undefined) return known;
    const compiled = mapping === null ? null : compileMapping(mapping);
    const plans: PartPlan[] = [];
    const planOf = (type: number): PartPlan => {
      plans[type] ??= this.#planOf(type, (paths) =>
        compiled === null ? null : payloadScan(compiled, paths, this.#key),
      );
      return plans[type];
    };
    const parts = { layout, planOf };
    this.#byLayout.set(layout, parts);
    return parts;
  }

  #planOf(type: number, scanOf: (paths: readonly (readonly PathStep[])[]) => PayloadScan | null): PartPlan {
    const { folders, concerns } = this.#reading;
    const name = this.#contextOf().dictionary.typeName(type);
    const paths =
      folders === null || !concerns({ type: name, kind: 'event' }) ? null : pathsOf(folders, name);
    if (paths === null || paths.length === 0 || paths.length > MOST_PATHS)
      return { scan: this.#key === null ? null : scanOf([]), isPacked: false };
    const scan = scanOf(paths);
    return { scan, isPacked: scan !== null };
  }
}
