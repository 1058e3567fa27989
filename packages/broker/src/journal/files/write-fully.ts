import type { FileHandle } from 'node:fs/promises';

/** Writes all of `bytes` at `at`; a disk that is nearly full takes only a part at a time. */
export async function writeFully(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
