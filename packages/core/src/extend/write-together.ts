import type { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;
type Write = (chunk: string | Uint8Array, done?: Done) => boolean;

/**
 * As much leaves at once, whether the turn has ended or not: the other side begins with the first messages of a burst
 * while the others are still written.
 */
const fullAt = 4 * 1024;

/** Whether anything was written in this turn, and if so, whether its first message is complete. */
type Turn = 'idle' | 'first message' | 'more';

/**
 * From now on, what is written to the socket in one turn leaves in one piece when the turn ends, or as soon as it is 4 KiB.
 * A driver that corks the socket around each message has the first one of a turn sent at once: mostly there is no other,
 * and the end of the turn is all that the reading of a message leaves to be done.
 * Drivers write frame by frame, and an idle socket makes a system call, and with TCP_NODELAY a packet, of each: for a
 * message of a few bytes that is most of what it costs, at both ends. Gathered by `cork` they would be one call with a
 * pointer to each, which is dearer than to copy them.
 */
export function writeTogether(socket: Duplex): void {
  const gathered = new Gathered(socket.write.bind(socket) as Write);
  const end: (...args: unknown[]) => Duplex = socket.end.bind(socket) as never;
  socket.write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
    const bytes = typeof chunk === 'string' && isOther(encoding) ? Buffer.from(chunk, encoding) : chunk;
    gathered.add(bytes as string | Uint8Array, callback(encoding) ?? callback(done));
    return !socket.writableNeedDrain;
  };
  // What a driver writes between the two is one message.
  socket.cork = () => {};
  socket.uncork = () => gathered.endMessage();
  socket.end = (...args: unknown[]): Duplex => {
    gathered.flush();
    return end(...args) as never;
  };
}

/** What was written in this turn. */
class Gathered {
  readonly #write: Write;
  // Behind what others have left for the end of the turn: an acknowledgement, say, leaves with the answer before it.
  readonly #endOfTurn = (): void =>
    queueMicrotask(() => {
      this.#turn = 'idle';
      this.flush();
    });
  #turn: Turn = 'idle';
  #chunks: (string | Uint8Array)[] = [];
  #size = 0;
  #done: Done[] = [];

  constructor(write: Write) {
    this.#write = write;
  }

  add(chunk: string | Uint8Array, done: Done | undefined): void {
    const size = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (size >= fullAt) {
      // Not worth a copy.
      this.flush();
      this.#write(chunk, done);
      return;
    }
    if (this.#turn === 'idle') {
      this.#turn = 'first message';
      process.nextTick(this.#endOfTurn);
    }
    this.#chunks.push(chunk);
    this.#size += size;
    if (done) this.#done.push(done);
    if (this.#size >= fullAt) this.flush();
  }

  endMessage(): void {
    if (this.#turn !== 'first message') return;
    this.#turn = 'more';
    this.flush();
  }

  flush(): void {
    if (this.#chunks.length === 0) return;
    const [chunks, size, waiting] = [this.#chunks, this.#size, this.#done];
    this.#chunks = [];
    this.#size = 0;
    this.#done = [];
    if (waiting.length === 0) this.#write(joined(chunks, size));
    else this.#write(joined(chunks, size), allOf(waiting));
  }
}

function allOf(waiting: readonly Done[]): Done {
  return (error) => {
    for (const done of waiting) done(error);
  };
}

function joined(chunks: readonly (string | Uint8Array)[], size: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && typeof first === 'object') return first;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const chunk of chunks) {
    if (typeof chunk === 'string') {
      at += bytes.write(chunk, at);
    } else {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
  }
  return bytes;
}

function isOther(encoding: unknown): encoding is BufferEncoding {
  return typeof encoding === 'string' && encoding !== 'utf8' && encoding !== 'utf-8';
}

function callback(argument: unknown): Done | undefined {
  return typeof argument === 'function' ? (argument as Done) : undefined;
}
