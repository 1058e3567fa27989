import { crc32 } from 'node:zlib';

// The format of a journal's files, said once more: what is on disks must stay readable, so a change has to be noticed.

const magic = 0x6d66_6a32;
const headSize = 16;

/** The payloads of a file's batches, in order. */
export function payloadsOf(file: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const end = at + headSize + file.readUInt32BE(at + 4);
    payloads.push(file.subarray(at + headSize, end));
    at = end;
  }
  return payloads;
}

/** A file with a batch for each payload. */
export function fileOf(payloads: readonly Buffer[]): Buffer {
  let file = Buffer.alloc(0);
  for (const payload of payloads) {
    const head = Buffer.alloc(headSize);
    head.writeUInt32BE(magic, 0);
    head.writeUInt32BE(payload.length, 4);
    head.writeUInt32BE(crc32(payload), 8);
    head.writeUInt32BE(crc32(head.subarray(0, 12), file.length), 12);
    file = Buffer.concat([file, head, payload]);
  }
  return file;
}
