/** A block of records that is not as it was written. */
export class DamagedBlock extends RangeError {}
