/**
 * Which element shows which row. A row keeps its element as long as it is on the screen, and after a jump to rows of which
 * none was there the elements stand in the order in which they stood, so that none is moved.
 */
export class RowElements {
  #first = 0;
  #last = -1;
  #shift = 0;
  #slots = 1;

  /**
   * Says which element shows a row while these are on the screen.
   * @param first and last row, both inclusive
   * @returns a number from 0 on, another one for each row of the screen
   */
  at(first: number, last: number): (index: number) => number {
    const slots = Math.max(this.#slots, last - first + 1);
    const isJump = slots !== this.#slots || first > this.#last || last < this.#first;
    const shift = isJump ? this.#first + this.#shift - first : this.#shift;
    this.#first = first;
    this.#last = last;
    this.#shift = shift;
    this.#slots = slots;
    return (index) => (((index + shift) % slots) + slots) % slots;
  }
}
