import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { headSize, magic, readHead } from '../records/batch.js';
import { storageError } from './storage-error.js';

/** What a file holds: its sound batches, and how it ends. */
export interface BatchFile {
  /** Bytes up to the end of the last sound batch. */
  readonly soundBytes: number;
  /**
   * `torn`: a batch at the end is unfinished, as a crash leaves it. `damaged`: what stands there was not left by a crash,
   * or batches were written after it.
   */
  readonly end: 'sound' | 'torn' | 'damaged';
}

/** Hands the payload of each sound batch to `take`, and where in the file the batch stands. */
export function readBatches(path: string, take: (payload: Buffer, at: number) => void): BatchFile {
  const file = open(path);
  try {
    let at = 0;
    while (at < file.size) {
      const payload = readBatch(file, at);
      if (!payload) return { soundBytes: at, end: isTorn(file, at) ? 'torn' : 'damaged' };
      take(payload, at);
      at += headSize + payload.length;
    }
    return { soundBytes: at, end: 'sound' };
  } finally {
    closeSync(file.descriptor);
  }
}

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly size: number;
}

function open(path: string): OpenFile {
  try {
    // A named pipe would otherwise be waited for, until somebody writes to it.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(descriptor);
    if (stat.isFile()) return { path, descriptor, size: stat.size };
    closeSync(descriptor);
  } catch (cause) {
    throw storageError('read', path, cause);
  }
  throw storageError('read', path, new Error('it is not a file'));
}

function readBatch(file: OpenFile, at: number): Buffer | undefined {
  if (at + headSize > file.size) return undefined;
  const head = readHead(readBytes(file, at, headSize), at);
  if (!head || at + headSize + head.length > file.size) return undefined;
  const payload = readBytes(file, at + headSize, head.length);
  return crc32(payload) === head.sum ? payload : undefined;
}

/**
 * A batch is begun when the one before it is safe. So one that has another behind it was confirmed; and where it cannot
 * be read, it was not a crash that took it. A crash leaves the beginning of a batch, or zeros where it was to be.
 */
function isTorn(file: OpenFile, at: number): boolean {
  const begun = readBytes(file, at, Math.min(4, file.size - at));
  const isOurs = magicBytes.subarray(0, begun.length).equals(begun) || begun.every((byte) => byte === 0);
  return isOurs && !hasHeadAfter(file, at);
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32BE(magic);

const windowSize = 1024 * 1024;

// Whatever the broken batch says of its length may be what is broken: each byte behind it is looked at, once.
function hasHeadAfter(file: OpenFile, at: number): boolean {
  for (let from = at + 1; from + headSize <= file.size; from += windowSize) {
    // Windows overlap by as much as a head that begins in the one may reach into the next.
    const bytes = readBytes(file, from, Math.min(windowSize + headSize - 1, file.size - from));
    const last = bytes.length - headSize;
    for (let found = bytes.indexOf(magicBytes); found !== -1 && found <= last; ) {
      if (readHead(bytes.subarray(found), from + found)) return true;
      found = bytes.indexOf(magicBytes, found + 1);
    }
  }
  return false;
}

function readBytes({ path, descriptor }: OpenFile, at: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(count);
  try {
    for (let done = 0; done < count; ) {
      const read = readSync(descriptor, bytes, done, count - done, at + done);
      if (read === 0) throw new Error(`it ends at byte ${at + done} by now`);
      done += read;
    }
    return bytes;
  } catch (cause) {
    throw storageError('read', path, cause);
  }
}
