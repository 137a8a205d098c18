/** From fetched chunks to frames: names get their numbers, and each topic its mapping from the first records seen. */
import type { Database } from 'better-sqlite3';
import { savedMappingFor } from '../mapping/savedMappings.ts';
import type { RecordFrame } from '../store/frame.ts';
import { NameIds } from '../store/nameIds.ts';
import {
  detectTopicMapping,
  mappingFromText,
  mappingToText,
  type TopicMapping,
} from '../store/topicMapping.ts';
import { extractFrame, type PartitionCursor, type RecordChunk, RowRecord } from './extract.ts';
import type { CapturePlan } from './sinkMessages.ts';

const SAMPLES = 50;
const NO_MAPPING: TopicMapping = { mapping: null, hints: {}, reason: 'no record seen yet' };

export class FrameMaker {
  readonly #db: Database;
  readonly #names: NameIds;
  readonly #mappings = new Map<string, TopicMapping>();
  readonly #onMapping: (topic: string, text: string) => void;

  /**
   * @param onMapping told of a mapping that was learned, to be kept in the workspace
   * @param namesKept as of {@link NameIds}
   */
  constructor(db: Database, onMapping: (topic: string, text: string) => void, namesKept?: number) {
    this.#db = db;
    this.#names = new NameIds(db, namesKept);
    this.#onMapping = onMapping;
  }

  /** Takes over the mappings of the workspace; one cursor for each partition of the plan, in its order. */
  cursorsOf(plan: CapturePlan): PartitionCursor[] {
    // A topic that was created again has none yet.
    this.#mappings.clear();
    for (const [topic, text] of Object.entries(plan.mappings))
      this.#mappings.set(topic, mappingFromText(text));
    return plan.partitions.map(({ topic, no, start, mono }) => ({
      partitionNo: no,
      topic,
      position: start,
      mono: mono ?? Number.NEGATIVE_INFINITY,
      mapping: this.#mappings.get(topic) ?? NO_MAPPING,
    }));
  }

  /** The frame of a chunk that follows the cursor, which moves behind it. */
  frame(chunk: RecordChunk, cursor: PartitionCursor): RecordFrame {
    this.#learnMapping(cursor, chunk);
    return extractFrame(chunk, cursor, this.#names);
  }

  /** The first JSON of a topic decides its mapping; it is kept in the workspace. */
  #learnMapping(cursor: PartitionCursor, chunk: RecordChunk): void {
    let known = this.#mappings.get(cursor.topic);
    if (known === undefined && chunk.columns.count > 0) {
      const record = new RowRecord(cursor.topic, chunk.columns);
      const rows = Math.min(chunk.columns.count, SAMPLES);
      const samples = Array.from({ length: rows }, (_, row) => record.at(row).keep());
      const detected = detectTopicMapping(samples, savedMappingFor(this.#db, cursor.topic));
      if (detected.mapping !== null) {
        known = detected;
        this.#mappings.set(cursor.topic, detected);
        this.#onMapping(cursor.topic, mappingToText(detected));
      }
    }
    if (known !== undefined) cursor.mapping = known;
  }
}
