import { Duplex } from 'node:stream';
import type { InProcessStream } from '../broker.js';

type Done = (error?: Error | null) => void;

/** As much lies with whoever does not read before the other end has to wait, as with a socket. */
const highWaterMark = 64 * 1024;

/**
 * One end of a connection within a thread: what is written to one can be read from the other. It ends, breaks and pushes
 * back as a TCP connection does, and costs no system call.
 */
export class StreamEnd extends Duplex implements InProcessStream {
  bytesRead = 0;
  bytesWritten = 0;
  // Until `pair` gives it one.
  #peer: StreamEnd = this;
  /** The other end's, which has written more than is read here. */
  #waiting: Done | undefined;
  #isHungUp = false;

  private constructor() {
    super({
      allowHalfOpen: false,
      readableHighWaterMark: highWaterMark,
      writableHighWaterMark: highWaterMark,
    });
  }

  /** Both ends of a new connection. */
  static pair(): readonly [StreamEnd, StreamEnd] {
    const [one, other] = [new StreamEnd(), new StreamEnd()];
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  /** Ends it once all that was written is with the other end, as that of a socket. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
    this.end();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    process.nextTick(() => this.#carry([{ chunk }], done));
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    process.nextTick(() => this.#carry(chunks, done));
  }

  override _read(): void {
    this.#goOn();
  }

  override _final(done: Done): void {
    process.nextTick(() => {
      this.#peer.#hangUp();
      done();
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#goOn(reset());
    process.nextTick(() => this.#peer.#hangUp());
    done(error);
  }

  /** In a later step than the write: who writes is not told of the answer before it has written. */
  #carry(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    const peer = this.#peer;
    if (peer.destroyed) {
      done(reset());
      return;
    }
    let isRoom = true;
    for (const { chunk } of chunks) {
      this.bytesWritten += chunk.length;
      peer.bytesRead += chunk.length;
      isRoom = peer.push(chunk);
    }
    if (isRoom) done();
    else peer.#waiting = done;
  }

  /** The other end may write more, or has written in vain. */
  #goOn(error?: Error): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.(error);
  }

  /** Nothing more comes from the other end. */
  #hangUp(): void {
    if (this.#isHungUp || this.destroyed) return;
    this.#isHungUp = true;
    this.push(null);
  }
}

function reset(): Error {
  return Object.assign(new Error('write ECONNRESET: the other end of the connection is gone'), {
    code: 'ECONNRESET',
  });
}
