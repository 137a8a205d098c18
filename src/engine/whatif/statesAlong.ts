/** The states along a stream that conditions look at; into a program many events go at once. */
import type { FoldContext } from '../../core/fold.ts';
import type { Folder } from '../../core/folder.ts';
import type { Json, StreamEvent } from '../../core/model.ts';
import { stepAll } from '../../core/stepAll.ts';

export interface WatchedEvents {
  count: number;
  /** False: the event changes nothing that is looked at, and is not read. */
  isTouched(index: number): boolean;
  event(index: number): StreamEvent;
  streamOf(index: number): FoldContext;
}

/** Events that go into a program at once. */
const AT_ONCE = 1000;

/** The state after each event in its turn; one may be changed in place when the next is asked for. */
export function statesAlong(folder: Folder, events: WatchedEvents): Generator<Json> {
  return folder.walk === undefined ? stepped(folder, events) : walked(folder, events);
}

function* stepped(folder: Folder, { count, isTouched, event, streamOf }: WatchedEvents): Generator<Json> {
  let state = folder.initial;
  let { step } = folder;
  for (let index = 0; index < count; index += 1) {
    if (isTouched(index)) {
      const after = step(state, event(index), streamOf(index)).state;
      // Nobody keeps a state that a step has made.
      if (after !== state) step = folder.stepOwn ?? step;
      state = after;
    }
    yield state;
  }
}

function* walked(folder: Folder, { count, isTouched, event, streamOf }: WatchedEvents): Generator<Json> {
  let state = folder.initial;
  for (let from = 0; from < count; from += AT_ONCE) {
    const to = Math.min(count, from + AT_ONCE);
    const touched: number[] = [];
    for (let index = from; index < to; index += 1) if (isTouched(index)) touched.push(index);
    const steps = stepAll(folder, touched.map(event), (at) => streamOf(touched[at]!), state);
    let next = 0;
    for (let index = from; index < to; index += 1) {
      if (touched[next] === index) {
        state = steps.next().value!.state;
        next += 1;
      }
      yield state;
    }
    // The walk ends with its last event.
    steps.next();
  }
}
