// Reading and writing the primitive types of the Kafka protocol (https://kafka.apache.org/protocol#protocol_types).

/** Builds a request body. Sizes grow as needed; integers are big-endian. */
export class WireWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(size = 512) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  int64(value: bigint | number): this {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** STRING / NULLABLE_STRING. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value, 'utf8');
    return this.int16(bytes.length).raw(bytes);
  }

  /** BYTES / NULLABLE_BYTES and RECORDS. */
  bytes32(value: Uint8Array | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).raw(value);
  }

  array<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.int32(-1);
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** UNSIGNED_VARINT. */
  uvarint(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.int8((((rest & 127) | 128) << 24) >> 24);
      rest = Math.floor(rest / 128);
    }
    return this.int8(rest);
  }

  /** VARINT / VARLONG (zigzag). */
  varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    while (rest > 127n) {
      this.int8(Number(BigInt.asIntN(8, (rest & 127n) | 128n)));
      rest >>= 7n;
    }
    return this.int8(Number(rest));
  }

  /** COMPACT_STRING / COMPACT_NULLABLE_STRING. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const bytes = Buffer.from(value, 'utf8');
    return this.uvarint(bytes.length + 1).raw(bytes);
  }

  compactArray<T>(items: readonly T[] | null, write: (item: T) => void): this {
    if (items === null) return this.uvarint(0);
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** An empty set of tagged fields (KIP-482). */
  noTags(): this {
    return this.int8(0);
  }
}

/** Reads a response body. @throws RangeError when the bytes end too early */
export class WireReader {
  readonly #buffer: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#buffer = bytes;
    this.offset = offset;
  }

  #take(size: number): number {
    const at = this.offset;
    if (size < 0 || at + size > this.#buffer.length)
      throw new RangeError(`the response ends at ${this.#buffer.length}, ${at + size} bytes are needed`);
    this.offset = at + size;
    return at;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  raw(size: number): Buffer {
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.raw(length).toString('utf8');
  }

  bytes32(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.raw(length);
  }

  array<T>(read: () => T): T[] {
    return this.#many(this.int32(), read);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError('a length has more than five bytes');
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.raw(length).toString('utf8');
  }

  compactArray<T>(read: () => T): T[] {
    return this.#many(this.uvarint() - 1, read);
  }

  /** Skips tagged fields: what a newer broker adds and we do not know. */
  tags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint();
      this.raw(this.uvarint());
    }
  }

  #many<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }
}
