/** Events with only those paths of their payload that a reducer reads, taken from the bytes of their values. */
import { compileMapping } from '../../core/envelope/compiled.ts';
import { type BytesToText, type PayloadScan, payloadScan } from '../../core/envelope/payloadScan.ts';
import type { Folder } from '../../core/folder.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import type { PathStep } from '../../core/path.ts';
import type { ReadContext } from '../workers/context.ts';
import { PayloadReader, type StreamHead, topicMappingOf } from './stream.ts';
import type { ValueBytes } from './walkedBlock.ts';

export type { ValueBytes };

/** Whole payloads are as quick to parse where more than so many paths are read. */
export const MOST_PATHS = 24;

type Paths = readonly (readonly PathStep[])[] | null;

/** By type: what is read of it, and how, by topic. Null: of this type the whole event. */
interface TypePlan {
  paths: readonly (readonly PathStep[])[];
  scans: Map<string, PayloadScan | null>;
}

/** Holds statements: make one per read. */
export class PathReader {
  readonly #context: ReadContext;
  readonly #whole: PayloadReader;
  readonly #folders: readonly Pick<Folder, 'reads'>[] | null;
  readonly #plans = new Map<string, TypePlan | null>();
  #bytes: Buffer = Buffer.alloc(0);
  readonly #texts: BytesToText = {
    ascii: (start, end) => this.#bytes.toString('latin1', start, end),
    utf8: (start, end) => this.#bytes.toString('utf8', start, end),
  };

  /** @param folders that will step over the events; what any of them reads is there. Null: everything is */
  constructor(context: ReadContext, folders: readonly Pick<Folder, 'reads'>[] | null) {
    this.#context = context;
    this.#whole = new PayloadReader(context);
    this.#folders = folders;
  }

  /** Whether the value of such an event has to be at hand for {@link event}. */
  needsValue(head: Pick<StreamHead, 'type' | 'kind'>): boolean {
    return head.kind !== 'event' || this.#planOf(head.type)?.paths.length !== 0;
  }

  /**
   * The event as far as the folders look at it. @param value undefined: not at hand, it is read where it has to be
   */
  event(head: StreamHead, value: ValueBytes | undefined): StreamEvent {
    const plan = head.kind === 'event' ? this.#planOf(head.type) : null;
    if (plan === null || value === undefined) {
      if (plan?.paths.length === 0) return eventOf(head, null);
      return value === undefined ? this.#whole.event(head) : this.#whole.event(head, textOf(value));
    }
    if (plan.paths.length === 0) return eventOf(head, null);
    const { bytes, start, length } = value;
    const scan = length < 0 ? null : this.#scanOf(plan, head.topic);
    if (scan === null) return this.#whole.event(head, textOf(value));
    this.#bytes = bytes;
    const data = scan.read(bytes, start, start + length, this.#texts);
    return data === undefined ? this.#whole.event(head, textOf(value)) : eventOf(head, data);
  }

  #planOf(type: string): TypePlan | null {
    let plan = this.#plans.get(type);
    if (plan === undefined) {
      const paths = this.#folders === null ? null : pathsOf(this.#folders, type);
      plan = paths === null || paths.length > MOST_PATHS ? null : { paths, scans: new Map() };
      this.#plans.set(type, plan);
    }
    return plan;
  }

  #scanOf({ paths, scans }: TypePlan, topic: string): PayloadScan | null {
    let scan = scans.get(topic);
    if (scan === undefined) {
      const { mapping } = topicMappingOf(this.#context, topic);
      scan = mapping === null ? null : payloadScan(compileMapping(mapping), paths);
      scans.set(topic, scan);
    }
    return scan;
  }
}

/** What all folders together read of an event of a type; null: one of them may read anything. */
export function pathsOf(folders: readonly Pick<Folder, 'reads'>[], type: string): Paths {
  const paths: (readonly PathStep[])[] = [];
  for (const folder of folders) {
    const own = folder.reads?.(type) ?? null;
    if (own === null) return null;
    paths.push(...own);
  }
  return paths;
}

/** Bytes that are no UTF-8 are replaced, as {@link PayloadReader} expects it. */
export const textOf = ({ bytes, start, length }: ValueBytes): string | null =>
  length < 0 ? null : bytes.toString('utf8', start, start + length);

/** An event of which only the payload is known beside its head. */
export function eventOf(head: StreamHead, data: Json): StreamEvent {
  return {
    id: head.id,
    topic: head.topic,
    partition: head.partition,
    offset: head.offset,
    recordedAt: head.recordedAt,
    monotonicAt: head.monotonicAt,
    verdict: head.verdict,
    occurredAt: head.occurredAt,
    version: head.version,
    type: head.type,
    eventId: null,
    kind: head.kind,
    data,
  };
}
