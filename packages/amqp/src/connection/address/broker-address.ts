import type { BrokerError, BrokerErrorCode, InProcessStream, SharedBroker } from '@micro-framework/broker';
import { ConfigError, type ExtensionContext } from '@micro-framework/core';
import { ConnectError } from '../../errors.js';
import { addressesOf, isEmbedded } from './uri.js';

/** Where to connect now. */
export interface Destination {
  /** `amqp://` or `amqps://`. */
  readonly uri: string;
  /** Connects without a socket, where the broker runs in this thread. */
  readonly connect?: () => InProcessStream;
}

/**
 * Where the broker is to be found. Asked before each try to connect: an embedded broker may have moved, or this
 * process may have to host it now.
 */
export interface BrokerAddress {
  /**
   * Where a connection goes at its `n`th try, from 0 on: of several addresses to one after the other. Throws a
   * `ConnectError` where an embedded broker can be neither found nor started.
   */
  resolve(n?: number): Promise<Destination>;
  /** Leaves an embedded broker. Called once all connections are closed. */
  close(): Promise<void>;
}

/** The address that the settings name, or a private embedded broker where they name none. */
export function brokerAddress(context: ExtensionContext): BrokerAddress {
  const { amqpUri } = context.config;
  if (amqpUri === undefined) return unnamedAddress(context);
  if (amqpUri === privateBroker) return privateAddress(context);
  const addresses = addressesOf(amqpUri);
  const [first] = addresses;
  if (first !== undefined && isEmbedded(first)) return new EmbeddedAddress(first, context);
  return {
    // The nodes of a cluster, in turn.
    resolve: async (n = 0) => ({ uri: addresses[n % addresses.length] as string }),
    async close() {},
  };
}

/** No broker was named. That serves a first try, but must not happen to a deployment by oversight. */
function unnamedAddress(context: ExtensionContext): BrokerAddress {
  const address = privateAddress(context);
  return {
    async resolve() {
      if (process.env.NODE_ENV === 'production') throw unnamedInProduction();
      return address.resolve();
    },
    close: () => address.close(),
  };
}

const privateBroker = 'memory://';

/** A broker that nobody else reaches by its address, and that takes its events with it. */
function privateAddress(context: ExtensionContext): BrokerAddress {
  const embedded = new EmbeddedAddress(privateBroker, context);
  let isTold = false;
  return {
    async resolve() {
      if (!isTold) context.log.warn({ broker: privateBroker }, privateNotice);
      isTold = true;
      return embedded.resolve();
    },
    close: () => embedded.close(),
  };
}

const privateNotice =
  'memory:// is used: events stay in this process, and are gone with it. Set the option amqpUri or the environment ' +
  'variable AMQP_URI to amqp://user:password@host:5672 for RabbitMQ, to file:///dir to share and keep events on this ' +
  'machine, or to memory://name to keep it so without this warning';

function unnamedInProduction(): ConfigError {
  return ConfigError.of([
    'the service listens to events or publishes them, and no broker is named. With NODE_ENV=production none is chosen ' +
      'for you: set the option amqpUri or the environment variable AMQP_URI to amqp://user:password@host:5672, or, if ' +
      'the embedded broker is meant, to file:///dir or memory://',
  ]);
}

/** A broker of this process or of this machine. Its package is loaded only here, and only now. */
class EmbeddedAddress implements BrokerAddress {
  readonly #uri: string;
  readonly #context: ExtensionContext;
  #broker: SharedBroker | undefined;
  #isHosting: boolean | undefined;

  constructor(uri: string, context: ExtensionContext) {
    this.#uri = uri;
    this.#context = context;
  }

  async resolve(): Promise<Destination> {
    const { openBroker } = await import('@micro-framework/broker');
    const { log } = this.#context;
    this.#broker ??= openBroker(this.#uri, {
      timeout: searchTime,
      onError: (err) => log.error({ err }, 'the embedded broker reports an error'),
    });
    try {
      const { url, hosting, connect } = await this.#broker.locate();
      if (hosting !== this.#isHosting) log.info({ broker: this.#uri, hosting }, hostingNotice(hosting));
      this.#isHosting = hosting;
      return { uri: url, ...(connect && { connect }) };
    } catch (cause) {
      const { code, message } = cause as BrokerError;
      throw new ConnectError(`no broker at ${this.#uri}: ${message}`, {
        cause,
        isPermanent: permanentFaults.has(code),
      });
    }
  }

  async close(): Promise<void> {
    await this.#broker?.close();
  }
}

/** Milliseconds. Short, because a search is part of a try to connect, of which there will be others. */
const searchTime = 1_000;

/** What no waiting mends. A disk that is full, or a host that is starting, may be another at the next try. */
const permanentFaults: ReadonlySet<BrokerErrorCode> = new Set([
  'BROKER_BAD_OPTION',
  'BROKER_DATA_NOT_WRITABLE',
  'BROKER_DATA_DAMAGED',
]);

function hostingNotice(hosting: boolean): string {
  return hosting
    ? 'this process hosts the broker'
    : 'the broker is hosted by another process of this machine';
}
