/** A read that may give way goes on for so long. Milliseconds. */
export const TURN_MS = 100;

/**
 * Thrown by a read that takes long and keeps what it has done so far: the calls that wait have their turn, then it is asked
 * again from its beginning and comes as far as it had come, sooner. The caller sees one call that takes its time.
 */
export class GiveWay extends Error {
  constructor() {
    super('to be asked again after the calls that wait');
    this.name = 'GiveWay';
  }
}
