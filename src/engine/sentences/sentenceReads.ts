/** What a template makes of real events, and the default sentences of a type as a template. */
import type { EventFilter } from '../../contract/events.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { DerivedSentence, SentencePreview, SentenceTemplate } from '../../contract/sentences.ts';
import { fitsPattern } from '../../core/envelope/topicPattern.ts';
import { derivedTemplate } from '../../core/sentence-derived.ts';
import { parseTemplate } from '../../core/sentence-template.ts';
import { select } from '../reads/filter.ts';
import { rowOf, rowsOf } from '../reads/rows.ts';
import type { Selection } from '../reads/selection.ts';
import { DamagedBlock } from '../store/damagedBlock.ts';
import { decodeStored, recordById, type StoredRecord, storedEventOf } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';

/** Events that a preview shows, and that a default is concluded from. */
const PREVIEWED = 40;
const CONCLUDED_FROM = 100;

/** The records that a template speaks of: they have a payload. */
const filterOf = (type: string, topics: string[]): EventFilter => ({
  ...{ types: [type], topics },
  kinds: type === '' ? ['plain'] : ['event', 'plain'],
});

const topicsLike = ({ dictionary }: ReadContext, pattern: string): string[] => [
  ...new Set(
    dictionary
      .partitions()
      .filter(({ kafkaName }) => fitsPattern(pattern, kafkaName))
      .map(({ topic }) => topic),
  ),
];

/** Ids of some of the records, spread over all. */
function spread(selection: Selection, most: number): number[] {
  const count = Math.min(most, selection.count);
  return Array.from({ length: count }, (_, nth) => {
    const at = Math.floor((nth * selection.count) / count);
    return selection.ids(at, at + 1)[0]!;
  });
}

/** Those whose bytes are there and short enough to be decoded for a row. */
function readable(context: ReadContext, ids: readonly number[]): StoredRecord[] {
  return ids.flatMap((id) => {
    context.throwIfAborted();
    try {
      const record = recordById(context, id);
      return record === undefined || (record.value?.length ?? 0) > LIMITS.decodedText ? [] : [record];
    } catch (error) {
      if (error instanceof DamagedBlock) return [];
      throw error;
    }
  });
}

/** @throws TemplateProblem */
function preview(context: ReadContext, { type, pattern, template: text }: SentenceTemplate): SentencePreview {
  const template = parseTemplate(text);
  const { selection } = select(context, filterOf(type, topicsLike(context, pattern)));
  const ids = spread(selection, PREVIEWED);
  const asked = { ...context, sentences: { templateFor: () => template } };
  const records = readable(context, ids);
  const now = rowsOf(
    context,
    records.map(({ id }) => id),
  );
  return {
    rows: records.map((record, at) => {
      const { id, place, recordedAt, sentence } = now[at]!;
      return { id, place, recordedAt, text: rowOf(asked, record).sentence, now: sentence };
    }),
    events: selection.count,
  };
}

function derived(context: ReadContext, { type, topic }: { type: string; topic: string }): DerivedSentence {
  const { selection: inTopic } = select(context, filterOf(type, [topic]));
  const selection =
    inTopic.count > 0 ? inTopic : select(context, filterOf(type, topicsLike(context, '*'))).selection;
  const samples = readable(context, spread(selection, CONCLUDED_FROM)).map((record) => ({
    event: { ...storedEventOf(context, record, decodeStored(context, record)), type },
    context: {},
  }));
  const { text, same, of } = derivedTemplate(type, samples);
  return { template: text, same, of };
}

/** How records of the workspace are said now, in this order. */
const said = (context: ReadContext, { ids }: { ids: readonly number[] }): string[] =>
  rowsOf(context, ids).map(({ sentence }) => sentence);

export const sentenceReads = {
  'events.said': said,
  'events.sentencePreview': preview,
  'events.sentenceDefault': derived,
};
