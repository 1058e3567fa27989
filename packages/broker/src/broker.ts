import type { Duplex } from 'node:stream';

/** What a queue holds at the moment. */
export interface QueueStatus {
  readonly name: string;
  /** Messages that wait for a consumer. */
  readonly ready: number;
  /** Messages that are with consumers and not settled. */
  readonly unsettled: number;
  readonly consumers: number;
}

/** What a broker holds at the moment. */
export interface BrokerStatus {
  readonly connections: number;
  /** Bytes that messages take in memory, by the broker's own estimate. */
  readonly bytes: number;
  /** Publishers are blocked because `bytes` has reached `maxBytes`. */
  readonly blocked: boolean;
  /** The journal cannot be written: persistent messages are refused. */
  readonly failing: boolean;
  readonly queues: readonly QueueStatus[];
}

/**
 * What can go wrong with a broker, on request: for tests of the programs that use it. Each lasts until it is taken
 * back or the broker is closed.
 *
 * @example
 * ```ts
 * await broker.faults.dropConnections();
 * await eventually(() => assert.equal(service.state, 'reconnected'));
 * ```
 */
export interface Faults {
  /** Cuts every connection without a word. Resolves to how many there were. */
  dropConnections(): Promise<number>;
  /** New connections are cut at once while this is on. */
  refuseConnections(on: boolean): Promise<void>;
  /** Publisher confirms are held back while this is on, and sent when it is off again. */
  withholdConfirms(on: boolean): Promise<void>;
  /** The next `count` messages published are dropped, and nacked where confirms are on. */
  nackPublishes(count: number): Promise<void>;
  /** Everything sent to clients is late by this many milliseconds; 0 for none. */
  delayFrames(ms: number): Promise<void>;
  /** Closes every channel that consumes from the queue with an error. Resolves to how many there were. */
  closeChannels(queue: string): Promise<number>;
  /** Cancels every consumer of the queue, as if it had been deleted. Resolves to how many there were. */
  cancelConsumers(queue: string): Promise<number>;
}

/** The client's end of a connection within a thread. It ends, breaks and pushes back as a socket does. */
export interface InProcessStream extends Duplex {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Destroys it once all that was written is with the broker. */
  destroySoon(): void;
}

/** A broker that runs. */
export interface Broker {
  /** For clients on this machine, with name and password. `undefined` when it listens on a Unix socket. */
  readonly url: string | undefined;
  /** 0 when it listens on a Unix socket. */
  readonly port: number;
  /**
   * Connects a client of this thread without a socket, for AMQP libraries that take a stream: the same bytes as over a
   * loopback connection, in less time. `undefined` when the broker runs in a thread of its own.
   */
  readonly connect: (() => InProcessStream) | undefined;
  readonly faults: Faults;
  /** What it holds now: queues with their messages and consumers, connections, bytes. */
  status(): Promise<BrokerStatus>;
  /**
   * Says goodbye to the clients, writes what is outstanding and gives port and folder free.
   *
   * @throws {@link BrokerError} `BROKER_DATA_FULL`, `BROKER_DATA_NOT_WRITABLE` or `BROKER_DATA_GONE` when the journal cannot be
   * finished.
   */
  close(): Promise<void>;
}
