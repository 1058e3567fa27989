import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../codec/byte-writer.js';

// Each file is a row of batches: these four bytes, the length of the payload, its checksum, the payload.
const magic = 0x6d66_6a31; // "mfj1"
const headSize = 12;

/** One group of records that becomes safe as a whole or not at all. */
export class Batch {
  readonly records = new ByteWriter();

  constructor() {
    this.clear();
  }

  get isEmpty(): boolean {
    return this.records.length === headSize;
  }

  get size(): number {
    return this.records.length;
  }

  clear(): void {
    this.records.clear().long(magic).long(0).long(0);
  }

  /** The bytes for the file. They stay as they are until `clear`, when nothing more is written to `records`. */
  seal(): Buffer {
    const bytes = this.records.written;
    const payload = bytes.subarray(headSize);
    bytes.writeUInt32BE(payload.length, 4);
    bytes.writeUInt32BE(crc32(payload), 8);
    return bytes;
  }
}

/** What a file holds: its sound batches, and how it ends. */
export interface BatchFile {
  /** Bytes up to the end of the last sound batch. */
  readonly soundBytes: number;
  /** `torn`: a batch at the end is unfinished. `damaged`: a batch is broken, but sound ones follow it. */
  readonly end: 'sound' | 'torn' | 'damaged';
}

/** Hands the payload of each sound batch to `take`. */
export function readBatches(path: string, take: (payload: Buffer) => void): BatchFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    let at = 0;
    while (at < size) {
      const payload = readBatch(file, at, size);
      if (!payload) return { soundBytes: at, end: hasSoundBatchAfter(file, at, size) ? 'damaged' : 'torn' };
      take(payload);
      at += headSize + payload.length;
    }
    return { soundBytes: at, end: 'sound' };
  } finally {
    closeSync(file);
  }
}

function readHead(file: number, at: number, size: number): { length: number; sum: number } | undefined {
  const head = readBytes(file, at, headSize, size);
  if (head?.readUInt32BE(0) !== magic) return undefined;
  return { length: head.readUInt32BE(4), sum: head.readUInt32BE(8) };
}

function readBatch(file: number, at: number, size: number): Buffer | undefined {
  const head = readHead(file, at, size);
  const payload = head && readBytes(file, at + headSize, head.length, size);
  return payload && crc32(payload) === head.sum ? payload : undefined;
}

function hasSoundBatchAfter(file: number, at: number, size: number): boolean {
  const head = readHead(file, at, size);
  return head !== undefined && readBatch(file, at + headSize + head.length, size) !== undefined;
}

function readBytes(file: number, at: number, count: number, size: number): Buffer | undefined {
  if (at + count > size) return undefined;
  const bytes = Buffer.allocUnsafeSlow(count);
  let done = 0;
  while (done < count) done += readSync(file, bytes, done, count - done, at + done);
  return bytes;
}
