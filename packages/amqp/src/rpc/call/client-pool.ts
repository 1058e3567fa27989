import type { Extension, ExtensionContext, HealthReport, SharedDefinition } from '@micro-framework/core';
import {
  CallClient,
  type CallClientOptions,
  defaultClientOptions,
  ThrownRemotely,
} from '@micro-framework/core/rpc';
import { type Session, session } from '../../connection/session.js';
import type { RpcDialect } from '../dialects.js';
import type { AmqpRpcSystemOptions } from './client-options.js';
import type { CalledDialect } from './dialect/called-dialect.js';
import { namekoCalled } from './dialect/nameko-called.js';
import { ownCalled } from './dialect/own-called.js';
import { seedCalled } from './dialect/seed-called.js';
import { ReplyChannel } from './reply-channel.js';

const called: Readonly<Record<RpcDialect, CalledDialect>> = {
  own: ownCalled,
  seed: seedCalled,
  nameko: namekoCalled,
};

/** The clients of a service: one channel a protocol, whoever calls whom. */
export class ClientPool implements Extension {
  readonly #context: ExtensionContext;
  readonly #session: Session;
  readonly #channels = new Map<RpcDialect, ReplyChannel>();
  readonly #clients = new Map<string, CallClient>();

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#session = context.shared(session);
  }

  /** Said before the start by those who will call. */
  need(dialect: RpcDialect): void {
    if (this.#channels.has(dialect)) return;
    const { config, log } = this.#context;
    const parts = { session: this.#session, dialect: called[dialect], config, log };
    this.#channels.set(dialect, new ReplyChannel(parts));
  }

  async setup(): Promise<void> {
    for (const channel of this.#channels.values()) await channel.start();
  }

  /** The client of a service; the same for those who call it in the same way. */
  clientOf(service: string, { dialect: name = 'own', ...given }: AmqpRpcSystemOptions): CallClient {
    const options: Required<CallClientOptions> = { ...defaultClientOptions, ...given };
    const key = JSON.stringify([service, name, Object.entries(options).sort()]);
    const channel = this.#channels.get(name);
    if (!channel) throw new Error(`nobody has said that calls in the dialect ${name} will be made`);
    const client =
      this.#clients.get(key) ??
      new CallClient({
        where: `service ${service}`,
        options,
        dialect: called[name],
        createCarrier: (events) => channel.carrierTo(service, events),
        revive: (wire) => new ThrownRemotely(wire),
      });
    this.#clients.set(key, client);
    return client;
  }

  /** The channels, and the calls that are open; `degraded` while there are calls and no channel. */
  health(): HealthReport {
    const pending = [...this.#clients.values()].reduce((sum, client) => sum + client.pending, 0);
    const channels = [...this.#channels].map(([dialect, { state }]) => ({ dialect, state }));
    const isAway = channels.some(({ state }) => state !== 'open');
    return { status: isAway ? 'degraded' : 'up', details: { channels, pending } };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    await Promise.all([...this.#channels.values()].map((channel) => channel.stop()));
  }
}

/** The pool of a runner. */
export const clientPool: SharedDefinition<ClientPool> = {
  name: 'AMQP callers',
  create: (context) => new ClientPool(context),
};
