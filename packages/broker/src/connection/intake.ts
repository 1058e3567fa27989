import type { Duplex } from 'node:stream';
import type { MethodArguments } from '../codec/methods.js';
import type { Publisher } from '../server/pressure.js';
import type { ConnectionContext } from './context.js';

/** Why a client's bytes are left where they are for now. */
type Hold = 'memory' | 'journal' | 'output';

/** A journal this many bytes behind makes publishers wait. */
const longBacklog = 16 * 1024 * 1024;
/** A client that has this many bytes to read is not asked for more of its requests. */
const stuckAt = 16 * 1024 * 1024;

/** What the intake needs of its connection. */
export interface IntakeOwner extends Pick<ConnectionContext, 'server' | 'outbox' | 'handshake' | 'send'> {
  readonly socket: Duplex;
  /** Reads on, first what is here already. */
  resume(): void;
}

/** Whether a client is read: not while the queues hold too much, the disk is behind, or it does not read itself. */
export class Intake implements Publisher {
  readonly #holds = new Set<Hold>();

  constructor(readonly owner: IntakeOwner) {}

  get isOpen(): boolean {
    return this.#holds.size === 0;
  }

  /** The client is kept waiting because of what it publishes: that it says nothing now means nothing. */
  get holdsPublisher(): boolean {
    return this.#holds.has('memory') || this.#holds.has('journal');
  }

  /** A message was published: the client may have to wait before the next. */
  published(): void {
    const { server, socket } = this.owner;
    const { pressure, durability } = server;
    if (pressure.high && !this.#holds.has('memory')) {
      this.#holds.add('memory');
      pressure.block(this);
      this.#tell('connection.blocked', { reason: 'low on memory' });
      socket.pause();
    }
    if (durability.backlog > longBacklog && !this.#holds.has('journal')) {
      this.#holds.add('journal');
      const release = (): void => this.#release('journal');
      durability.notify({ written: release, failed: release });
      socket.pause();
    }
  }

  /** Something was sent on request: the client may have to read before it can ask for more. */
  answered(): void {
    const { outbox, socket } = this.owner;
    outbox.checkCongestion();
    if (outbox.backlog <= stuckAt) return;
    this.#holds.add('output');
    socket.pause();
  }

  /** The client has read what was sent to it. */
  caughtUp(): void {
    this.#release('output');
  }

  unblock(): void {
    this.#tell('connection.unblocked', {});
    this.#release('memory');
  }

  /** The connection ends: its last frames are read whatever else. */
  end(): void {
    this.#holds.clear();
  }

  #tell<N extends 'connection.blocked' | 'connection.unblocked'>(name: N, args: MethodArguments<N>): void {
    if (this.owner.handshake.understandsBlocked) this.owner.send(0, name, args);
  }

  #release(hold: Hold): void {
    if (this.#holds.delete(hold) && this.isOpen) this.owner.resume();
  }
}
