import type { Broker } from '../broker.js';
import { startBroker } from '../start-broker.js';
import type { BrokerLocation, SharedBroker, SharedBrokerOptions } from './shared-broker.js';

/** A broker in this process, and how many use it. */
interface Tenancy {
  readonly broker: Promise<Broker>;
  users: number;
}

const byName = new Map<string, Tenancy>();

/** `memory://` and `memory://name`: nothing outlives the process, so nobody can take it over. */
export class MemoryBroker implements SharedBroker {
  readonly #name: string | undefined;
  readonly #options: SharedBrokerOptions;
  #tenancy: Tenancy | undefined;

  constructor(name: string | undefined, options: SharedBrokerOptions) {
    this.#name = name;
    this.#options = options;
  }

  async locate(): Promise<BrokerLocation> {
    this.#tenancy ??= this.#enter();
    const tenancy = this.#tenancy;
    try {
      const { url, connect } = await tenancy.broker;
      // Only a broker on a Unix socket has no URL.
      return { url: url as string, hosting: true, ...(connect && { connect }) };
    } catch (error) {
      // It never ran: the next one who asks tries afresh.
      if (this.#tenancy === tenancy) this.#leave();
      throw error;
    }
  }

  async close(): Promise<void> {
    const tenancy = this.#leave();
    if (tenancy?.users === 0) await (await tenancy.broker.catch(() => undefined))?.close();
  }

  #enter(): Tenancy {
    const found = this.#name === undefined ? undefined : byName.get(this.#name);
    const { onError } = this.#options;
    const tenancy = found ?? { broker: startBroker(onError && { onError }), users: 0 };
    tenancy.users += 1;
    if (this.#name !== undefined) byName.set(this.#name, tenancy);
    return tenancy;
  }

  #leave(): Tenancy | undefined {
    const tenancy = this.#tenancy;
    this.#tenancy = undefined;
    if (!tenancy) return undefined;
    tenancy.users -= 1;
    const isLast = tenancy.users === 0 && this.#name !== undefined && byName.get(this.#name) === tenancy;
    if (isLast) byName.delete(this.#name as string);
    return tenancy;
  }
}
