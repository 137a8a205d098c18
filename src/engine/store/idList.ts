/** Record ids that are collected from several places. */

/** Ids that come in order nearly always, kept as numbers: an aggregate may have a million records. */
export class IdList {
  #ids = new Float64Array(64);
  #count = 0;
  #isInOrder = true;

  add(id: number): void {
    if (this.#count === this.#ids.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    if (this.#count > 0 && this.#ids[this.#count - 1]! >= id) this.#isInOrder = false;
    this.#ids[this.#count++] = id;
  }

  /** Ascending, each once. */
  finish(): Float64Array {
    const ids = this.#ids.subarray(0, this.#count);
    if (this.#isInOrder) return ids;
    ids.sort();
    let kept = 0;
    for (const id of ids) if (kept === 0 || ids[kept - 1] !== id) ids[kept++] = id;
    return ids.subarray(0, kept);
  }
}
