import type { Extension, HealthReport, SharedDefinition } from '@micro-framework/core';
import { ThrownRemotely } from '@micro-framework/core/rpc';
import { BaseRpcClient } from '../client/base-rpc-client.js';
import { nodeSocket } from '../client/socket/node-socket.js';
import { type Address, connectionKey } from './address.js';

/** A client whose errors go on to a worker: only there are the classes registered for sure. */
class PooledClient extends BaseRpcClient {
  constructor({ url, options }: Address) {
    super(url, options, nodeSocket(options), (wire) => new ThrownRemotely(wire));
  }
}

/** The clients of a service: one connection an address, whoever calls. */
export class ClientPool implements Extension {
  readonly #clients = new Map<string, BaseRpcClient>();

  /** The client of an address. */
  clientOf(address: Address): BaseRpcClient {
    const key = connectionKey(address);
    const client = this.#clients.get(key) ?? new PooledClient(address);
    this.#clients.set(key, client);
    return client;
  }

  /** The connections; `degraded` while one is wanted that cannot be made. */
  health(): HealthReport {
    const clients = [...this.#clients.values()];
    const missing = clients.some(({ state, pending }) => state !== 'open' && pending > 0);
    return {
      status: missing ? 'degraded' : 'up',
      details: { connections: clients.map(({ url, state, pending }) => ({ url, state, pending })) },
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}

/** The pool of a runner. */
export const clientPool: SharedDefinition<ClientPool> = {
  name: 'WebSocket clients',
  create: () => new ClientPool(),
};
