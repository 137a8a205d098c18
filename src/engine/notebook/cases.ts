/** Cases: questions with their views, bookmarks, notes and exports, kept in the notebook. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type Bookmark,
  type BookmarkOut,
  Case,
  type CaseFile,
  CaseFile as CaseFileSchema,
  type CaseOut,
  type CaseSummary,
  type Mark,
  type RecordingIdentity,
} from '../../contract/cases.ts';
import type { AggregateRef, PlaceOut } from '../../contract/common.ts';
import { HindcastError } from '../../contract/errors.ts';
import type { ServiceDeps } from '../services/deps.ts';
import { caseMarkdown } from './caseMarkdown.ts';
import type { NamedRecord } from './documents.ts';
import type { Kept, Notebook } from './notebook.ts';

const KIND = 'case';
/** Choices that belong to the workspace; one document each. */
const SETTING = 'setting';
const ACTIVE = 'active-case';
const Active = z.object({ caseId: z.string() });

const FIRST_CASE = 'Bookmarks';

export class Cases {
  readonly #notebook: Notebook;
  readonly #workspaces: ServiceDeps['workspaces'];

  constructor(notebook: Notebook, workspaces: ServiceDeps['workspaces']) {
    this.#notebook = notebook;
    this.#workspaces = workspaces;
  }

  async list(): Promise<CaseSummary[]> {
    const [kept, active] = await Promise.all([this.#all(), this.#active()]);
    return kept.map(({ value, kept: place }) => summaryOf(value, place, active));
  }

  async get(id: string): Promise<CaseOut> {
    const [{ value, kept }, active] = await Promise.all([this.#known(id), this.#active()]);
    const records = await this.#recordsOf(value.bookmarks);
    const said = await this.#saidNow(records);
    const bookmarks = value.bookmarks.map((bookmark, at) => shownBookmark(bookmark, records[at]!, said[at]!));
    return { ...value, bookmarks, kept, active: active === id };
  }

  create(start: Pick<Case, 'name' | 'question' | 'view'>): Promise<{ id: string }> {
    return this.#notebook.inTurn(() => this.#create(start));
  }

  change({ id, ...changes }: { id: string } & Partial<Case>): Promise<void> {
    return this.#notebook.inTurn(() => this.#update(id, (found) => ({ ...found, ...changes })));
  }

  remove(id: string): Promise<void> {
    return this.#notebook.inTurn(async () => {
      await this.#known(id);
      await this.#notebook.remove(KIND, id);
    });
  }

  activate(id: string): Promise<void> {
    return this.#notebook.inTurn(async () => {
      await this.#known(id);
      await this.#notebook.put(SETTING, ACTIVE, { caseId: id });
    });
  }

  bookmark({ view, title, recordId }: { view: string; title: string; recordId: number | null }) {
    return this.#notebook.inTurn(async () => {
      const place =
        recordId === null
          ? null
          : await this.#workspaces.current().read('notebook.placeOf', { id: recordId });
      if (recordId !== null && place === null)
        throw new HindcastError('record.unknown', { place: String(recordId) });
      const caseId = await this.#activeOrNew();
      const { value } = await this.#known(caseId);
      const event = (place?.place ?? null) as PlaceOut | null;
      const known = value.bookmarks.find((each) =>
        event === null ? each.event === null && each.view === view : isSamePlace(each.event, event),
      );
      if (known !== undefined) return { caseId, caseName: value.name, bookmarkId: known.id, known: true };
      const now = Date.now();
      const id = randomUUID();
      const aggregate = place?.aggregate ?? null;
      const made: Bookmark = {
        ...{ id, title, note: '', view, event, recordId, aggregate },
        createdAt: now,
        changedAt: now,
      };
      await this.#update(caseId, (found) => ({ ...found, bookmarks: [...found.bookmarks, made] }));
      return { caseId, caseName: value.name, bookmarkId: id, known: false };
    });
  }

  changeBookmark(caseId: string, id: string, changes: { note?: string; title?: string }): Promise<void> {
    return this.#notebook.inTurn(() =>
      this.#update(caseId, (found) => {
        if (!found.bookmarks.some((each) => each.id === id)) throw unknown(id);
        const changed = { ...changes, changedAt: Date.now() };
        const bookmarks = found.bookmarks.map((each) => (each.id === id ? { ...each, ...changed } : each));
        return { ...found, bookmarks };
      }),
    );
  }

  removeBookmark(caseId: string, id: string): Promise<void> {
    return this.#notebook.inTurn(() =>
      this.#update(caseId, (found) => ({
        ...found,
        bookmarks: found.bookmarks.filter((each) => each.id !== id),
      })),
    );
  }

  /** By what the record says today: its aggregate may have become another when the topic's mapping changed. */
  async marks(aggregate: AggregateRef): Promise<Mark[]> {
    const found = (await this.#all()).flatMap(({ value }) =>
      value.bookmarks
        .filter(({ event }) => event !== null)
        .map((bookmark) => ({ caseId: value.id, caseName: value.name, bookmark })),
    );
    const records = await this.#recordsOf(found.map(({ bookmark }) => bookmark));
    return found
      .flatMap(({ caseId, caseName, bookmark: { id, title, note } }, at): Mark[] => {
        const record = records[at] ?? null;
        if (record === null || !isSameAggregate(record.aggregate, aggregate)) return [];
        const { id: recordId, recordedAt, occurredAt } = record;
        return [{ caseId, caseName, bookmarkId: id, title, note, recordId, recordedAt, occurredAt }];
      })
      .sort((a, b) => a.recordedAt - b.recordedAt || a.recordId - b.recordId);
  }

  /** The text of a file; the case keeps that it was made, with its hash. */
  export(id: string, as: 'case' | 'markdown', recording: RecordingIdentity) {
    return this.#notebook.inTurn(async () => {
      const found = await this.get(id);
      const { value } = await this.#known(id);
      const stem = value.name.replace(/[^\p{L}\p{N} _.-]/gu, '_').slice(0, 100);
      const file: CaseFile = { format: 'hindcast-case', version: 1, recording, case: value };
      const made =
        as === 'case'
          ? { name: `${stem}.hindcast-case`, text: `${JSON.stringify(file, null, 2)}\n` }
          : { name: `${stem}.md`, text: caseMarkdown(found, recording) };
      const sha256 = createHash('sha256').update(made.text).digest('hex');
      const entry = { at: Date.now(), what: as, name: made.name, sha256 };
      await this.#update(id, (each) => ({ ...each, exports: [...each.exports, entry] }), false);
      return made;
    });
  }

  /**
   * Takes a case in from a file; one that is there already stays, and the file's becomes another beside it.
   * @throws HindcastError `case.file`
   */
  import(text: string, here: RecordingIdentity) {
    return this.#notebook.inTurn(async () => {
      const file = readCaseFile(text);
      const taken = (await this.#all()).some((each) => each.id === file.case.id);
      const id = taken ? randomUUID() : file.case.id;
      const value: Case = { ...file.case, id, changedAt: Date.now() };
      await this.#notebook.put(KIND, id, value);
      const events = value.bookmarks.filter(({ event }) => event !== null);
      const records = await this.#recordsOf(events);
      return {
        id,
        from: file.recording.id === here.id ? null : file.recording,
        missing: records.filter((record) => record === null).length,
      };
    });
  }

  async #create(start: Pick<Case, 'name' | 'question' | 'view'>): Promise<{ id: string }> {
    const now = Date.now();
    const id = randomUUID();
    const made: Case = {
      ...{ id, ...start, answer: '', notes: '', status: 'open' as const },
      ...{ bookmarks: [], exports: [], createdAt: now, changedAt: now },
    };
    await this.#notebook.put(KIND, id, made);
    await this.#notebook.put(SETTING, ACTIVE, { caseId: id });
    return { id };
  }

  /** Newest change first. */
  async #all(): Promise<Kept<Case>[]> {
    const kept = await this.#notebook.list(KIND, Case);
    return kept.sort((a, b) => b.value.changedAt - a.value.changedAt || (a.id < b.id ? -1 : 1));
  }

  async #known(id: string): Promise<Kept<Case>> {
    const found = await this.#notebook.get(KIND, id, Case);
    if (found === null) throw unknown(id);
    return found;
  }

  /** The case that was chosen or made last; null when there is none, or it is gone. */
  async #active(): Promise<string | null> {
    const chosen = await this.#notebook.get(SETTING, ACTIVE, Active);
    const id = chosen?.value.caseId ?? null;
    return id !== null && (await this.#notebook.get(KIND, id, Case)) !== null ? id : null;
  }

  async #activeOrNew(): Promise<string> {
    const active = await this.#active();
    if (active !== null) return active;
    const [latest] = await this.#all();
    if (latest !== undefined) return latest.id;
    return (await this.#create({ name: FIRST_CASE, question: '', view: null })).id;
  }

  async #update(id: string, change: (found: Case) => Case, isEdit = true): Promise<void> {
    const { value } = await this.#known(id);
    const changedAt = isEdit ? Date.now() : value.changedAt;
    await this.#notebook.put(KIND, id, { ...change(value), id, changedAt });
  }

  /** In the order of the bookmarks; null where there is no event, or not here. */
  async #recordsOf(bookmarks: readonly Bookmark[]): Promise<(NamedRecord | null)[]> {
    const places = bookmarks.flatMap(({ event }) => (event === null ? [] : [event]));
    const found =
      places.length === 0 ? [] : await this.#workspaces.current().read('notebook.recordsAt', { places });
    let at = 0;
    return bookmarks.map(({ event }) => (event === null ? null : (found[at++] ?? null)));
  }

  /** Their sentences, in this order; empty where there is no record. */
  async #saidNow(records: readonly (NamedRecord | null)[]): Promise<string[]> {
    const ids = records.flatMap((record) => (record === null ? [] : [record.id]));
    const said = ids.length === 0 ? [] : await this.#workspaces.current().read('events.said', { ids });
    let at = 0;
    return records.map((record) => (record === null ? '' : said[at++]!));
  }
}

const unknown = (id: string) => new HindcastError('case.unknown', { id });

const isSamePlace = (a: PlaceOut | null, b: PlaceOut): boolean =>
  a !== null && a.topic === b.topic && a.partition === b.partition && a.offset === b.offset;

const isSameAggregate = (a: AggregateRef | null, b: AggregateRef): boolean =>
  a !== null && a.type === b.type && a.id === b.id;

function summaryOf(value: Case, kept: CaseSummary['kept'], active: string | null): CaseSummary {
  const { id, name, question, status, createdAt, changedAt } = value;
  const counts = { bookmarks: value.bookmarks.length, kept, active: active === id };
  return { id, name, question, status, createdAt, changedAt, ...counts };
}

/** In another workspace the same event has another number: the view is made to name the one of here. */
function shownBookmark(bookmark: Bookmark, record: NamedRecord | null, sentence: string): BookmarkOut {
  if (record === null) return { ...bookmark, record: null };
  const { id, recordedAt, occurredAt, type } = record;
  return {
    ...bookmark,
    view: bookmark.recordId === null ? bookmark.view : renumbered(bookmark.view, bookmark.recordId, id),
    record: { id, recordedAt, occurredAt, type, sentence },
  };
}

function renumbered(view: string, from: number, to: number): string {
  if (from === to) return view;
  return view.replace(new RegExp(`=${from}(?=&|$)`, 'g'), `=${to}`);
}

function readCaseFile(text: string): CaseFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HindcastError('case.file', { problem: 'it is no JSON' });
  }
  const parsed = CaseFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const place = path.length === 0 ? 'the file' : path.join('.');
  throw new HindcastError('case.file', { problem: `${place}: ${message}` });
}
