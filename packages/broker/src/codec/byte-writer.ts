/** A growing buffer for what is written seldom: handshakes, declarations, rewritten headers. Deliveries go round it. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(1024);
  length = 0;

  /** Starts anew; what was taken before stays valid, because `take` copies. */
  clear(): this {
    this.length = 0;
    return this;
  }

  /** What was written, until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.length));
  }

  octet(value: number): this {
    // The place first: growing replaces the buffer, and a target is evaluated before what is in its brackets.
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  short(value: number): this {
    const at = this.#grow(2);
    this.#bytes.writeUInt16BE(value, at);
    return this;
  }

  long(value: number): this {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  longlong(value: number): this {
    return this.long(Math.floor(value / 0x1_0000_0000)).long(value >>> 0);
  }

  double(value: number): this {
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
    return this;
  }

  shortstr(text: string): this {
    const bytes = Buffer.from(text);
    if (bytes.length > 255) throw new RangeError(`a short string has 255 bytes at most, not ${bytes.length}`);
    return this.octet(bytes.length).raw(bytes);
  }

  longstr(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return this.long(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Runs `body` and puts the number of bytes it wrote in front of them. */
  sized(body: () => void): this {
    const at = this.#grow(4);
    body();
    this.#bytes.writeUInt32BE(this.length - at - 4, at);
    return this;
  }

  #grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(this.length * 2);
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
