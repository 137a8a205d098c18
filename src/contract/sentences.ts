/** Sentences of events in a person's words: a template per event type and topics, kept with the notes of the workspace. */
import { z } from 'zod';
import { LONGEST_TEMPLATE } from '../core/sentence-template.ts';
import { KeptIn } from './cases.ts';
import { Count, Millis, PlaceOut, RecordId } from './common.ts';
import { documentFile } from './documentFile.ts';
import { TopicPattern } from './mappings.ts';
import { nothing, query } from './procedure.ts';

/** Name of an event type; empty: records without one. */
const EventType = z.string().max(4096);
const TemplateText = z.string().max(LONGEST_TEMPLATE);

export const SentenceTemplate = z
  .object({
    type: EventType,
    /** Topics by name, `*` for any part of it. Of several that fit the one with the most of the name written out wins. */
    pattern: TopicPattern,
    /** See core/sentence-template.ts. */
    template: TemplateText,
  })
  .strict();
export type SentenceTemplate = z.infer<typeof SentenceTemplate>;

export const SavedSentence = z.object({
  id: z.string(),
  ...SentenceTemplate.shape,
  kept: KeptIn,
  changedAt: Millis,
});
export type SavedSentence = z.infer<typeof SavedSentence>;

/** Templates as a file, `….hindcast-sentences`. */
export const SentenceFile = documentFile('hindcast-sentences', {
  sentences: z.array(SentenceTemplate).max(5000),
});
export type SentenceFile = z.infer<typeof SentenceFile>;

/** The default sentences of a type as a template. */
export const DerivedSentence = z.object({
  template: TemplateText,
  /** Of how many of the events that were looked at it says exactly what the default says. */
  same: Count,
  of: Count,
});
export type DerivedSentence = z.infer<typeof DerivedSentence>;

export const SentencePreview = z.object({
  rows: z.array(
    z.object({
      id: RecordId,
      place: PlaceOut,
      recordedAt: Millis,
      /** As the asked template says it. */
      text: z.string(),
      /** As it is said now. */
      now: z.string(),
    }),
  ),
  /** All records of this type in these topics. */
  events: Count,
});
export type SentencePreview = z.infer<typeof SentencePreview>;

export const sentences = {
  /** By type, then by pattern. */
  list: query(nothing, z.array(SavedSentence)),
  /** What is in use for a type in a topic, and what its default would be as a template. */
  of: query(
    z.object({ type: EventType, topic: z.string().max(300) }).strict(),
    z.object({ saved: SavedSentence.nullable(), derived: DerivedSentence }),
  ),
  /** Records of the type, spread over those there are, as a template says them. @throws `sentence.invalid` */
  preview: query(SentenceTemplate, SentencePreview),
  /** A type has one template a pattern: saving again replaces it. @throws `sentence.invalid` */
  save: query(SentenceTemplate, SavedSentence),
  /** The type is said in its default words again, or by the next closest pattern. */
  remove: query(z.object({ id: z.string() }).strict(), nothing),
  /** Takes the templates of a file in; those of the same type and pattern are replaced. All or none. @throws `sentence.file` */
  import: query(
    z.object({ text: z.string().max(8_000_000) }).strict(),
    z.object({ added: Count, replaced: Count }),
  ),
};
