/**
 * How parts of a history lie in the file: a head as JSON, then columns of numbers, compressed together. Numbers are
 * differences from the one before where that makes them small; small ones take 32 bits, and equal bytes compress away.
 */
import { zstdDecompressSync } from 'node:zlib';
import { pack } from '../../store/blocks.ts';

/** words: whole, 32 bits. deltas: differences that fit into 32 bits, signed. doubles: as they are. */
type Form = 'words' | 'deltas' | 'doubles';

interface Section {
  form: Form;
  count: number;
}

const ALIGNMENT = 8;
/** Fast, and nearly as small as slower ones. */
const LEVEL = 1;
const MOST_INT32 = 2 ** 31 - 1;

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export class PieceWriter {
  readonly #sections: Section[] = [];
  readonly #parts: Uint8Array[] = [];

  /** Whole numbers from 0 up to 2^32. */
  words(values: Uint32Array): this {
    return this.#add('words', values.length, values);
  }

  /** Any numbers; cheap when neighbours are whole and near to each other. */
  numbers(values: Float64Array): this {
    const deltas = new Int32Array(values.length);
    let before = 0;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at]!;
      const delta = value - before;
      // A first value far from 0, such as a time, would make all of them large: it stands in the head of the deltas.
      if (at > 0 && !(Number.isInteger(value) && Math.abs(delta) <= MOST_INT32))
        return this.#add('doubles', values.length, values);
      deltas[at] = at === 0 ? 0 : delta;
      before = value;
    }
    if (values.length > 0 && !Number.isSafeInteger(values[0]))
      return this.#add('doubles', values.length, values);
    this.#sections.push({ form: 'deltas', count: values.length });
    this.#parts.push(bytesOf(Float64Array.of(values[0] ?? 0)), bytesOf(deltas));
    return this;
  }

  /** @param head plain data with it */
  finish(head: unknown): Buffer {
    const text = Buffer.from(JSON.stringify({ sections: this.#sections, head }));
    const start = padded(4 + text.length);
    const size = this.#parts.reduce((sum, part) => sum + padded(part.length), start);
    const whole = new Uint8Array(size);
    new DataView(whole.buffer).setUint32(0, text.length, true);
    whole.set(text, 4);
    let at = start;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += padded(part.length);
    }
    return pack(whole, LEVEL);
  }

  #add(form: Form, count: number, values: Uint32Array | Float64Array): this {
    this.#sections.push({ form, count });
    this.#parts.push(bytesOf(values));
    return this;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Reads what a {@link PieceWriter} has made, in the same order. */
export class PieceReader<H> {
  readonly head: H;
  readonly #bytes: ArrayBuffer;
  readonly #sections: Section[];
  #at: number;
  #next = 0;

  constructor(packed: Uint8Array) {
    const raw = zstdDecompressSync(packed);
    this.#bytes = new Uint8Array(raw).buffer;
    const length = new DataView(this.#bytes).getUint32(0, true);
    const { sections, head } = JSON.parse(raw.toString('utf8', 4, 4 + length)) as {
      sections: Section[];
      head: H;
    };
    this.head = head;
    this.#sections = sections;
    this.#at = padded(4 + length);
  }

  words(): Uint32Array {
    const { count } = this.#section();
    return new Uint32Array(this.#bytes, this.#take(count * 4), count);
  }

  numbers(): Float64Array {
    const { form, count } = this.#section();
    if (form === 'doubles') return new Float64Array(this.#bytes, this.#take(count * 8), count);
    const [first] = new Float64Array(this.#bytes, this.#take(8), 1);
    const deltas = new Int32Array(this.#bytes, this.#take(count * 4), count);
    const values = new Float64Array(count);
    let value = first!;
    for (let at = 0; at < count; at += 1) {
      value += deltas[at]!;
      values[at] = value;
    }
    return values;
  }

  #section(): Section {
    const section = this.#sections[this.#next]!;
    this.#next += 1;
    return section;
  }

  #take(bytes: number): number {
    const at = this.#at;
    this.#at += padded(bytes);
    return at;
  }
}

/** A stored value that fits no number of its column, as JSON keeps its kind and every digit. */
export type Odd = null | string | [kind: 'real' | 'integer', text: string];

export function oddOf(value: null | string | number | bigint): Odd {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' ? ['real', String(value)] : ['integer', String(value)];
}

export function storedOf(odd: Odd): null | string | number | bigint {
  if (odd === null || typeof odd === 'string') return odd;
  return odd[0] === 'real' ? Number(odd[1]) : BigInt(odd[1]);
}
