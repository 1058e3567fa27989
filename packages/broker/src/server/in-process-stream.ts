import { Duplex } from 'node:stream';
import type { InProcessStream } from '../broker.js';

type Done = (error?: Error | null) => void;

/** As much lies with whoever does not read before the other end has to wait, as with a socket. */
const highWaterMark = 64 * 1024;
/** As much goes over in one turn of the event loop, or one chunk; then it is the turn of others. */
const atOnce = 64 * 1024;

/**
 * One end of a connection within a thread: what is written to one can be read from the other. It ends, breaks and pushes
 * back as a TCP connection does, and costs no system call. Whatever goes over does so in a turn of its own, also as there:
 * programs rely on it that what follows an answer is heard when they are done with that.
 */
export class StreamEnd extends Duplex implements InProcessStream {
  bytesRead = 0;
  bytesWritten = 0;
  // Until `pair` gives it one.
  #peer: StreamEnd = this;
  /** What was written and is not with the other end yet, and who is told when it is. */
  #unsent: readonly Buffer[] = [];
  #next = 0;
  #sent: Done | undefined;
  /** The other end waits until there is room here. */
  #isFull = false;
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

  override _write(chunk: Buffer, _encoding: BufferEncoding, sent: Done): void {
    this.#send([chunk], sent);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], sent: Done): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      sent,
    );
  }

  override _read(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#peer.#carryLater();
  }

  override _final(done: Done): void {
    setImmediate(() => {
      this.#peer.#hangUp();
      done();
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#settle(error ?? reset());
    // Whoever waits for room here learns that there will be none.
    if (this.#isFull) this.#peer.#carryLater();
    setImmediate(() => this.#peer.#hangUp());
    done(error);
  }

  #send(chunks: readonly Buffer[], sent: Done): void {
    this.#unsent = chunks;
    this.#next = 0;
    this.#sent = sent;
    this.#carryLater();
  }

  #carryLater(): void {
    setImmediate(() => this.#carry());
  }

  #carry(): void {
    const peer = this.#peer;
    if (peer.destroyed) this.#settle(reset());
    if (!this.#sent) return;
    for (let bytes = 0; this.#next < this.#unsent.length && bytes < atOnce && !peer.#isFull; this.#next++) {
      // A copy: the writer may use its memory again.
      const chunk = Buffer.from(this.#unsent[this.#next] as Buffer);
      bytes += chunk.length;
      this.bytesWritten += chunk.length;
      peer.bytesRead += chunk.length;
      peer.#isFull = !peer.push(chunk);
    }
    if (peer.#isFull) return; // its `_read` goes on here
    if (this.#next === this.#unsent.length) this.#settle();
    else this.#carryLater();
  }

  #settle(error?: Error): void {
    const sent = this.#sent;
    this.#unsent = [];
    this.#sent = undefined;
    sent?.(error);
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
