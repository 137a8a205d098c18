/**
 * What a person keeps while they work: cases with bookmarks, and saved queries. It lies in the workspace where that can
 * be written, and goes along with it; else in the data folder of this machine, under the recording's identity.
 */
import { z } from 'zod';
import { AggregateRef, Count, Millis, Name, PlaceOut, RecordId } from './common.ts';
import { documentFile } from './documentFile.ts';
import { nothing, query } from './procedure.ts';

/** workspace: in its file, and goes along with it. machine: beside a recording that cannot be written. */
export const KeptIn = z.enum(['workspace', 'machine']);
export type KeptIn = z.infer<typeof KeptIn>;

/** A screen with its focus, as the page's address has it after the `#`: `/aggregates/Order/7?known=…&at=12`. */
export const View = z
  .string()
  .regex(/^\/[^\s#]*$/)
  .max(8000);
/** Text that a person wrote. */
export const NoteText = z.string().max(50_000);

export const Bookmark = z.object({
  id: z.string().min(1).max(100),
  /** What is shown there: the sentence of the event, or the screen. */
  title: z.string().max(1000),
  note: NoteText,
  view: View,
  /** The event it marks; null: a view only. */
  event: PlaceOut.strict().nullable(),
  /** The event's number in the workspace in which it was marked. */
  recordId: RecordId.nullable(),
  aggregate: AggregateRef.nullable(),
  createdAt: Millis,
  changedAt: Millis,
});
export type Bookmark = z.infer<typeof Bookmark>;

/** A file that was made of a case. */
export const CaseExport = z.object({
  at: Millis,
  what: z.enum(['case', 'markdown']),
  /** Name of the file as it was proposed. */
  name: z.string(),
  /** Of its bytes, hexadecimal. */
  sha256: z.string(),
});
export type CaseExport = z.infer<typeof CaseExport>;

/** A question, its focus, bookmarks, notes and exports. */
export const Case = z.object({
  id: z.string().min(1).max(100),
  name: Name,
  question: NoteText,
  /** What was found out. */
  answer: NoteText,
  notes: NoteText,
  status: z.enum(['open', 'closed']),
  /** Where the question is asked; null: not said. */
  view: View.nullable(),
  /** In the order of their making. */
  bookmarks: z.array(Bookmark).max(5000),
  exports: z.array(CaseExport),
  createdAt: Millis,
  changedAt: Millis,
});
export type Case = z.infer<typeof Case>;

export const CaseSummary = Case.pick({
  id: true,
  name: true,
  question: true,
  status: true,
  createdAt: true,
  changedAt: true,
}).extend({
  bookmarks: Count,
  kept: KeptIn,
  /** Bookmarks that are made anywhere go into this one. */
  active: z.boolean(),
});
export type CaseSummary = z.infer<typeof CaseSummary>;

/** A bookmark as this workspace sees it. */
export const BookmarkOut = Bookmark.extend({
  /** The marked event here; null: it marks none, or the workspace does not hold it. */
  record: z
    .object({
      id: RecordId,
      recordedAt: Millis,
      occurredAt: Millis.nullable(),
      type: z.string(),
      /** As it is said now; the title keeps how it was said when it was marked. */
      sentence: z.string(),
    })
    .nullable(),
});
export type BookmarkOut = z.infer<typeof BookmarkOut>;

export const CaseOut = Case.extend({ bookmarks: z.array(BookmarkOut), kept: KeptIn, active: z.boolean() });
export type CaseOut = z.infer<typeof CaseOut>;

/** A bookmark on an event of an aggregate, for the track of a timeline. */
export const Mark = z.object({
  caseId: z.string(),
  caseName: z.string(),
  bookmarkId: z.string(),
  title: z.string(),
  note: z.string(),
  recordId: RecordId,
  recordedAt: Millis,
  occurredAt: Millis.nullable(),
});
export type Mark = z.infer<typeof Mark>;

/** Which recording something belongs to: a copy of it, or the workspace it was saved from, has the same `id`. */
export const RecordingIdentity = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().max(300),
  clusterId: z.string().nullable(),
  createdAt: Millis.nullable(),
  records: Count,
  lastRecordedAt: Millis.nullable(),
});
export type RecordingIdentity = z.infer<typeof RecordingIdentity>;

/** A case as a file, `….hindcast-case`. */
export const CaseFile = documentFile('hindcast-case', {
  recording: RecordingIdentity,
  case: Case,
});
export type CaseFile = z.infer<typeof CaseFile>;

/** A view as a file, `….hindcast-focus`: opens the same screen with the same focus on the same recording. */
export const FocusFile = documentFile('hindcast-focus', {
  recording: RecordingIdentity,
  /** What the view says of the focus, for readers other than Hindcast. */
  focus: z.object({
    aggregate: AggregateRef.nullable(),
    knownOn: Millis.nullable(),
    trueOn: Millis.nullable(),
    /** `pin`: the beginning of the hash of its definition; files of before have none. */
    reducer: z.object({ name: z.string(), version: z.number(), pin: z.string().optional() }).nullable(),
  }),
  view: View,
  savedAt: Millis,
});
export type FocusFile = z.infer<typeof FocusFile>;

const ById = z.object({ id: z.string() }).strict();

export const cases = {
  /** Which recording this is. @throws `workspace.none` */
  identity: query(nothing, RecordingIdentity),
  /** Newest change first. */
  list: query(nothing, z.array(CaseSummary)),
  /** @throws `case.unknown` */
  get: query(ById, CaseOut),
  /** Becomes the active one. */
  create: query(
    z.object({ name: Name, question: NoteText, view: View.nullable() }).strict(),
    z.object({ id: z.string() }),
  ),
  /** Changes what is given. @throws `case.unknown` */
  change: query(
    Case.pick({ id: true })
      .extend(
        Case.pick({
          name: true,
          question: true,
          answer: true,
          notes: true,
          status: true,
          view: true,
        }).partial().shape,
      )
      .strict(),
    nothing,
  ),
  /** @throws `case.unknown` */
  remove: query(ById, nothing),
  /** Bookmarks go into this case from now on. @throws `case.unknown` */
  activate: query(ById, nothing),
  /**
   * Marks a view, or an event in it, in the active case; without one a case is made. A view of the case that is marked
   * already is not marked twice: `known` says so.
   */
  bookmark: query(
    z.object({ view: View, title: z.string().max(1000), recordId: RecordId.nullable() }).strict(),
    z.object({ caseId: z.string(), caseName: z.string(), bookmarkId: z.string(), known: z.boolean() }),
  ),
  /** @throws `case.unknown` */
  changeBookmark: query(
    z
      .object({
        caseId: z.string(),
        id: z.string(),
        note: NoteText.optional(),
        title: z.string().max(1000).optional(),
      })
      .strict(),
    nothing,
  ),
  /** @throws `case.unknown` */
  removeBookmark: query(z.object({ caseId: z.string(), id: z.string() }).strict(), nothing),
  /** Bookmarks of all cases on events of this aggregate, in order of recorded time. */
  marks: query(z.object({ aggregate: AggregateRef }).strict(), z.array(Mark)),
  /** The case as the text of a file; the case remembers that it was made. @throws `case.unknown` */
  export: query(
    z.object({ id: z.string(), as: z.enum(['case', 'markdown']) }).strict(),
    z.object({ name: z.string(), text: z.string() }),
  ),
  /** @throws `case.file` */
  import: query(
    z.object({ text: z.string().max(4_000_000) }).strict(),
    z.object({
      id: z.string(),
      /** The recording it was made on, when that is another one. */
      from: RecordingIdentity.nullable(),
      /** Marked events that this workspace does not hold. */
      missing: Count,
    }),
  ),
};

export const SavedQuery = z.object({
  id: z.string(),
  name: Name,
  sql: z.string().max(100_000),
  /** Values of named parameters as they were typed. */
  parameters: z.record(z.string(), z.string()),
  /** Choices of the chart, as the console writes them. */
  chart: z.string().max(10_000).nullable(),
  kept: KeptIn,
  changedAt: Millis,
});
export type SavedQuery = z.infer<typeof SavedQuery>;

export const queries = {
  /** By name. */
  list: query(nothing, z.array(SavedQuery)),
  /** `id` null: a new one. @throws `query.exists`, `query.unknown` */
  save: query(
    SavedQuery.omit({ id: true, kept: true, changedAt: true }).extend({ id: z.string().nullable() }).strict(),
    SavedQuery,
  ),
  /** @throws `query.unknown` */
  remove: query(ById, nothing),
};
