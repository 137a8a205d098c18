/** Looks for the records of one row of a projection by another key, in short steps on threads of their own. */
import { parseJson } from '../../core/json.ts';
import type { Projection } from '../../core/model.ts';
import type { ReadContext } from '../workers/context.ts';
import { chunksOf } from './keyChunks.ts';
import { KeyExchange, type KeyTogether } from './keyExchange.ts';
import { recordsOfKeys } from './keyedRecords.ts';

export interface RowSearchArgs {
  /** The projection as JSON text. */
  definition: string;
  key: string;
  /** What the threads that search have in common. */
  together: KeyTogether;
}

/** The ids of the records that this thread has found; null: it is not done. */
export type RowSearchStep = Float64Array | null;

export class RowSearch {
  readonly #steps: ReturnType<typeof recordsOfKeys>;
  readonly #key: string;
  #context: ReadContext;

  constructor(context: ReadContext, { definition, key, together }: RowSearchArgs) {
    this.#context = context;
    this.#key = key;
    const projection = parseJson(definition) as unknown as Projection;
    const exchange = new KeyExchange(together);
    const search = { spans: chunksOf(together.bounds), take: () => exchange.take() };
    this.#steps = recordsOfKeys(() => this.#context, projection, new Set([key]), search);
  }

  /** Goes on for about so long, ms. @throws HindcastError `cancelled` */
  goOn(context: ReadContext, millis: number): RowSearchStep {
    this.#context = context;
    const until = performance.now() + millis;
    while (performance.now() < until) {
      context.throwIfAborted();
      const step = this.#steps.next();
      if (step.done === true) return Float64Array.from(step.value.get(this.#key)!);
    }
    return null;
  }
}
