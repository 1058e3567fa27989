import type { InProcessStream } from '../broker.js';

/** Where a shared broker is found at the moment. */
export interface BrokerLocation {
  /** For AMQP clients on this machine, with name and password. */
  readonly url: string;
  /** Whether this process runs it; otherwise it has joined another's. */
  readonly hosting: boolean;
  /** Connects without a socket, where it runs in this very thread. */
  readonly connect?: () => InProcessStream;
}

/** A broker that several users of one process or one machine find by the same name. Made by `openBroker`. */
export interface SharedBroker {
  /**
   * Where to connect now. Ask again before each new connection: a broker in a folder may have moved to another process,
   * or this one has to host it from here on.
   *
   * @throws `BrokerError` where there is none and none can be started.
   */
  locate(): Promise<BrokerLocation>;
  /** Leaves it. A broker that this process hosts ends with its last user here; one that was joined goes on. */
  close(): Promise<void>;
}

/** How to use a shared broker. Everything has a default. */
export interface SharedBrokerOptions {
  /** Milliseconds to wait for the host of a folder, which may be starting or ending. Default 30,000. */
  readonly timeout?: number;
  /** Told of errors inside a broker that is hosted here. Default: `process.emitWarning`. */
  readonly onError?: (error: Error) => void;
}
