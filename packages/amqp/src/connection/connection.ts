import type { Socket } from 'node:net';
import type { InProcessStream } from '@micro-framework/broker';
import { Deadline, writeTogether } from '@micro-framework/core';
import { type ChannelModel, type ConfirmChannel, connect, type Channel as DriverChannel } from 'amqplib';
import { ConnectionLostError } from '../errors.js';
import { Pulse } from '../recovery/pulse.js';
import { Upload } from '../recovery/upload.js';
import { plainLogin } from './address/login.js';
import type { TlsOptions } from './address/tls.js';
import { redacted, withHeartbeat } from './address/uri.js';
import { type Capabilities, capabilitiesOf } from './capabilities.js';
import { keepNumbersUntilSent } from './channel-numbers.js';
import { connectError } from './connect-error.js';
import { connectInProcess } from './in-process.js';
import { surviveUnreadableHeaders } from './unreadable-headers.js';

// Beside this file `in-process` and `login` import the driver; the others know its types from here.
export type { ConfirmChannel, ConsumeMessage, GetMessage, Message, Options } from 'amqplib';
export type Channel = DriverChannel;

/** A channel and the life of the connection it belongs to. A delivery's tag means something on its own channel only. */
export interface OpenChannel<C extends Channel = Channel> {
  readonly channel: C;
  /** True until the channel has closed, by whomever. */
  readonly isOpen: () => boolean;
  /** Resolves when it has closed, with why; with undefined when we closed it. */
  readonly closed: Promise<Error | undefined>;
}

/** Where to connect. */
export interface ConnectionOptions {
  readonly uri: string;
  /** Connects without a socket: to a broker of this thread. */
  readonly connect?: () => InProcessStream;
  /** Seconds. */
  readonly heartbeat: number;
  /** The broker shows it in its list of connections. */
  readonly name: string;
  /** Milliseconds. */
  readonly timeout?: number;
  /** For `amqps://`. */
  readonly tls?: TlsOptions;
  /** Aborted before the connection is open, it ends the try at once. */
  readonly abandoned?: AbortSignal;
}

const connectTimeout = 10_000;
const closeTimeout = 2_000;
const connectionForced = 320;

/** One life of a connection to the broker: opened once, closed once. */
export class Connection {
  readonly #model: ChannelModel;
  /** Where it leads, without the password. */
  readonly address: string;
  readonly capabilities: Capabilities;
  /** Resolves when the connection has ended: with an error, unless `close` was called. */
  readonly ended: Promise<ConnectionLostError | undefined>;
  #isOpen = true;
  #closing = false;
  #broken: string | undefined;
  #blocked: string | undefined;
  #whenBlocked: (reason: string | undefined) => void = () => {};

  private constructor(model: ChannelModel, address: string) {
    this.#model = model;
    this.address = address;
    this.capabilities = capabilitiesOf(model.connection.serverProperties);
    this.ended = new Promise((resolve) => {
      let reason: Error | undefined;
      model.on('error', (error) => {
        reason = error;
      });
      model.on('close', (error) => {
        this.#isOpen = false;
        resolve(this.#closing ? undefined : this.#lost(reason ?? error));
      });
    });
  }

  /** Connects, or throws a `ConnectError` that says where and what the broker objected to. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { uri, timeout = connectTimeout } = options;
    let model: ChannelModel;
    try {
      model = await connectDriver({ ...options, timeout });
    } catch (cause) {
      throw await connectError(uri, cause as Error);
    }
    surviveUnreadableHeaders(model.connection);
    keepNumbersUntilSent(model.connection);
    const connection = new Connection(model, redacted(uri));
    writeTogether(connection.#socket);
    if (await Deadline.in(timeout).within(connection.#watch())) return connection;
    connection.breakOff('the broker opened the connection and then fell silent');
    throw (await connection.ended) ?? new Error('unreachable');
  }

  /** True until it has ended, for whatever reason. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why the broker takes no messages here for now, such as `low on memory`. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Tells whenever the broker stops taking messages here, with its reason, and when it takes them again, with none. */
  onBlocked(listener: (reason: string | undefined) => void): void {
    this.#whenBlocked = listener;
    if (this.#blocked !== undefined) listener(this.#blocked);
  }

  openChannel(): Promise<OpenChannel> {
    return this.#open(() => this.#model.createChannel());
  }

  openConfirmChannel(): Promise<OpenChannel<ConfirmChannel>> {
    return this.#open(() => this.#model.createConfirmChannel());
  }

  /**
   * Closes the connection and with it all channels: the broker puts back what is not acknowledged. One that does not
   * answer, such as a broker short of memory, which does not even read, is hung up on: it would hold the process.
   */
  async close(): Promise<void> {
    this.#closing = true;
    // It had ended already.
    const closed = this.#model.close().catch(() => {});
    const answered = await Deadline.in(closeTimeout).within(closed);
    // The driver ends its half of the line only. Of one that was cut it hears by an error, and then stops its timers.
    this.#socket.destroy(answered ? undefined : new Error('the broker did not answer'));
  }

  /** Gives the connection up: it has ended with this reason. */
  breakOff(why: string): void {
    if (!this.#isOpen) return;
    this.#broken = why;
    this.#socket.destroy(new Error(why));
  }

  get #driver(): { readonly stream: Socket | InProcessStream; readonly heartbeat: number } {
    return this.#model.connection as unknown as { stream: Socket; heartbeat: number };
  }

  get #socket(): Socket | InProcessStream {
    return this.#driver.stream;
  }

  /** Sees to it that a line which carries nothing any more is given up; the driver needs up to three heartbeats. */
  async #watch(): Promise<void> {
    const pulse = new Pulse(this.#driver.heartbeat);
    const upload = new Upload(this.#socket);
    let bytes = this.#socket.bytesRead;
    let ask = (): void => {};
    const timer = setInterval(() => {
      const heard = this.#socket.bytesRead !== bytes;
      bytes = this.#socket.bytesRead;
      if (upload.moves()) pulse.moved();
      const step = pulse.beat(heard);
      if (step === 'ask') ask();
      if (step === 'silent') this.breakOff('nothing has come from the broker for two heartbeats');
      if (step === 'unheard') this.breakOff('the broker has not answered for one and a half heartbeats');
    }, pulse.tick);
    void this.ended.then(() => {
      clearInterval(timer);
      // The driver ends its half only, and half a line holds the process.
      this.#socket.destroySoon();
    });
    this.#model.on('blocked', (reason) => {
      pulse.hold();
      this.#blocked = String(reason);
      this.#whenBlocked(this.#blocked);
    });
    this.#model.on('unblocked', () => {
      pulse.release();
      this.#blocked = undefined;
      this.#whenBlocked(undefined);
    });
    const { channel } = await this.openChannel();
    // A question that changes nothing: this channel has no consumers.
    ask = () => {
      channel.prefetch(0).then(
        () => pulse.answered(),
        // The channel went with the connection.
        () => {},
      );
    };
  }

  async #open<C extends Channel>(create: () => Promise<C>): Promise<OpenChannel<C>> {
    let channel: C;
    try {
      channel = await create();
    } catch (cause) {
      throw this.#lost(cause as Error);
    }
    // The broker closed the connection in the same breath as it opened the channel, whose end nobody heard then.
    if (!this.#isOpen) throw (await this.ended) ?? this.#lost(undefined);
    let open = true;
    let reason: Error | undefined;
    channel.on('error', (error) => {
      reason = error;
    });
    const closed = new Promise<Error | undefined>((resolve) => {
      // Before the driver's own listener, which ends unconfirmed publishes as if the broker had refused them.
      channel.prependListener('close', () => {
        open = false;
        resolve(reason);
      });
    });
    return { channel, isOpen: () => open, closed };
  }

  #lost(cause: Error | undefined): ConnectionLostError {
    const why = this.#broken ?? cause?.message;
    return new ConnectionLostError(`the connection to ${this.address} was lost${why ? `: ${why}` : ''}`, {
      cause,
    });
  }
}

function connectDriver(options: ConnectionOptions & { readonly timeout: number }): Promise<ChannelModel> {
  const { connect: connectHere, timeout, tls, abandoned } = options;
  const uri = withHeartbeat(options.uri, options.heartbeat);
  const clientProperties = { connection_name: options.name };
  if (connectHere) {
    const until = { timeout, ...(abandoned && { abandoned }) };
    return connectInProcess({ uri, connect: connectHere, clientProperties, ...until });
  }
  return connect(uri, {
    ...tls,
    // With Nagle's algorithm, which the driver leaves on, acks stall for 40 ms.
    noDelay: true,
    keepAlive: true,
    credentials: plainLogin(uri),
    timeout,
    ...(abandoned && { signal: abandoned }),
    clientProperties,
  });
}

/** True for a connection that the broker closed because of something it was sent, not for one that was cut. */
export function isOurFault({ cause }: ConnectionLostError): boolean {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' && code > connectionForced;
}
