import { AmqpError } from '../amqp-error.js';
import { frameEnd, frameHead, frameOverhead } from '../codec/frame.js';
import { octets } from '../codec/undecodable.js';

export interface FrameHandler {
  /** Once this is false, the rest of the bytes waits. */
  readonly reading: boolean;
  /** The largest frame the client may send. */
  readonly frameMax: number;
  /** One frame; its payload is `size` bytes at `at`, valid during the call only. */
  frame(type: number, channel: number, bytes: Buffer, at: number, size: number): void;
}

/** Cuts a client's bytes into frames. What is left of an unfinished one is never more than one frame. */
export class FrameReader {
  #rest: Buffer | undefined;

  constructor(readonly handler: FrameHandler) {}

  /** Throws what makes the stream unreadable; the connection cannot go on then. */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (this.handler.reading && bytes.length - at >= frameOverhead) {
      const size = bytes.readUInt32BE(at + 3);
      if (size > this.handler.frameMax - frameOverhead) throw this.#tooLarge(bytes[at] as number, size);
      const end = at + frameHead + size;
      if (end >= bytes.length) break;
      if (bytes[end] !== frameEnd)
        throw new AmqpError(
          'FRAME_ERROR',
          `type ${bytes[at]}, all octets = ${octets(bytes, at + frameHead, end)}: {invalid_frame_end_marker,${bytes[end]}}`,
        );
      const channel = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      this.handler.frame(bytes[at] as number, channel, bytes, at + frameHead, size);
      at = end + 1;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }

  /** Goes on with what waited. */
  resume(): void {
    if (this.#rest) this.push(Buffer.alloc(0));
  }

  #tooLarge(type: number, size: number): AmqpError {
    const most = this.handler.frameMax - frameOverhead;
    return new AmqpError('FRAME_ERROR', `type ${type}, all octets = <<>>: {frame_too_large,${size},${most}}`);
  }
}
