/**
 * One pass over a long stream in short steps: keyframes, changes by path and faults are made together, because reading
 * the payloads is most of the work. What is kept already, of this list or one that begins like it, is not made again.
 */
import type { Database } from 'better-sqlite3';
import type { AggregateRef } from '../../contract/common.ts';
import { StreamChecker } from '../../core/check/streamRules.ts';
import { foldContextOf } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { StreamEvent } from '../../core/model.ts';
import { stepAll } from '../../core/stepAll.ts';
import { freshBlame, INITIAL, type OwnedNodes, updateBlame } from '../reads/blameTree.ts';
import { BLOCK_EVENTS, ChangeRecorder } from '../reads/changes.ts';
import type { HeadList } from '../reads/headList.ts';
import { hasContent, signatureOf, storedContents } from '../reads/timelineContents.ts';
import { type FoldPoint, type FoldProblem, KEYFRAME_EVERY } from '../reads/timelineFold.ts';
import type { CutView } from '../reads/timelineView.ts';
import { PayloadReader, type StreamHead } from '../store/stream.ts';
import type { ReadContext } from '../workers/context.ts';
import { digestsOf } from './digests.ts';
import { makeRoom, openToWrite, takeTrack } from './keyframeFile.ts';
import { packPoint } from './packing.ts';
import { PartWriter } from './partWriter.ts';
import { StoredFold } from './storedFold.ts';
import { faultTrack, foldTrack } from './tracks.ts';

/** What keyframes may take for each event they stand for: a large state gets fewer of them. Bytes. */
const BYTES_PER_EVENT = 128;
/** Events whose heads alone are taken in between two looks at the clock. */
const HEADS_AT_ONCE = 5000;

export interface RunArgs {
  ref: AggregateRef;
  view: CutView;
  folder: Folder;
  derived: string;
  /** Now, milliseconds since 1970. */
  at: number;
}

export class KeyframeRun {
  readonly #args: RunArgs;
  readonly #list: HeadList;
  readonly #db: Database;
  readonly #writer: PartWriter;
  readonly #steps: Generator<void>;
  #context: ReadContext;
  /** States and faults of the first so many events are kept. */
  done = 0;
  readonly total: number;

  constructor(context: ReadContext, args: RunArgs) {
    this.#context = context;
    this.#args = args;
    this.#list = args.view.list;
    this.total = args.view.within;
    this.#db = openToWrite(context, args.derived);
    const { ref, folder, at } = args;
    const name = foldTrack(context, ref, this.#list, folder);
    const fold = takeTrack(this.#db, name, at);
    const faults = takeTrack(this.#db, faultTrack(context, ref, this.#list), at);
    makeRoom(this.#db, [fold, faults]);
    this.#writer = new PartWriter(this.#db, { fold, faults }, digestsOf(this.#list));
    this.#steps = this.#run(new StoredFold(this.#db, name, this.#list));
  }

  /** Goes on for about so long, ms; true at the end. @throws HindcastError `cancelled`, `disk.full` */
  goOn(context: ReadContext, millis: number): boolean {
    this.#context = context;
    const until = performance.now() + millis;
    for (;;) {
      context.throwIfAborted();
      if (this.#steps.next().done === true) return true;
      if (performance.now() >= until) return false;
    }
  }

  close(): void {
    this.#db.close();
  }

  *#run(stored: StoredFold): Generator<void> {
    const begin = this.#startOf(stored);
    const isLog = this.#list === this.#args.view.stream.list;
    const checked = isLog ? this.#writer.checked(this.#list.length) : this.#list.length;
    const checker = isLog ? this.#checker() : null;
    for (let place = 0; checker !== null && place < Math.min(checked, this.#list.length); place += 1) {
      if (checked === this.#list.length) break;
      checker.remember(this.#list.headAt(place), place);
      if (place % HEADS_AT_ONCE === 0) yield;
    }
    let point = begin;
    let recorder = new ChangeRecorder(point.count);
    let keptAt = point.count;
    let keptBytes = 0;
    let own: OwnedNodes = new Set();
    const first = Math.min(begin.count, checked);
    // Faults are looked for in the whole stream, states are wanted up to the cut.
    const end = Math.max(this.total, isLog ? this.#list.length : 0);
    for (let from = first - (first % KEYFRAME_EVERY); from < end; from += KEYFRAME_EVERY) {
      const heads = this.#list.slice(from, Math.min(from + KEYFRAME_EVERY, end));
      const isFolded = from >= begin.count && from < this.total;
      const events = isFolded ? new PayloadReader(this.#context).events(heads) : null;
      const { ref, folder } = this.#args;
      const stream = foldContextOf(ref);
      const steps = stepAll(folder, events?.slice(0, this.total - from) ?? [], () => stream, point.state);
      const problems: FoldProblem[] = [];
      for (const [at, head] of heads.entries()) {
        const place = from + at;
        const event = events?.[at] ?? null;
        if (checker !== null && place >= checked) this.#look(checker, head, place, event);
        if (event === null || place >= this.total) continue;
        const { state, problem } = steps.next().value!;
        if (problem !== undefined) problems.push({ index: place, id: event.id, message: problem });
        recorder.add(point.state, state, place);
        point = {
          count: place + 1,
          state,
          blame: updateBlame(point.state, state, point.blame, place, own),
          problems: point.problems + (problem === undefined ? 0 : 1),
        };
      }
      own = new Set();
      const isWhole = isFolded && point.count === from + KEYFRAME_EVERY;
      if (isWhole) {
        if (problems.length > 0) this.#writer.problems(point.count, problems);
        if ((point.count - keptAt) * BYTES_PER_EVENT >= keptBytes) {
          const packed = packPoint(point.state, point.blame);
          this.#writer.keyframe(point, packed);
          keptAt = point.count;
          keptBytes = packed.length;
        }
        if (point.count % BLOCK_EVENTS === 0) {
          this.#writer.part(point.count / BLOCK_EVENTS - 1, recorder.finish(point.count));
          recorder = new ChangeRecorder(point.count);
        }
      }
      const looked = from + heads.length;
      if (looked % BLOCK_EVENTS === 0 || looked >= end) {
        this.#writer.flush(checker === null || looked <= checked ? null : looked);
        this.done = Math.min(looked, this.total);
      }
      yield;
    }
    this.done = this.total;
  }

  /** The end of the last part before which everything is kept. */
  #startOf(stored: StoredFold): FoldPoint {
    const { initial } = this.#args.folder;
    const parts = stored.parts();
    let no = 0;
    while (parts.has(no) && (no + 1) * BLOCK_EVENTS <= this.total) no += 1;
    for (; no > 0; no -= 1) {
      const count = no * BLOCK_EVENTS;
      const point = stored.nearest(count, count - 1);
      if (point !== null) return point;
    }
    return { count: 0, state: initial, blame: freshBlame(initial, INITIAL), problems: 0 };
  }

  /** The event whose payload is at hand. */
  #current: StreamEvent | null = null;

  #checker(): StreamChecker<StreamHead> {
    const { stream } = this.#args.view;
    const read = (): ReturnType<typeof storedContents<StreamHead>> =>
      storedContents<StreamHead>(this.#context);
    return new StreamChecker<StreamHead>(
      stream.ordered,
      {
        signature: (head) => {
          const event = this.#current;
          if (event?.id !== head.id) return read().signature(head);
          return hasContent(event.data) ? signatureOf(event.data) : null;
        },
        hasSameData: (a, b) => read().hasSameData(a, b),
        hasSameId: (a, b) => read().hasSameId(a, b),
      },
      (place) => this.#list.headAt(place),
    );
  }

  #look(
    checker: StreamChecker<StreamHead>,
    head: StreamHead,
    place: number,
    event: StreamEvent | null,
  ): void {
    this.#current = event;
    const texts: string[] = [];
    const isBackdated = this.#args.view.stream.backdated.has(head.id);
    checker.look(head, place, isBackdated, (_rule, _events, text) => void texts.push(text));
    if (texts.length > 0) this.#writer.fault(place, texts);
  }
}
