import type { Socket } from 'node:net';
import type { InProcessStream } from '@micro-framework/broker';

/**
 * Tells whether bytes of ours still leave, while there are more than the system takes at once. Where it takes all of them
 * nothing is known: they may lie in its buffer, at the mouth of a black hole, until that is full.
 */
export class Upload {
  readonly #socket: Socket | InProcessStream;
  #queued = 0;
  #taken = 0;

  constructor(socket: Socket | InProcessStream) {
    this.#socket = socket;
  }

  /** True where some have left, of those that were queued at the last look. */
  moves(): boolean {
    const queued = queuedOf(this.#socket);
    // Of whole writes: a long one leaves the queue bit by bit before it counts here.
    const taken = this.#socket.bytesWritten - this.#socket.writableLength;
    const moves = this.#queued > 0 && (queued !== this.#queued || taken !== this.#taken);
    this.#queued = queued;
    this.#taken = taken;
    return moves;
  }
}

/**
 * What the system has not taken yet of the write under way; Node's own timeout of a socket looks there, too. Within a
 * thread no system stands between.
 */
function queuedOf(socket: Socket | InProcessStream): number {
  return (socket as unknown as { _handle?: { writeQueueSize?: number } })._handle?.writeQueueSize ?? 0;
}
