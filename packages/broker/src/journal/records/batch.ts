import { crc32 } from 'node:zlib';
import { ByteWriter } from '../../codec/byte-writer.js';

/**
 * Each file is a row of batches: four bytes that begin one, the length of the payload, its checksum, a checksum of
 * these twelve bytes and of where in the file they stand; then the payload. Because of the place, nothing that a
 * message holds can pass for a batch, not even a piece of a journal.
 */
export const headSize = 16;

/** "mfj2". */
export const magic = 0x6d66_6a32;

const sumAt = 12;

/** What a batch's first bytes say of the rest. */
export interface BatchHead {
  readonly length: number;
  readonly sum: number;
}

/** One group of records that becomes safe as a whole or not at all. */
export class Batch {
  readonly #records = new ByteWriter();

  constructor() {
    this.clear();
  }

  get isEmpty(): boolean {
    return this.#records.length === headSize;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Writes a record: all of it, or nothing of one that cannot be written. */
  append<T>(write: (to: ByteWriter, what: T) => void, what: T): void {
    const records = this.#records;
    const end = records.length;
    try {
      write(records, what);
    } catch (error) {
      // Records have no lengths: behind half a one, none of those after it could be read.
      records.length = end;
      throw error;
    }
  }

  clear(): void {
    this.#records.clear().long(magic).long(0).long(0).long(0);
  }

  /** The bytes for the file, where they go to `at`. They stay as they are until `clear`, when nothing is appended. */
  seal(at: number): Buffer {
    const bytes = this.#records.written;
    const payload = bytes.subarray(headSize);
    bytes.writeUInt32BE(payload.length, 4);
    bytes.writeUInt32BE(crc32(payload), 8);
    bytes.writeUInt32BE(headSum(bytes, at), sumAt);
    return bytes;
  }
}

/** Reads the head that stands at `at` in its file; nothing where these bytes are none. */
export function readHead(bytes: Buffer, at: number): BatchHead | undefined {
  const isHead = bytes.readUInt32BE(0) === magic && bytes.readUInt32BE(sumAt) === headSum(bytes, at);
  return isHead ? { length: bytes.readUInt32BE(4), sum: bytes.readUInt32BE(8) } : undefined;
}

function headSum(bytes: Buffer, at: number): number {
  return crc32(bytes.subarray(0, sumAt), at % 2 ** 32);
}
