import type { CaptureFrom as AskedFrom } from '../../contract/connections.ts';
import type { CaptureFrom, CaptureTo } from '../capture/types.ts';
import { offsetOf } from './offsets.ts';

type Moment = { time: number } | { offset: string };

/** What a capture is asked for, from the wire. @throws HindcastError `input.invalid` */
export const captureFrom = (from: AskedFrom): CaptureFrom =>
  typeof from === 'object' && 'offset' in from ? { offset: offsetOf(from.offset, 'from.offset') } : from;

/** The last that is wanted, from the wire. @throws HindcastError `input.invalid` */
export const captureTo = (to: Moment): CaptureTo =>
  'offset' in to ? { offset: offsetOf(to.offset, 'to.offset') } : to;
