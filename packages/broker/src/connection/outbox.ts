import type { Duplex } from 'node:stream';

const smallestChunk = 4 * 1024;
const largestChunk = 256 * 1024;
/** With more than this on its way to a client, it gets no further deliveries until it has read. */
const congestedAt = 1024 * 1024;

export interface OutboxOptions {
  /** Last chance to add something before bytes go out. */
  beforeFlush(): void;
  /** The client reads more slowly than it is written to, or has caught up. */
  congestion(congested: boolean): void;
  /** Milliseconds to hold bytes back; a fault that tests ask for. */
  delay(): number;
}

/**
 * What goes to one client: everything written in one turn of the event loop leaves in one write. Frames are built in
 * place, in a chunk that is used up and never reused, so nothing is copied again.
 */
export class Outbox {
  bytes = Buffer.allocUnsafeSlow(smallestChunk);
  /** Something has been sent since the heartbeat looked last. */
  active = false;
  congested = false;
  #start = 0;
  #end = 0;
  #full: Buffer[] = [];
  #pending = 0;
  #scheduled = false;
  #closed = false;
  #ending = false;
  /** What a fault holds back, in order, and until when. */
  readonly #late: (readonly Buffer[])[] = [];
  #lateUntil = 0;

  constructor(
    readonly socket: Duplex,
    readonly options: OutboxOptions,
  ) {
    socket.on('drain', () => this.#drained());
  }

  /** The place in `bytes` where the next `count` bytes go. It is valid until the next call. */
  reserve(count: number): number {
    if (this.#end + count > this.bytes.length) this.#newChunk(count);
    const at = this.#end;
    this.#end += count;
    this.#pending += count;
    this.schedule();
    return at;
  }

  /** Bytes that the client has not taken yet. */
  get backlog(): number {
    return this.#pending + this.socket.writableLength;
  }

  append(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    this.options.beforeFlush();
    this.#scheduled = false;
    if (this.#pending > 0) this.#send();
    this.#setCongested(this.socket.writableLength > congestedAt);
  }

  /** Ends the socket, once all that was flushed is written. */
  end(): void {
    this.#ending = true;
    if (this.#late.length === 0) this.socket.end();
  }

  /** Nothing more is sent; what is written from now on is forgotten. */
  close(): void {
    this.#closed = true;
  }

  /** Called after each message, so that one turn does not write without end. */
  checkCongestion(): void {
    if (this.#pending > congestedAt) this.#setCongested(true);
  }

  #send(): void {
    const pieces = this.#full;
    if (this.#end > this.#start) pieces.push(this.bytes.subarray(this.#start, this.#end));
    this.#start = this.#end;
    this.#full = [];
    this.#pending = 0;
    this.active = true;
    const delay = this.options.delay();
    if (delay > 0 || this.#late.length > 0) this.#writeLater(pieces, delay);
    else this.#write(pieces);
  }

  // With a shorter delay than before, what comes now still waits for what came first.
  #writeLater(pieces: readonly Buffer[], delay: number): void {
    const now = performance.now();
    this.#lateUntil = Math.max(this.#lateUntil, now + delay);
    this.#late.push(pieces);
    setTimeout(() => {
      this.#write(this.#late.shift() ?? []);
      if (this.#ending && this.#late.length === 0) this.socket.end();
    }, this.#lateUntil - now);
  }

  #write(pieces: readonly Buffer[]): void {
    if (this.socket.destroyed) return;
    if (pieces.length > 1) this.socket.cork();
    for (const piece of pieces) this.socket.write(piece);
    if (pieces.length > 1) this.socket.uncork();
  }

  // Idle connections keep a small chunk, busy ones grow theirs.
  #newChunk(atLeast: number): void {
    if (this.#end > this.#start) this.#full.push(this.bytes.subarray(this.#start, this.#end));
    const size = Math.min(this.bytes.length * 2, largestChunk);
    this.bytes = Buffer.allocUnsafeSlow(Math.max(size, atLeast));
    this.#start = 0;
    this.#end = 0;
  }

  #drained(): void {
    if (this.#pending <= congestedAt) this.#setCongested(false);
  }

  #setCongested(congested: boolean): void {
    if (this.congested === congested || this.#closed) return;
    this.congested = congested;
    this.options.congestion(congested);
  }
}
