import {
  Deadline,
  type Extension,
  type ExtensionContext,
  type HealthReport,
  type HealthStatus,
  type SharedDefinition,
  worstHealth,
} from '@micro-framework/core';
import { ConnectionLostError } from '../errors.js';
import { publishAll } from '../publish/publish-all.js';
import { type Publication, Publisher } from '../publish/publisher.js';
import { Keeper, type Kept } from '../recovery/keeper.js';
import { type ConnectionHealth, RecoveringConnection } from '../recovery/recovering-connection.js';
import { type Patience, StartPatience } from '../recovery/start-patience.js';
import { Watchdog, type Watched } from '../recovery/watchdog.js';
import { declareOn, declareUntilLost } from '../topology/declare-on.js';
import { warnOfDefaultName } from '../topology/default-name.js';
import type { Topology } from '../topology/topology.js';
import { type BrokerAddress, brokerAddress } from './address/broker-address.js';
import { tlsOptions } from './address/tls.js';
import { addressesOf, isEmbedded } from './address/uri.js';
import { BlockedNotice } from './blocked-notice.js';
import type { Capabilities } from './capabilities.js';
import { Connection, isOurFault, type OpenChannel } from './connection.js';

/** Channels that declare at the same time. */
const sideBySide = 16;

/**
 * What a service has open on the broker, shared by the listeners and the producer of a runner: one connection that
 * consumes, with a channel for each listener, and one that publishes, with one confirm channel. They are two because a
 * broker that is short of memory stops reading from connections that publish, and would not read our acks either, which
 * are what makes room. A service that only publishes has the second alone.
 */
export class Session implements Extension {
  /** For consumers, which keep their channels on it. */
  readonly consuming: RecoveringConnection;
  /** For those who publish on a channel of their own, and may wait with what they consume there while they cannot. */
  readonly publishing: RecoveringConnection;
  /** How long the start waits for the broker: for its first connection, and for another where one was lost meanwhile. */
  readonly starting: Patience;
  readonly #context: ExtensionContext;
  readonly #address: BrokerAddress;
  readonly #name: string;
  readonly #publisher: Publisher;
  readonly #confirmChannel: Keeper;
  readonly #patience: StartPatience;
  // Declared once more when a channel is opened again: an auto-delete exchange may have gone meanwhile.
  readonly #topologies: Topology[] = [];
  readonly #watchdog: Watchdog;
  readonly #blockedNotice: BlockedNotice;
  /** On the connection that consumes. */
  #hasConsumers = false;
  #capabilities: Capabilities | undefined;

  constructor(context: ExtensionContext) {
    const { config, log } = context;
    this.#context = context;
    this.#address = brokerAddress(context);
    this.#blockedNotice = new BlockedNotice(log);
    this.#name = addressesOf(config.amqpUri ?? 'memory://').some(isEmbedded) ? 'embedded broker' : 'RabbitMQ';
    this.#patience = new StartPatience(config.amqpStartTimeout, context.stopping);
    this.starting = this.#patience;
    this.consuming = this.#connection('consuming');
    this.publishing = this.#connection('publishing');
    const limits = {
      timeout: config.amqpPublishTimeout,
      messages: config.amqpMaxPending,
      bytes: config.amqpMaxPendingBytes,
    };
    this.#publisher = new Publisher(limits, () => this.publishing.current !== undefined);
    this.#confirmChannel = new Keeper({
      what: 'the channel for publishing',
      connection: this.publishing,
      open: (connection) => this.#openConfirmChannel(connection),
      starting: this.#patience,
      log,
    });
    this.#watchdog = new Watchdog(log);
  }

  /** Called for each consumer when it is made: the service will need the connection that it is on. */
  watch(consumer: Watched, connection: RecoveringConnection = this.consuming): void {
    this.#watchdog.add(consumer);
    if (connection === this.consuming) this.#hasConsumers = true;
  }

  async setup(): Promise<void> {
    // One after the other, so that a broker that is not there yet is told of once.
    const { stopping } = this.#context;
    this.#patience.begin();
    if (this.#hasConsumers) warnOfDefaultName(this.#context);
    if (this.#hasConsumers) await this.consuming.start(stopping);
    await this.publishing.start(stopping);
    await this.#confirmChannel.start();
  }

  start(): void {
    this.#watchdog.start();
  }

  health(): HealthReport {
    const consuming = this.#hasConsumers ? this.consuming.health() : undefined;
    const publishing = this.publishing.health();
    const { expected, active, missing } = this.#watchdog;
    const status = worstHealth([
      ...[consuming, publishing].map(healthOfConnection),
      this.#confirmChannel.state === 'open' ? 'up' : 'down',
      // What has a connection is mended from this side.
      missing.length === 0 ? 'up' : 'degraded',
    ]);
    const connections = { ...(consuming && { consuming }), publishing };
    return {
      name: this.#name,
      status,
      details: { ...connections, consumers: { expected, active, missing }, pending: this.#publisher.pending },
    };
  }

  /** What the broker can do. Known from `setup` on. */
  get capabilities(): Capabilities {
    if (!this.#capabilities) throw new Error('the broker was asked for before it was connected to');
    return this.#capabilities;
  }

  /**
   * Declares what an extension needs as the service starts, and on every later connection; a connection that is lost
   * meanwhile is waited for. Throws a `TopologyClashError`.
   */
  async declare(topology: Topology): Promise<void> {
    let isDeclared = false;
    while (!isDeclared) {
      const connection = await this.#declaring.opened(this.#patience);
      isDeclared = await declareUntilLost(connection, topology);
    }
    this.#topologies.push(topology);
  }

  /** Declares what has gone from the broker meanwhile, if it has. */
  async declareAgain(...topologies: readonly Topology[]): Promise<void> {
    const connection = await this.#connected();
    for (const topology of topologies) await declareOn(connection, topology);
  }

  /** Publishes with the broker's confirm; see {@link Publisher.publish}. */
  publish(publication: Publication): Promise<void> {
    return this.#publisher.publish(publication);
  }

  /** Publishes many; see {@link publishAll}. */
  publishAll(publications: Iterable<Publication>): Promise<void> {
    return publishAll(this.#publisher, publications);
  }

  /** A channel of its own for one piece of work, once there is a connection. */
  async openChannel(): Promise<OpenChannel> {
    return (await this.#connected()).openChannel();
  }

  /** Waits for confirms until the deadline and closes; the broker puts back what is not acknowledged. */
  async stop(deadline: Deadline): Promise<void> {
    this.#watchdog.stop();
    await deadline.within(this.#publisher.idle());
    this.#publisher.end(new ConnectionLostError('the service has stopped and closed its connection'));
    this.#confirmChannel.stop();
    this.#blockedNotice.stop();
    await Promise.all([this.consuming.close(), this.publishing.close()]);
    await this.#address.close();
  }

  /** The connection for everything that is no publishing: what consumes is never blocked. */
  #connected(): Promise<Connection> {
    return this.#declaring.opened(Deadline.in(this.#context.config.amqpPublishTimeout));
  }

  get #declaring(): RecoveringConnection {
    return this.#hasConsumers ? this.consuming : this.publishing;
  }

  #connection(purpose: string): RecoveringConnection {
    const { config, log } = this.#context;
    // Its own: all connections of a service begin at the first address.
    let tries = 0;
    return new RecoveringConnection({
      purpose,
      patience: config.amqpStartTimeout,
      log,
      open: async (abandoned) => {
        const destination = await this.#address.resolve(tries++);
        const connection = await Connection.open({
          ...destination,
          heartbeat: config.amqpHeartbeat,
          name: `${config.serviceName} ${purpose}`,
          timeout: config.amqpConnectTimeout,
          abandoned,
          ...(destination.uri.startsWith('amqps:') && { tls: await tlsOptions(config) }),
        });
        this.#capabilities = connection.capabilities;
        return connection;
      },
    });
  }

  async #openConfirmChannel(connection: Connection): Promise<Kept> {
    // Side by side: where the broker is far, one after the other takes long.
    for (let at = 0; at < this.#topologies.length; at += sideBySide) {
      const some = this.#topologies.slice(at, at + sideBySide);
      await Promise.all(some.map((topology) => this.#declareWhatIsGone(connection, topology)));
    }
    const link = await connection.openConfirmChannel();
    this.#publisher.attach(link);
    this.#blockedNotice.note(undefined); // a connection that was blocked may have been lost
    connection.onBlocked((reason) => this.#blocked(reason));
    return { closed: link.closed.then((fault) => this.#closed(connection, fault)) };
  }

  /** Tells the publisher why its channel has ended: only a fault of a message leads to a search for it. */
  async #closed(connection: Connection, fault: Error | undefined): Promise<Error | undefined> {
    if (fault) {
      this.#publisher.detach({ fault });
      return fault;
    }
    const cause = connection.isOpen ? undefined : await connection.ended;
    this.#publisher.detach(cause && isOurFault(cause) ? { fault: cause } : { cause });
    return undefined;
  }

  async #declareWhatIsGone(connection: Connection, topology: Topology): Promise<void> {
    try {
      await declareOn(connection, topology);
    } catch (err) {
      if (!connection.isOpen) throw err;
      // It was made anew in another way, is gone and not ours to declare, or we may declare nothing any more: what is to
      // be published elsewhere, retries and dead letters among it, must not wait for that.
      this.#context.log.error(
        { err },
        'something cannot be declared again: what is published there may be refused',
      );
    }
  }

  #blocked(reason: string | undefined): void {
    this.#publisher.block(reason);
    this.#blockedNotice.note(reason);
  }
}

function healthOfConnection(connection: ConnectionHealth | undefined): HealthStatus {
  if (connection && connection.state !== 'open') return 'down';
  return connection?.blocked === undefined ? 'up' : 'degraded';
}

/** The session of a runner. */
export const session: SharedDefinition<Session> = {
  name: 'broker',
  create: (context) => new Session(context),
};
