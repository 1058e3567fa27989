import { Undecodable } from './undecodable.js';

/** Reads a stretch of bytes from a client. Every read is checked: what ends too soon is the client's error, not a crash. */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  octet(): number {
    return this.bytes[this.#step(1)] as number;
  }

  short(): number {
    return this.bytes.readUInt16BE(this.#step(2));
  }

  long(): number {
    return this.bytes.readUInt32BE(this.#step(4));
  }

  /** Exact to 2^53, which no tag, size or time reaches. */
  longlong(): number {
    return this.long() * 0x1_0000_0000 + this.long();
  }

  double(): number {
    return this.bytes.readDoubleBE(this.#step(8));
  }

  shortstr(): string {
    const length = this.octet();
    const at = this.#step(length);
    return length === 0 ? '' : this.bytes.toString('utf8', at, at + length);
  }

  longstr(): Buffer {
    return this.raw(this.long());
  }

  /** A view, not a copy. */
  raw(length: number): Buffer {
    const at = this.#step(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#step(length);
  }

  #step(count: number): number {
    const at = this.at;
    if (at + count > this.end) throw new Undecodable(`${this.end - at} bytes where ${count} are due`);
    this.at = at + count;
    return at;
  }
}
